#include "analysis/stats/classical/binomial_test.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/distributions.h"
#include "analysis/stats/numeric/likelihood_tail.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

double two_sided(double k, double n, double p0) {
  if (p0 == 0 || p0 == 1) return k == (p0 == 0 ? 0 : n) ? 1 : 0;
  const double expected = n * p0;
  if (k == expected) return 1;
  const double limit = binomial_mass(k, n, p0) * kLikelihoodSlack;
  if (k < expected) {
    // From the middle upwards the mass falls.
    const double far = first_unlikely(std::ceil(expected), n,
                                      [&](double i) { return binomial_mass(i, n, p0) > limit; });
    return std::min(1.0, binomial_lower(k, n, p0) + binomial_upper(far, n, p0));
  }
  const double top = std::floor(expected);
  const double below =
      first_unlikely(0, top, [&](double i) { return binomial_mass(top - i, n, p0) > limit; });
  return std::min(1.0, binomial_lower(top - below, n, p0) + binomial_upper(k, n, p0));
}

}  // namespace

double binomial_test(double k, double n, double p0, Alternative alternative) {
  SERIN_ASSERT(k >= 0 && k <= n);
  SERIN_ASSERT(p0 >= 0 && p0 <= 1);
  if (n == 0) return 1;
  switch (alternative) {
    case Alternative::less:
      return binomial_lower(k, n, p0);
    case Alternative::greater:
      return binomial_upper(k, n, p0);
    case Alternative::two_sided:
      break;
  }
  return two_sided(k, n, p0);
}

Interval exact_interval(double k, double n, double alpha, Alternative alternative) {
  SERIN_ASSERT(k >= 0 && k <= n);
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  const double tail = alternative == Alternative::two_sided ? alpha / 2 : alpha;
  Interval interval{0, 1};
  if (n == 0) return interval;
  if (alternative != Alternative::less && k > 0) {
    interval.lower = beta_quantile(tail, k, n - k + 1);
  }
  if (alternative != Alternative::greater && k < n) {
    interval.upper = beta_quantile_upper(tail, k + 1, n - k);
  }
  return interval;
}

Interval wilson_interval(double k, double n, double alpha) {
  SERIN_ASSERT(k >= 0 && k <= n);
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  if (n == 0) return {0, 1};
  const double z = -normal_quantile(alpha / 2);
  const double share = k / n;
  const double centre = share + z * z / (2 * n);
  const double half = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::max(0.0, (centre - half) / scale), std::min(1.0, (centre + half) / scale)};
}

Interval jeffreys_interval(double k, double n, double alpha) {
  SERIN_ASSERT(k >= 0 && k <= n);
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  Interval interval{0, 1};
  if (n == 0) return interval;
  if (k > 0) interval.lower = beta_quantile(alpha / 2, k + 0.5, n - k + 0.5);
  if (k < n) interval.upper = beta_quantile_upper(alpha / 2, k + 0.5, n - k + 0.5);
  return interval;
}

}  // namespace serin::analysis::stats::classical
