#include "analysis/planning/draws.h"

#include <algorithm>
#include <cmath>

namespace serin::analysis::planning {
namespace {

constexpr double kNormalMean = 500;
constexpr double kNormalVariance = 250;
constexpr double kTwoPi = 6.283185307179586;

}  // namespace

// Box and Muller 1958.
double draw_normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(kTwoPi * rng.uniform());
}

// By inversion; large means in parts that do not underflow.
double draw_poisson(double mean, Rng& rng) {
  if (!(mean > 0)) return 0;
  if (mean > kNormalMean) {
    return std::max(0.0, std::round(mean + std::sqrt(mean) * draw_normal(rng)));
  }
  double left = std::exp(-mean);
  double rest = rng.uniform();
  double count = 0;
  while (rest >= left && count < 10 * kNormalMean) {
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
  const double mean = n * probability;
  const double variance = mean * (1 - probability);
  if (variance > kNormalVariance) {
    return std::clamp(std::round(mean + std::sqrt(variance) * draw_normal(rng)), 0.0, n);
  }
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
