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

struct Versions {
  std::string version;
  std::string stable_version;
};

// A canary's steps in order. Blue-green is no traffic until one switch: its analysis and pause come
// first, then promotion; as there is no traffic to judge before it, the switch itself needs no PASS
// and `verify` watches it. Without onEngineLoss the route is held: whose default is another puts it
// into the rollout first. Errors: failed_precondition, naming all that is not supported;
// invalid_argument where version and stable version are missing or the same.
Result<ReleaseSpec> make_spec(const Rollout& rollout, const Versions& versions);

}  // namespace serin::rollout::machine
