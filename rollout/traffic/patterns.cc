#include "rollout/traffic/patterns.h"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/traffic/conditions.h"
#include "rollout/traffic/neutral_regex.h"

namespace serin::rollout {
namespace {

Result<std::string> value_pattern(const Condition& condition) {
  RegexOn on = condition.on == Condition::On::query ? RegexOn::query : RegexOn::header;
  if (!condition.exact.empty()) return neutral_literal(condition.exact, on);
  return neutral_regex(condition.regex, on);
}

// The first parameter of the name: those before it are stepped over for good.
Result<std::string> parameter_pattern(const Condition& condition, std::string_view end) {
  SERIN_TRY(value, value_pattern(condition));
  // The key as it stands: no escapes.
  std::string key = neutral_literal(condition.key, RegexOn::header);
  return fmt::format(
      "(?>(?:(?!{0}\\x3d)[^\\x26\\n]*\\x26)*){0}\\x3d(?=[^\\x26\\n])(?:{1})(?:\\x26|{2})", key,
      value, end);
}

Status check(const MatchRule& rule) {
  auto problems = problems_of(rule);
  if (problems.empty()) return {};
  return fail(Code::invalid_argument,
              fmt::format("match {}: {}", problems.front().path, problems.front().message));
}

Status check_size(const std::string& pattern) {
  if (pattern.size() <= kPatternMax) return {};
  return fail(Code::invalid_argument,
              fmt::format("a match rule takes {} bytes as the proxy reads it, at most {}: use "
                          "fewer or shorter conditions",
                          pattern.size(), kPatternMax));
}

}  // namespace

Result<std::string> request_pattern(const MatchRule& rule) {
  SERIN_CHECK(check(rule));
  if (rule.is_mirror()) {
    return fail(Code::invalid_argument, "HAProxy has nothing that copies requests");
  }
  std::string out = "^";
  for (const Condition& condition : conditions_of(rule)) {
    if (condition.on == Condition::On::query) {
      SERIN_TRY(pattern, parameter_pattern(condition, "\\n"));
      out += fmt::format("(?={})", pattern);
    } else {
      SERIN_TRY(value, value_pattern(condition));
      out += fmt::format("(?=(?>[\\x00-\\xff]*?\\n{}:\\x20)(?!\\r)(?:{})\\r\\n)",
                         neutral_literal(condition.key, RegexOn::header), value);
    }
  }
  SERIN_CHECK(check_size(out));
  return out;
}

Result<std::vector<VariablePattern>> variable_patterns(const MatchRule& rule) {
  SERIN_CHECK(check(rule));
  std::vector<VariablePattern> out;
  for (const Condition& condition : conditions_of(rule)) {
    VariablePattern& one = out.emplace_back();
    bool plain = std::ranges::all_of(condition.key, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (condition.on == Condition::On::header && !plain) {
      return fail(
          Code::invalid_argument,
          fmt::format("nginx can't read the header '{}': names hold letters, digits and '-'",
                      condition.key));
    }
    if (condition.on == Condition::On::query) {
      one.variable = "$args";
      SERIN_TRY(pattern, parameter_pattern(condition, "$"));
      one.pattern = "^" + pattern;
    } else {
      one.variable = "$http_" + condition.key;
      std::ranges::replace(one.variable, '-', '_');
      SERIN_TRY(value, value_pattern(condition));
      one.pattern = fmt::format("^(?!$)(?:{})$", value);
    }
    SERIN_CHECK(check_size(one.pattern));
  }
  return out;
}

}  // namespace serin::rollout
