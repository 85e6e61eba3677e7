#include "analysis/stats/classical/poisson_test.h"

#include <cmath>
#include <limits>

#include "analysis/stats/classical/binomial_test.h"
#include "analysis/stats/numeric/distributions.h"
#include "analysis/stats/numeric/likelihood_tail.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double two_sided(double k, double mean) {
  if (k == mean) return 1;
  const double limit = poisson_mass(k, mean) * kLikelihoodSlack;
  if (k < mean) {
    const double far = first_unlikely(std::ceil(mean), kInfinity,
                                      [&](double i) { return poisson_mass(i, mean) > limit; });
    return std::fmin(1, poisson_lower(k, mean) + poisson_upper(far, mean));
  }
  const double top = std::floor(mean);
  const double below =
      first_unlikely(0, top, [&](double i) { return poisson_mass(top - i, mean) > limit; });
  return std::fmin(1, poisson_lower(top - below, mean) + poisson_upper(k, mean));
}

double p_value(double k, double mean, Alternative alternative) {
  if (mean == 0) return k == 0 || alternative == Alternative::less ? 1 : 0;
  switch (alternative) {
    case Alternative::less:
      return poisson_lower(k, mean);
    case Alternative::greater:
      return poisson_upper(k, mean);
    case Alternative::two_sided:
      break;
  }
  return two_sided(k, mean);
}

}  // namespace

PoissonTest poisson_test(EventCount observed, double rate, Alternative alternative, double alpha) {
  SERIN_ASSERT(observed.events >= 0 && observed.time > 0);
  SERIN_ASSERT(rate >= 0 && alpha > 0 && alpha < 1);
  const double k = observed.events;
  PoissonTest out{p_value(k, rate * observed.time, alternative), k / observed.time, {0, kInfinity}};
  const double tail = alternative == Alternative::two_sided ? alpha / 2 : alpha;
  if (alternative != Alternative::less && k > 0) {
    out.interval.lower = gamma_quantile(tail, k) / observed.time;
  }
  if (alternative != Alternative::greater) {
    out.interval.upper = gamma_quantile_upper(tail, k + 1) / observed.time;
  }
  return out;
}

PoissonTest poisson_ratio_test(EventCount first, EventCount second, double ratio,
                               Alternative alternative, double alpha) {
  SERIN_ASSERT(first.events >= 0 && first.time > 0);
  SERIN_ASSERT(second.events >= 0 && second.time > 0 && ratio > 0);
  const double n = first.events + second.events;
  const double share = ratio * first.time / (ratio * first.time + second.time);
  const Interval shares = exact_interval(first.events, n, alpha, alternative);
  auto to_ratio = [&](double p) { return p / (1 - p) * second.time / first.time; };
  return {binomial_test(first.events, n, share, alternative),
          (first.events / first.time) / (second.events / second.time),
          {to_ratio(shares.lower), to_ratio(shares.upper)}};
}

}  // namespace serin::analysis::stats::classical
