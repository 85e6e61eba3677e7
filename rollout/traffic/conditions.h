// What match rules mean, for every router alike.
//
//   for (const MatchProblem& problem : problems_of(rule)) …        // what lint says
//   for (const Condition& condition : conditions_of(rule)) …       // all must hold
//
// A condition holds for the first value of its header, or of its parameter in the query, where that
// is not empty. Values are bytes and compared with case; names of headers without. A regular
// expression (RE2's syntax) must match the whole value. Parameters are told by their names as they
// stand in the query; their values are percent-decoded first ('+' stays '+'). A cookie by name and
// value holds where the Cookie header has that pair among its pairs. Systems and browsers are told
// from User-Agent, which a client may write as it likes, and an iPad that asks for desktop sites
// looks like a Mac.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct Condition {
  enum class On { header, query };
  On on = On::header;
  std::string key;    // a header's is in lower case
  std::string exact;  // the value; "" where `regex` says it
  std::string regex;  // RE2
  bool operator==(const Condition&) const = default;
};

// Of a rule without problems; in the order of its fields.
std::vector<Condition> conditions_of(const MatchRule& rule);

struct MatchProblem {
  std::string path;  // within the rule: "header/0/regex"; "" is the rule itself
  std::string message;
  bool operator==(const MatchProblem&) const = default;
};
inline constexpr std::size_t kMatchTextMax = 256;  // bytes of a key, a value, a regular expression
std::vector<MatchProblem> problems_of(const MatchRule& rule);

// The text as a regular expression that matches it alone, in RE2, PCRE and Envoy.
std::string quoted(std::string_view literal);

}  // namespace serin::rollout
