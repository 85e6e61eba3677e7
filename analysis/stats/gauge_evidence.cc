#include "analysis/stats/gauge_evidence.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

constexpr double kPairsMin = 3;
constexpr double kOutlierSd = 6;
constexpr double kMadToSd = 1.4826;

double median_magnitude(std::span<const std::vector<double>> series) {
  std::vector<double> magnitudes;
  for (const auto& one : series) {
    for (double d : one) {
      if (std::isfinite(d)) magnitudes.push_back(std::abs(d));
    }
  }
  if (magnitudes.empty()) return 0;
  const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  if (magnitudes.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(magnitudes.begin(), middle));
}

// Calls `use` with each adjacent pair of present samples, the later first.
template <class Use>
void for_pairs(std::span<const std::vector<double>> series, Use use) {
  for (const auto& one : series) {
    for (std::size_t k = 1; k < one.size(); ++k) {
      if (std::isfinite(one[k]) && std::isfinite(one[k - 1])) use(one[k], one[k - 1]);
    }
  }
}

}  // namespace

double GaugeNoise::stationary_sd() const {
  return innovation_sd * factor / std::sqrt(1 - autocorrelation * autocorrelation);
}

GaugeNoise GaugeFit::scaled(double canary, double stable) const {
  GaugeNoise result = noise;
  const double others = std::max(1.0, instances - 1);
  const double spread = 1 / std::max(1.0, canary) + 1 / std::max(1.0, stable);
  result.factor *= std::sqrt(spread / (1 + 1 / others));
  return result;
}

std::optional<GaugeFit> fit_gauge_noise(std::span<const std::vector<double>> differences) {
  const auto instances = static_cast<double>(differences.size());
  if (differences.empty()) return std::nullopt;
  const double limit = kOutlierSd * kMadToSd * median_magnitude(differences);
  double count = 0;
  double product = 0;
  double squares = 0;
  for_pairs(differences, [&](double later, double earlier) {
    const double a = std::clamp(later, -limit, limit);
    const double b = std::clamp(earlier, -limit, limit);
    count += 1;
    product += a * b;
    squares += 0.5 * (a * a + b * b);
  });
  const double n = count / instances;
  if (!(n >= kPairsMin) || !(squares > 0)) return std::nullopt;

  const double raw = product / squares;
  double phi = std::clamp(raw + (1 + 3 * raw) / n, 0.0, kAutocorrelationMax);
  const double others = std::max(1.0, instances - 1);
  phi = std::min(kAutocorrelationMax, phi + 0.5 * std::sqrt((1 - phi * phi) / (n * others)));

  double innovations = 0;
  for_pairs(differences, [&](double later, double earlier) {
    const double e = later - phi * earlier;
    innovations += e * e;
  });
  GaugeFit fit;
  fit.noise.autocorrelation = phi;
  fit.noise.innovation_sd = std::sqrt(innovations / count);
  fit.noise.factor = std::sqrt(1 + 2 / (n * others / 2));
  fit.pairs = n;
  fit.instances = instances;
  if (!(fit.noise.innovation_sd > 0)) return std::nullopt;
  return fit;
}

Innovation innovation(const GaugeNoise& noise, double x, std::optional<double> last, double gap) {
  SERIN_ASSERT(gap >= 1 || !last);
  const double sd = noise.stationary_sd();
  if (!last) return {.z = std::clamp(x / sd, -kGaugeClip, kGaugeClip)};
  const double p = std::pow(noise.autocorrelation, gap);
  const double u = std::sqrt(1 - p * p);
  return {.z = std::clamp((x - p * *last) / (sd * u), -kGaugeClip, kGaugeClip),
          .reach = (1 - p) / u,
          .start = 1 / u};
}

void add_gauge_increments(const Innovation& sample, std::span<const double> grid,
                          bool first_of_poll, std::span<double> running,
                          std::span<double> starting) {
  SERIN_ASSERT(running.size() >= grid.size() && starting.size() >= grid.size());
  for (std::size_t j = 0; j < grid.size(); ++j) {
    const double m = grid[j] * sample.reach;
    const double increment = m * sample.z - 0.5 * m * m;
    running[j] += increment;
    const double m0 = grid[j] * sample.start;
    starting[j] += first_of_poll ? m0 * sample.z - 0.5 * m0 * m0 : increment;
  }
}

}  // namespace serin::analysis::stats
