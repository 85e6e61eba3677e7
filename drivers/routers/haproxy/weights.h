// Which server weights give a share, and which share weights give. Pure.
#pragma once

#include "rollout/plan/weight.h"

namespace serin::drivers {

inline constexpr int kServerWeightMax = 256;

struct ServerWeights {
  int stable = 0;  // of each stable server, 0 to kServerWeightMax
  int canary = 0;
  bool operator==(const ServerWeights&) const = default;
};

// How far a share may be from the one that is wanted: a quarter of it, at least 0.05 and at most
// 0.5 percentage points.
rollout::Weight share_error_max(rollout::Weight share);

// The pair that comes closest to `share` with so many servers up on each side (less than 1 counts
// as 1), for a share above 0 and below full. Errors: invalid_argument where even that is further
// away than share_error_max: it names the nearest share.
Result<ServerWeights> weights_for(rollout::Weight share, int stable_up, int canary_up);

// The canary's share that weights mean: the sums over servers that are up. Nothing up: 0.
rollout::Weight share_of(double stable_sum, double canary_sum);

}  // namespace serin::drivers
