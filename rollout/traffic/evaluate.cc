#include "rollout/traffic/evaluate.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/text/percent.h"
#include "rollout/traffic/conditions.h"

namespace serin::rollout {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// The first of that name; "" where there is none.
std::string_view header_of(const RequestHead& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

std::string parameter_of(const RequestHead& request, std::string_view name) {
  std::string_view query = request.target;
  std::size_t mark = query.find('?');
  if (mark == std::string_view::npos) return "";
  query.remove_prefix(mark + 1);
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return percent_decoded(pair.substr(equals + 1));
    }
  }
  return "";
}

bool full_match(std::string_view value, const std::string& pattern) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  re2::RE2 regex(pattern, options);
  return regex.ok() && re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), regex);
}

bool holds(const KeyMatch& match, std::string_view value) {
  if (value.empty()) return false;
  return match.exact.empty() ? full_match(value, match.regex) : value == match.exact;
}

bool holds(const CookieMatch& match, std::string_view header) {
  if (header.empty()) return false;
  if (!match.regex.empty()) return full_match(header, match.regex);
  std::string wanted = match.name + "=" + match.value;
  for (bool first = true; !header.empty(); first = false) {
    std::string_view pair = header.substr(0, header.find(';'));
    header.remove_prefix(std::min(pair.size() + 1, header.size()));
    while (!first && !pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) {
      pair.remove_prefix(1);
    }
    if (pair == wanted) return true;
  }
  return false;
}

}  // namespace

bool matches(const MatchRule& rule, const RequestHead& request) {
  auto cookie = [&](const CookieMatch& match) {
    return holds(match, header_of(request, "cookie"));
  };
  auto header = [&](const KeyMatch& match) { return holds(match, header_of(request, match.key)); };
  auto query = [&](const KeyMatch& match) {
    return holds(match, parameter_of(request, match.key));
  };
  auto agent = [&] {
    if (rule.os.empty() && rule.browser.empty()) return true;
    MatchRule client{.os = rule.os, .browser = rule.browser};
    return full_match(header_of(request, "user-agent"), conditions_of(client).front().regex);
  };
  return rule != MatchRule() && std::ranges::all_of(rule.cookie, cookie) &&
         std::ranges::all_of(rule.header, header) && std::ranges::all_of(rule.query, query) &&
         agent();
}

bool goes_to_canary(const std::vector<MatchRule>& rules, const RequestHead& request) {
  return std::ranges::any_of(
      rules, [&](const MatchRule& rule) { return !rule.is_mirror() && matches(rule, request); });
}

int copied_percent(const std::vector<MatchRule>& rules, const RequestHead& request) {
  int percent = 0;
  for (const MatchRule& rule : rules) {
    if (rule.is_mirror() && matches(rule, request)) percent = std::max(percent, *rule.mirror);
  }
  return percent;
}

}  // namespace serin::rollout
