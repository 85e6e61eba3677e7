#include "analysis/stats/classical/two_proportion.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/distributions.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

double squared_error(double seen, double expected, double correction) {
  const double off = std::abs(seen - expected) - correction;
  return off * off / expected;
}

// Both cells of one side.
double side_error(const Proportion& side, double pooled, double correction) {
  return squared_error(side.events, side.total * pooled, correction) +
         squared_error(side.total - side.events, side.total * (1 - pooled), correction);
}

}  // namespace

TwoProportions two_proportion_test(Proportion first, Proportion second, Alternative alternative,
                                   double alpha, bool yates) {
  SERIN_ASSERT(first.total > 0 && first.events >= 0 && first.events <= first.total);
  SERIN_ASSERT(second.total > 0 && second.events >= 0 && second.events <= second.total);
  const double p1 = first.events / first.total;
  const double p2 = second.events / second.total;
  const double reciprocals = 1 / first.total + 1 / second.total;
  TwoProportions out;
  out.difference = p1 - p2;
  const double correction = yates ? std::min(0.5, std::abs(out.difference) / reciprocals) : 0;
  const double pooled = (first.events + second.events) / (first.total + second.total);
  out.chi_squared = side_error(first, pooled, correction) + side_error(second, pooled, correction);

  const bool both = alternative == Alternative::two_sided;
  const double z = normal_quantile(1 - (both ? alpha / 2 : alpha));
  const double width = z * std::sqrt(p1 * (1 - p1) / first.total + p2 * (1 - p2) / second.total) +
                       correction * reciprocals;
  out.interval = {-1, 1};
  if (alternative != Alternative::less) out.interval.lower = std::max(-1.0, out.difference - width);
  if (alternative != Alternative::greater) {
    out.interval.upper = std::min(1.0, out.difference + width);
  }
  if (both) {
    out.p_value = chi_squared_upper(out.chi_squared, 1);
  } else {
    const double root = std::copysign(std::sqrt(out.chi_squared), out.difference);
    out.p_value = normal_cdf(alternative == Alternative::less ? root : -root);
  }
  return out;
}

}  // namespace serin::analysis::stats::classical
