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

// The pair that comes closest to `share` with so many servers up on each side; the smaller weights
// of equals. A side without servers gets weight 1 as if it had one, so that its return changes
// little. 0 and full are exact.
ServerWeights weights_for(rollout::Weight share, int stable_up, int canary_up);
// The canary's share that weights mean: the sums over servers that are up. Nothing up: 0.
rollout::Weight share_of(double stable_sum, double canary_sum);

}  // namespace serin::drivers
