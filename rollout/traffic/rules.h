// Which requests go to the canary by their content, as written: conditions of one rule hold
// together, rules are alternatives. A rule with `mirror` moves no request: copies go to the canary.
//
//   MatchRule internal{.cookie = {{.name = "User", .value = "Internal"}}, .os = {"ios"}};
//   MatchRule copies{.mirror = 30};  // of 30 % of all requests
//
// What they mean is said in conditions.h, and decided for one request in evaluate.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace serin::rollout {

struct CookieMatch {
  std::string name;  // with value: the cookie equals
  std::string value;
  std::string regex;  // over the whole Cookie header
  bool operator==(const CookieMatch&) const = default;
};

struct KeyMatch {  // header or query parameter; exactly one of exact and regex
  std::string key;
  std::string exact;
  std::string regex;
  bool operator==(const KeyMatch&) const = default;
};

struct MatchRule {
  static constexpr std::size_t kRulesMax = 16;  // in effect at once

  std::vector<CookieMatch> cookie{};
  std::vector<KeyMatch> header{};
  std::vector<KeyMatch> query{};
  std::vector<std::string> os{};       // ios | android | windows | macos
  std::vector<std::string> browser{};  // chrome | ie | firefox | safari | edge
  // Copies of so many percent (1 to 100) of the requests for which the conditions hold, of all
  // where there are none, are sent to the canary, whose answers nobody gets. The requests
  // themselves go where they would without this rule.
  std::optional<int> mirror{};

  bool is_mirror() const { return mirror.has_value(); }
  // Empty but for `mirror`.
  bool has_conditions() const;
  bool operator==(const MatchRule&) const = default;
};

// As in a document: fields that are empty are left out.
Json to_json(const MatchRule& rule);
Json to_json(const std::vector<MatchRule>& rules);
// Errors: invalid_argument (fields of another kind, unknown fields).
Result<MatchRule> match_rule_from_json(const Json& json);
Result<std::vector<MatchRule>> match_rules_from_json(const Json& json);

// Those that move requests, and those that copy them, in their order.
std::vector<MatchRule> moving_rules(const std::vector<MatchRule>& rules);
std::vector<MatchRule> mirror_rules(const std::vector<MatchRule>& rules);

// Tells one set of rules from another: 16 hexadecimal digits of their content and order, "" for
// none. What a router reports of the rules in force.
std::string content_id(const std::vector<MatchRule>& rules);

}  // namespace serin::rollout
