#include "analysis/stats/proportion.h"

#include <algorithm>

#include "analysis/stats/numeric/distributions.h"
#include "base/assert.h"

namespace serin::analysis::stats {

Interval clopper_pearson(double k, double n, double alpha) {
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  Interval interval{0, 1};
  if (!(n > 0) || !(k >= 0)) return interval;
  k = std::min(k, n);
  if (k > 0) interval.lower = beta_quantile(alpha / 2, k, n - k + 1);
  if (k < n) interval.upper = beta_quantile_upper(alpha / 2, k + 1, n - k);
  return interval;
}

}  // namespace serin::analysis::stats
