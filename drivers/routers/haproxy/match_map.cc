#include "drivers/routers/haproxy/match_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/traffic/patterns.h"

namespace serin::drivers {
namespace {

// "(?!)" matches nothing; behind it stand the rules' id and how many entries they take.
constexpr std::string_view kMark = "(?!)serin_";

}  // namespace

Result<std::vector<std::pair<std::string, int>>> match_entries(
    const std::vector<rollout::MatchRule>& rules, int units) {
  std::vector<std::pair<std::string, int>> entries;
  if (rules.empty()) return entries;
  for (const rollout::MatchRule& rule : rules) {
    SERIN_TRY(pattern, rollout::request_pattern(rule));
    entries.emplace_back(std::move(pattern), units);
  }
  // Last, so that rules that did not all arrive are not taken for all.
  entries.emplace_back(fmt::format("{}{}_{}", kMark, rollout::content_id(rules), rules.size()),
                       units);
  return entries;
}

Result<std::string> content_in(std::string_view answer, const std::string& map) {
  if (answer.starts_with("Unknown map identifier")) {
    return fail(Code::invalid_argument,
                fmt::format("HAProxy has no map '{}': name the file as its configuration does "
                            "(`show map` lists them)",
                            map));
  }
  std::string id;
  std::string count;
  std::size_t others = 0;
  while (!answer.empty()) {
    std::string_view line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(line.size() + 1, answer.size()));
    std::size_t at = line.find(' ');  // behind the entry's address
    if (!line.starts_with("0x") || at == std::string_view::npos) continue;
    std::string_view entry = line.substr(at + 1);
    if (!entry.starts_with(kMark)) {
      ++others;
      continue;
    }
    entry.remove_prefix(kMark.size());
    id = entry.substr(0, entry.find('_'));
    entry.remove_prefix(std::min(id.size() + 1, entry.size()));
    count = entry.substr(0, entry.find(' '));
  }
  if (id.empty() && others == 0) return std::string();
  return count == std::to_string(others) ? id : std::string(kMixedContent);
}

std::string on_command_line(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace serin::drivers
