// The machine's spec of a release, made from a rollout's definition.
//
//   SERIN_TRY(spec, make_spec(rollout, {.version = "2.4.0", .stable_version = "2.3.0"}));
//
// What the machine can't do yet is refused here, before anything starts, each with its step. The
// engine fills in `id` and `owner`.
#pragma once

#include <string>

#include "rollout/machine/model/spec.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout::machine {

// Blue-green as a plan: a canary without traffic, then one switch to 100 %, then promotion.
struct BlueGreenPlan {
  std::vector<ReleaseStep> steps;
  std::optional<int> pre_promotion;   // the step of that analysis
  std::optional<int> post_promotion;  // likewise, after the switch
};
BlueGreenPlan blue_green_plan(const Rollout& rollout);

struct Versions {
  std::string version;
  std::string stable_version;
};

// A canary's steps in order, or blue_green_plan(), whose switch needs no PASS: there is no traffic
// to gather it before. Without onEngineLoss the route is held: whose default is another puts it
// into the rollout first. Errors: failed_precondition, naming all that is not supported;
// invalid_argument where version and stable version are missing or the same.
Result<ReleaseSpec> make_spec(const Rollout& rollout, const Versions& versions);

}  // namespace serin::rollout::machine
