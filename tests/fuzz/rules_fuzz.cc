// Rules by content: any JSON is refused or is rules that read back the same, decide any request and
// become routers' expressions within their bounds; any pattern is refused or becomes one that every
// engine reads, and that takes the same texts.
#include <re2/re2.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/json.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/evaluate.h"
#include "rollout/traffic/neutral_regex.h"
#include "rollout/traffic/patterns.h"
#include "rollout/traffic/rules.h"

namespace {

using namespace serin::rollout;

void try_rules(std::string_view text) {
  const std::size_t split = std::min(text.find('\n'), text.size());
  const auto json = serin::Json::parse(text.substr(0, split));
  if (!json) return;
  const auto rules = match_rules_from_json(*json);
  if (!rules) return;
  const auto again = match_rules_from_json(to_json(*rules));
  SERIN_ASSERT(again && *again == *rules);
  SERIN_ASSERT(content_id(*again) == content_id(*rules));
  const std::string rest(text.substr(split));
  const RequestHead request{.target = "/?" + rest,
                            .headers = {{"Cookie", rest}, {"User-Agent", rest}, {"X-A", rest}}};
  static_cast<void>(goes_to_canary(*rules, request));
  for (const MatchRule& rule : *rules) {
    if (const auto pattern = request_pattern(rule)) SERIN_ASSERT(pattern->size() <= kPatternMax);
    static_cast<void>(variable_patterns(rule));
  }
}

// Nothing: too large for RE2.
std::optional<bool> takes(std::string_view pattern, std::string_view text) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  const re2::RE2 compiled(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (compiled.error_code() == re2::RE2::ErrorPatternTooLarge) return std::nullopt;
  SERIN_ASSERT(compiled.ok());
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled);
}

// The pattern, and behind a line break what is asked of it.
void try_pattern(std::string_view text, RegexOn on) {
  const std::size_t split = std::min(text.find('\n'), text.size());
  const std::string_view asked = text.substr(std::min(split + 1, text.size()));
  text = text.substr(0, split);
  MatchRule rule;
  rule.header.push_back({.key = "x-a", .exact = "", .regex = std::string(text)});
  if (!problems_of(rule).empty()) return;  // no pattern of RE2
  const auto neutral = neutral_regex(text, on);
  if (!neutral) return;
  // RE2 has no word for what takes nothing.
  const bool readable = neutral->find("(?!") == std::string::npos;
  const bool is_value = asked.find_first_of(std::string_view("\0\r\n", 3)) == asked.npos;
  if (on == RegexOn::header && readable && is_value) {
    const auto before = takes(text, asked);
    const auto after = takes(*neutral, asked);
    SERIN_ASSERT(!before || !after || *before == *after);
  }
  for (char c : *neutral) {
    SERIN_ASSERT(static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) < 0x7F);
    SERIN_ASSERT(c != '"' && c != '\'' && c != ';' && c != '#');
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) {
    try_rules(text);
  } else {
    try_pattern(text, data[0] % 3 == 1 ? RegexOn::header : RegexOn::query);
  }
  return 0;
}
