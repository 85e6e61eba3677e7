#include "analysis/planning/draws.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace serin::analysis::planning {
namespace {

// Means from which transformed rejection is quicker than inversion, and valid.
constexpr double kRejectionFrom = 10;

// log k! of a whole k ≥ 0, to 1e-11: by Stirling's series, for small ones from a list.
double log_factorial(double k) {
  static constexpr std::array<double, 10> kFirst = {1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880};
  if (k < static_cast<double>(kFirst.size())) return std::log(kFirst[static_cast<std::size_t>(k)]);
  const double r = 1 / (k * k);
  return (k + 0.5) * std::log(k) - k + 0.5 * std::log(2 * std::numbers::pi) +
         (1. / 12 - r * (1. / 360 - r / 1260)) / k;
}

// The two uniform numbers of a try of transformed rejection, the first around 0; and whether the
// second need not be looked at closer.
struct Try {
  explicit Try(Rng& rng) : u(rng.uniform() - 0.5), v(rng.uniform()), left(0.5 - std::abs(u)) {}
  double u;
  double v;
  double left;
  bool inner(double v_most) const { return left >= 0.07 && v <= v_most; }
};

// Hörmann 1993 (PTRS).
double poisson_by_rejection(double mean, Rng& rng) {
  const double sd = std::sqrt(mean);
  const double log_mean = std::log(mean);
  const double b = 0.931 + 2.53 * sd;
  const double a = -0.059 + 0.02483 * b;
  const double scale = 1.1239 + 1.1328 / (b - 3.4);
  const double v_most = 0.9277 - 3.6224 / (b - 2);
  while (true) {
    const Try next(rng);
    const double k = std::floor((2 * a / next.left + b) * next.u + mean + 0.43);
    if (next.inner(v_most)) return k;
    if (k < 0 || (next.left < 0.013 && next.v > next.left)) continue;
    const double density = -mean + k * log_mean - log_factorial(k);
    if (std::log(next.v * scale / (a / (next.left * next.left) + b)) <= density) return k;
  }
}

// Hörmann 1993 (BTRS), of probabilities up to a half.
double binomial_by_rejection(double n, double p, Rng& rng) {
  const double sd = std::sqrt(n * p * (1 - p));
  const double b = 1.15 + 2.53 * sd;
  const double a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double v_most = 0.92 - 4.2 / b;
  const double scale = (2.83 + 5.1 / b) * sd;
  const double mode = std::floor((n + 1) * p);
  const double log_odds = std::log(p / (1 - p));
  const double at_mode = log_factorial(mode) + log_factorial(n - mode);
  while (true) {
    const Try next(rng);
    const double k = std::floor((2 * a / next.left + b) * next.u + n * p + 0.5);
    if (next.inner(v_most)) return k;
    if (k < 0 || k > n) continue;
    const double density =
        at_mode - log_factorial(k) - log_factorial(n - k) + (k - mode) * log_odds;
    if (std::log(next.v * scale / (a / (next.left * next.left) + b)) <= density) return k;
  }
}

}  // namespace

// Box and Muller 1958.
double draw_normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) *
         std::cos(2 * std::numbers::pi * rng.uniform());
}

double draw_poisson(double mean, Rng& rng) {
  if (!(mean > 0)) return 0;
  if (mean >= kRejectionFrom) return poisson_by_rejection(mean, rng);
  // By inversion.
  double left = std::exp(-mean);
  double rest = rng.uniform();
  double count = 0;
  while (rest >= left && left > 0) {
    rest -= left;
    count += 1;
    left *= mean / count;
  }
  return count;
}

double draw_binomial(double count, double probability, Rng& rng) {
  const double n = std::round(count);
  if (!(n > 0) || !(probability > 0)) return 0;
  if (probability >= 1) return n;
  if (probability > 0.5) return n - draw_binomial(n, 1 - probability, rng);
  if (n * probability >= kRejectionFrom) return binomial_by_rejection(n, probability, rng);
  // By inversion, term by term.
  const double odds = probability / (1 - probability);
  double left = std::exp(n * std::log1p(-probability));
  double rest = rng.uniform();
  double drawn = 0;
  while (rest >= left && drawn < n) {
    rest -= left;
    drawn += 1;
    left *= odds * (n - drawn + 1) / drawn;
  }
  return drawn;
}

}  // namespace serin::analysis::planning
