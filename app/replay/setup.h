// From a rollout's files to what is replayed: its policy, its steps, and when it began.
//
//   SERIN_TRY(setup, replay_setup(loaded.set, rollout, pin_options));
//   SERIN_TRY(start, found_start(setup.plan, recording));
//   SERIN_TRY(outcome, replay(recording, setup.replayed(recording, start), start));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/replay/replay.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

struct ReplaySetup {
  std::string name;  // of the rollout
  rollout::PinnedPlan plan;
  std::shared_ptr<const analysis::ReleasePolicy> policy;

  // With steps for a release of that time: waits for a person take what is left of it.
  ReplayPlan replayed(const providers::Recording& recording, WallTime start) const;
};

// Names of versions where none are given: "canary" and "stable".
inline constexpr const char* kCanaryAssumed = "canary";
inline constexpr const char* kStableAssumed = "stable";

// Errors: failed_precondition (no canary rollout), those of pinning and of the policy.
Result<ReplaySetup> replay_setup(const rollout::ConfigSet& set, const rollout::Rollout& rollout,
                                 rollout::PinOptions options);

// The weights that the plan gives the canary, each with its time. Waits without a time take what
// `recorded` leaves.
std::vector<ReplayStep> replay_steps(const rollout::Rollout& rollout, Duration recorded);

// Argo's rules count a query that is not answered against the canary: what a recording can't answer
// would be a rollback that no release had. Errors: invalid_argument, naming the metric.
Status check_answers(const ReplaySetup& setup, const providers::Recording& recording);

// Where the canary's series begin. Errors: invalid_argument (there are none).
Result<WallTime> found_start(const rollout::PinnedPlan& plan,
                             const providers::Recording& recording);

}  // namespace serin::app
