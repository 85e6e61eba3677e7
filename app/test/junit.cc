#include "app/test/junit.h"

#include <fmt/format.h>

#include <algorithm>

namespace serin::app {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        // XML 1.0 has no other control characters.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
        break;
    }
  }
  return out;
}

}  // namespace

std::string JUnit::to_string() const {
  const auto count = [&](auto&& which) { return std::ranges::count_if(cases_, which); };
  const auto failed = count([](const JUnitCase& c) { return !c.failure.empty() && !c.error; });
  const auto errors = count([](const JUnitCase& c) { return !c.failure.empty() && c.error; });
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
      escaped(name_), cases_.size(), failed, errors);
  for (const JUnitCase& each : cases_) {
    out += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                       escaped(each.suite), escaped(each.name), each.seconds);
    if (!each.failure.empty()) {
      const char* tag = each.error ? "error" : "failure";
      out += fmt::format("<{} message=\"{}\"/>", tag, escaped(each.failure));
    }
    if (!each.output.empty())
      out += fmt::format("<system-out>{}</system-out>", escaped(each.output));
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace serin::app
