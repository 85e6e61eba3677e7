// serin-conformance: reads {"family","id","input"} a line, writes {"family","id","output"} a line.
//
//   serin-conformance < cases.jsonl          answers in order, flushed per line
//   serin-conformance --families             the families that it answers, one a line
#include <array>
#include <iostream>
#include <string>
#include <vector>

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
    std::cout << reply.dump() << std::endl;
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
