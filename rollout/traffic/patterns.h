// Match rules as regular expressions of the PCRE kind, for the routers that know no others.
//
// HAProxy reads a rule as one expression over a request's query, a line break and its headers as
// `req.hdrs` gives them ("name: value" lines, names in lower case); nginx reads one over each
// variable.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

// What a configuration file or command line of the two can hold of one rule.
inline constexpr std::size_t kPatternMax = 3'500;

// One expression that holds for "QUERY\nname: value\r\n…\r\n". Errors: invalid_argument (a problem
// of the rule, one that copies requests, or the expression is longer than kPatternMax).
Result<std::string> request_pattern(const MatchRule& rule);

struct VariablePattern {
  std::string variable;  // as nginx calls it: "$args", "$http_x_canary"
  std::string pattern;   // over its value
};
// All must match; none for copies of all requests. Errors: invalid_argument (a problem of the rule,
// a header that nginx can't name, too long).
Result<std::vector<VariablePattern>> variable_patterns(const MatchRule& rule);

}  // namespace serin::rollout
