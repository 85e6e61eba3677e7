// Header routes and mirror routes as rules on content.
#pragma once

#include "rollout/plan/steps.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

// Its conditions hold together. Without conditions it has no rule: it is closed.
MatchRule rule_of(const SetHeaderRouteStep& route);

// One rule for each of its matches, which are alternatives; none where it is closed. What a rule
// can't say (methods, paths but `prefix: /`) is left out: validation refuses it.
std::vector<MatchRule> rules_of(const SetMirrorRouteStep& route);

}  // namespace serin::rollout
