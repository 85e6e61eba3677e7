// Exact bounds of a proportion.
#pragma once

#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats {

// Clopper and Pearson's two-sided interval of k successes of n at 1 − alpha; take alpha twice as
// large for one-sided bounds. 0 ≤ k ≤ n, not necessarily whole; of n = 0 it is [0, 1]. NaN gives
// [0, 1].
Interval clopper_pearson(double k, double n, double alpha);

}  // namespace serin::analysis::stats
