#include "analysis/stats/confidence.h"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "analysis/stats/log_space.h"
#include "analysis/stats/normal.h"

namespace serin::analysis::stats {
namespace {

constexpr int kBisections = 200;
constexpr int kFractionSteps = 100'000;

// ρ for which the bound is tightest near v_opt (Howard et al. 2021, proposition 3, approximation).
double tuned(double v_opt, double alpha_opt, bool one_sided) {
  SERIN_ASSERT(v_opt > 0 && alpha_opt > 0 && alpha_opt < 1);
  const double level = -std::log(one_sided ? 2 * alpha_opt : alpha_opt);
  return v_opt / (2 * level + std::log1p(2 * level));
}

// The argument in [low, high] where an increasing function reaches `level`.
template <class Function>
double reach(double low, double high, double level, Function function) {
  for (int i = 0; i < kBisections && low < high; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (function(middle) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double log_beta(double a, double b) {
  // lgamma alone loses digits where a and b are large: their ratio is taken by Boost.
  if (a + b < 100) return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  const double small = std::min(a, b);
  const double large = std::max(a, b);
  if (small < 30)
    return std::lgamma(small) + std::log(boost::math::tgamma_delta_ratio(large, small));
  // Stirling's series for all three.
  auto rest = [](double x) {
    const double y = 1 / (x * x);
    return (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y / 1680))) / x;
  };
  const double share = small / (small + large);
  return 0.5 * std::log(2 * std::numbers::pi) - 0.5 * std::log(large) +
         (small - 0.5) * std::log(share) + large * std::log1p(-share) + rest(a) + rest(b) -
         rest(a + b);
}

// By Lentz's method; converges fast for x below (a + 1)/(a + b + 2).
double log_beta_tail(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  double c = 1;
  double d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::abs(d) < kTiny ? kTiny : d);
  double fraction = d;
  for (int i = 1; i <= kFractionSteps; ++i) {
    const double m = i;
    for (const double term : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + term * d;
      d = 1 / (std::abs(d) < kTiny ? kTiny : d);
      c = 1 + term / c;
      if (std::abs(c) < kTiny) c = kTiny;
      fraction *= c * d;
    }
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return a * std::log(x) + b * std::log1p(-x) - std::log(a) - log_beta(a, b) + std::log(fraction);
}

}  // namespace

double log_incomplete_beta(double a, double b, double x) {
  SERIN_ASSERT(a > 0 && b > 0);
  if (std::isnan(x)) return x;
  if (x <= 0) return kLogZero;
  if (x >= 1) return 0;
  if (x < (a + 1) / (a + b + 2)) return std::min(0.0, log_beta_tail(a, b, x));
  const double other = log_beta_tail(b, a, 1 - x);
  return other < 0 ? std::log1p(-std::exp(other)) : kLogZero;
}

NormalMixture::NormalMixture(double v_opt, double alpha_opt, bool one_sided)
    : rho_(tuned(v_opt, alpha_opt, one_sided)), one_sided_(one_sided) {}

double NormalMixture::log_value(double s, double v) const {
  const double spread = v + rho_;
  if (!one_sided_) return 0.5 * std::log(rho_ / spread) + s * s / (2 * spread);
  return 0.5 * std::log(4 * rho_ / spread) + s * s / (2 * spread) +
         normal_log_cdf(s / std::sqrt(spread));
}

double NormalMixture::bound(double v, double alpha) const {
  SERIN_ASSERT(v >= 0 && alpha > 0 && alpha < 1);
  const double level = -std::log(alpha);
  const double spread = v + rho_;
  const double two_sided = std::sqrt(spread * (std::log(spread / rho_) + 2 * level));
  if (!one_sided_) return two_sided;
  // The half-normal mixture lies within log 2 above the whole one, so its bound is not higher.
  return reach(0, two_sided + std::sqrt(spread), level, [&](double s) { return log_value(s, v); });
}

BetaBinomialMixture::BetaBinomialMixture(double v_opt, double alpha_opt, double g, double h,
                                         bool one_sided)
    : g_(g), h_(h), one_sided_(one_sided) {
  SERIN_ASSERT(g > 0 && h > 0);
  r_ = std::max(tuned(v_opt, alpha_opt, one_sided) - g * h, 1e-3 * g * h);
}

double BetaBinomialMixture::log_value(double s, double v) const {
  const double width = g_ + h_;
  const double rises = (v + h_ * s) / (h_ * width);
  const double falls = (v - g_ * s) / (g_ * width);
  const double a0 = r_ / (h_ * width);
  const double b0 = r_ / (g_ * width);
  if (a0 + rises <= 0 || b0 + falls <= 0) {
    return s > 0 ? std::numeric_limits<double>::infinity() : kLogZero;
  }
  double mass = log_beta(a0 + rises, b0 + falls) - log_beta(a0, b0);
  if (one_sided_) {
    const double from = h_ / width;  // 1 − g/(g + h)
    mass += log_incomplete_beta(b0 + falls, a0 + rises, from) - log_incomplete_beta(b0, a0, from);
  }
  return mass - rises * std::log(g_) - falls * std::log(h_) + v / (g_ * h_) * std::log(width);
}

double BetaBinomialMixture::bound(double v, double alpha) const {
  SERIN_ASSERT(v >= 0 && alpha > 0 && alpha < 1);
  const double level = -std::log(alpha);
  const double most = v / g_;
  if (!(log_value(most, v) > level)) return most;
  return reach(0, most, level, [&](double s) { return log_value(s, v); });
}

}  // namespace serin::analysis::stats
