#include "analysis/stats/normal.h"

#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace serin::analysis::stats {
namespace {

// Errors as values: overflow and domain are handled before the calls.
using Policy = boost::math::policies::policy<
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

}  // namespace

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * (0.5 * std::numbers::sqrt2));
}

double normal_log_cdf(double x) {
  if (x > -30) return std::log(normal_cdf(x));
  // Mills' ratio: Φ(x) = φ(x)/|x| · (1 − 1/x² + 3/x⁴ − 15/x⁶ + …).
  const double r = 1 / (x * x);
  const double series = r * (-1 + r * (3 + r * (-15 + r * 105)));
  return -0.5 * x * x - std::log(-x) - 0.5 * std::log(2 * std::numbers::pi) + std::log1p(series);
}

double normal_quantile(double p) {
  if (std::isnan(p)) return p;
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, Policy());
}

}  // namespace serin::analysis::stats
