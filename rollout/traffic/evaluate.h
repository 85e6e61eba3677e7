// What a request's content decides, as a plain function: what every router's configuration that is
// made from the same rules must do.
//
//   RequestHead request{.target = "/cart?User=Internal", .headers = {{"Cookie", "a=1"}}};
//   if (goes_to_canary(rules, request)) …
//
// The meaning of a condition is said in conditions.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct RequestHead {
  std::string target = "/";  // path and query
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Whether its conditions hold; a rule without any holds for everything where it copies, and else
// for nothing.
bool matches(const MatchRule& rule, const RequestHead& request);
// Whether any of the rules holds that move requests.
bool goes_to_canary(const std::vector<MatchRule>& rules, const RequestHead& request);

// Of how many of 100 such requests a copy goes to the canary: as the largest of the rules that hold
// says, since no request is copied twice.
int copied_percent(const std::vector<MatchRule>& rules, const RequestHead& request);

}  // namespace serin::rollout
