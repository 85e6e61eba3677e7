// A header route as a rule on content.
#pragma once

#include "rollout/plan/steps.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

// Its conditions hold together. Without conditions it has no rule: it is closed.
MatchRule rule_of(const SetHeaderRouteStep& route);

}  // namespace serin::rollout
