// serin-conformance: reads {"family","id","input"} a line, writes {"family","id","output"} a line.
//
//   serin-conformance < cases.jsonl          answers in order, flushed per line
//   serin-conformance --families             the families that it answers, one a line
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <string>
#include <vector>

#include "analysis/conditions/text/utf8.h"
#include "conformance/registry.h"

namespace serin::conformance {
namespace {

std::vector<std::span<const Family>> groups() {
  return {classical_families(), condition_families(), evidence_families(), kayenta_families(),
          replica_families(),   response_families(),  run_families(),      template_families()};
}

const Family* find_family(std::string_view name) {
  for (std::span<const Family> group : groups()) {
    for (const Family& family : group) {
      if (family.name == name) return &family;
    }
  }
  return nullptr;
}

int list_families() {
  for (std::span<const Family> group : groups()) {
    for (const Family& family : group) std::cout << family.name << '\n';
  }
  return 0;
}

// Beyond ASCII as escapes: some readers take U+2028 and its like for the end of a line.
std::string in_ascii(const std::string& json) {
  namespace text = analysis::conditions;
  std::string ascii;
  for (std::string_view rest = json; !rest.empty();) {
    const text::Rune rune = text::decode_rune(rest);
    rest.remove_prefix(rune.size);
    constexpr char32_t kAsciiMax = 0x7f;
    constexpr char32_t kPlaneMax = 0xffff;
    if (rune.value < kAsciiMax) {
      ascii += static_cast<char>(rune.value);
    } else if (rune.value <= kPlaneMax) {
      ascii += fmt::format("\\u{:04x}", static_cast<unsigned>(rune.value));
    } else {
      const auto beyond = static_cast<unsigned>(rune.value) - 0x10000U;
      ascii +=
          fmt::format("\\u{:04x}\\u{:04x}", 0xd800U + (beyond >> 10U), 0xdc00U + (beyond & 0x3ffU));
    }
  }
  return ascii;
}

int answer_lines() {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.empty()) continue;
    const Result<Json> request = Json::parse(line);
    if (!request) {
      std::cerr << request.error().to_string() << '\n';
      return 1;
    }
    const Family* family = find_family((*request)["family"].string());
    Json reply = Json::object();
    reply.set("family", (*request)["family"]).set("id", (*request)["id"]);
    reply.set("output", family != nullptr ? family->answer((*request)["input"])
                                          : Json::object().set("unsupported", true));
    std::cout << in_ascii(reply.dump()) << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace serin::conformance

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--families") {
    return serin::conformance::list_families();
  }
  return serin::conformance::answer_lines();
}
