#include "app/test/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/view/markup.h"

namespace serin::app {
namespace {

// An attribute's value: its line breaks would be read as spaces.
std::string attribute(std::string_view text) {
  std::string out;
  for (char c : escaped(text)) c == '\n' ? out += "&#10;" : out += c;
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
      attribute(name_), cases_.size(), failed, errors);
  for (const JUnitCase& each : cases_) {
    out += fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                       attribute(each.suite), attribute(each.name), each.seconds);
    if (!each.failure.empty()) {
      const char* tag = each.error ? "error" : "failure";
      out += fmt::format("<{} message=\"{}\"/>", tag, attribute(each.failure));
    }
    if (!each.output.empty())
      out += fmt::format("<system-out>{}</system-out>", attribute(each.output));
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n</testsuites>\n";
}

}  // namespace serin::app
