// Header routes and mirror routes as rules on content, and what a plan brings about with them.
#pragma once

#include <cstddef>

#include "rollout/plan/rollout.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

// Its conditions hold together. Without conditions it has no rule: it is closed.
MatchRule rule_of(const SetHeaderRouteStep& route);

// One rule for each of its matches, which are alternatives; none where it is closed. What a rule
// can't say (methods, paths but `prefix: /`) is left out: validation refuses it.
std::vector<MatchRule> rules_of(const SetMirrorRouteStep& route);

// Whether its rules say all that it says.
bool is_sayable(const SetMirrorRouteStep& route);

// What the plan has brought about while its step `step` (from 0) runs: the rules on content, and
// the canary's share, 0 before the first setWeight.
struct PlannedTraffic {
  Weight weight{};
  std::vector<MatchRule> rules{};
};
PlannedTraffic traffic_at(const CanaryStrategy& canary, std::size_t step);

}  // namespace serin::rollout
