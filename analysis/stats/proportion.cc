#include "analysis/stats/proportion.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

using Policy = boost::math::policies::policy<
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

}  // namespace

Interval clopper_pearson(double k, double n, double alpha) {
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  Interval interval{0, 1};
  if (!(n > 0) || !(k >= 0)) return interval;
  k = std::min(k, n);
  if (k > 0) interval.lower = boost::math::ibeta_inv(k, n - k + 1, alpha / 2, Policy());
  if (k < n) interval.upper = boost::math::ibetac_inv(k + 1, n - k, alpha / 2, Policy());
  return interval;
}

}  // namespace serin::analysis::stats
