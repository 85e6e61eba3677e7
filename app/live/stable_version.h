// The stable version of a first release, as the metrics show it.
//
//   auto stable = find_stable_version(loop, rng, plan);
//
// Asks the sources of the plan's compared metrics in turn; blocks, on a loop that nothing else runs
// yet.
#pragma once

#include <string>

#include "base/net/asio_loop.h"
#include "base/random.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

inline constexpr Duration kFindStableMax = std::chrono::seconds(10);

// Errors: failed_precondition (none or several versions are seen, or no metric could tell),
// and those of the source.
Result<std::string> find_stable_version(AsioLoop& loop, Rng& rng, const rollout::PinnedPlan& plan);

}  // namespace serin::app
