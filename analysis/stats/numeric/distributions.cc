#include "analysis/stats/numeric/distributions.h"

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

namespace serin::analysis::stats {
namespace {

using Policy = boost::math::policies::policy<
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>,
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::pole_error<boost::math::policies::ignore_error>,
    boost::math::policies::evaluation_error<boost::math::policies::ignore_error>,
    boost::math::policies::promote_double<false>>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// P(|T| ≥ |t|)/2 by the incomplete beta function (Abramowitz and Stegun 26.7.1), through whichever
// argument is the smaller, so that neither end loses digits.
double half_tail(double t, double df) {
  if (std::isinf(t)) return 0;
  const double square = t * t;
  if (df > square) return 0.5 * boost::math::ibetac(0.5, df / 2, square / (df + square), Policy());
  return 0.5 * boost::math::ibeta(df / 2, 0.5, df / (df + square), Policy());
}

// Far beyond any traffic Boost's search for a quantile of the beta distribution fails: it ends in
// NaN, overflows, or throws whatever the policy. There a gamma distribution, or with many events
// and many others a normal one, is as near as its arguments are known.
constexpr double kSearchedMax = 1e13;
constexpr double kManyOfBoth = 1e6;

// The x with P(X ≥ x) = p.
double near_normal_beta(double p, double a, double b) {
  const double z = std::numbers::sqrt2 * boost::math::erfc_inv(2 * p, Policy());
  const double mean = a / (a + b);
  const double sd = std::sqrt(mean * (b / (a + b)) / (a + b));
  return std::clamp(mean + z * sd, 0.0, 1.0);
}

}  // namespace

double student_t_upper(double t, double df) {
  if (std::isnan(t) || !(df > 0)) return std::nan("");
  return t > 0 ? half_tail(t, df) : 1 - half_tail(t, df);
}

double student_t_lower(double t, double df) {
  return student_t_upper(-t, df);
}

double student_t_quantile(double p, double df) {
  if (std::isnan(p) || !(df > 0) || p < 0 || p > 1) return std::nan("");
  if (p == 0 || p == 1) return p == 0 ? -kInfinity : kInfinity;
  if (p == 0.5) return 0;
  const double tail = p < 0.5 ? p : 1 - p;
  double other = 0;  // 1 − x, kept apart because x is near 1 for a p near a half
  const double x = boost::math::ibeta_inv(df / 2, 0.5, 2 * tail, &other, Policy());
  const double t = std::sqrt(df * other / x);
  return p < 0.5 ? -t : t;
}

double noncentral_t_upper(double t, double df, double shift) {
  const boost::math::non_central_t_distribution<double, Policy> distribution(df, shift);
  return boost::math::cdf(boost::math::complement(distribution, t));
}

double chi_squared_upper(double x, double df) {
  if (std::isnan(x) || !(df > 0)) return std::nan("");
  if (x <= 0) return 1;
  if (std::isinf(x)) return 0;
  return boost::math::gamma_q(df / 2, x / 2, Policy());
}

double binomial_mass(double k, double n, double p) {
  if (k < 0 || k > n) return 0;
  if (p == 0 || p == 1) return k == (p == 0 ? 0 : n) ? 1 : 0;
  return boost::math::ibeta_derivative(k + 1, n - k + 1, p, Policy()) / (n + 1);
}

double binomial_lower(double k, double n, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return boost::math::ibetac(k + 1, n - k, p, Policy());
}

double binomial_upper(double k, double n, double p) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  return boost::math::ibeta(k, n - k + 1, p, Policy());
}

double poisson_mass(double k, double mean) {
  if (k < 0) return 0;
  if (k == 0) return std::exp(-mean);
  return boost::math::gamma_p_derivative(k + 1, mean, Policy());
}

double poisson_lower(double k, double mean) {
  return k < 0 ? 0 : boost::math::gamma_q(k + 1, mean, Policy());
}

double poisson_upper(double k, double mean) {
  return k <= 0 ? 1 : boost::math::gamma_p(k, mean, Policy());
}

double beta_quantile(double p, double a, double b) {
  if (std::max(a, b) < kSearchedMax) return boost::math::ibeta_inv(a, b, p, Policy());
  if (std::min(a, b) > kManyOfBoth) return near_normal_beta(1 - p, a, b);
  return a < b ? gamma_quantile(p, a) / b : 1 - gamma_quantile_upper(p, b) / a;
}

double beta_quantile_upper(double p, double a, double b) {
  if (std::max(a, b) < kSearchedMax) return boost::math::ibetac_inv(a, b, p, Policy());
  if (std::min(a, b) > kManyOfBoth) return near_normal_beta(p, a, b);
  return a < b ? gamma_quantile_upper(p, a) / b : 1 - gamma_quantile(p, b) / a;
}

double gamma_quantile(double p, double shape) {
  return boost::math::gamma_p_inv(shape, p, Policy());
}

double gamma_quantile_upper(double p, double shape) {
  return boost::math::gamma_q_inv(shape, p, Policy());
}

}  // namespace serin::analysis::stats
