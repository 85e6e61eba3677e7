#include "analysis/stats/planning.h"

#include <cmath>
#include <limits>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr double kFailOvershoot = 1.0;
constexpr double kPassOvershoot = 0.7;
constexpr double kNinetyPercent = 1.28;  // the normal quantile
constexpr double kHistogramEfficiency = 0.9;
constexpr int kBisections = 60;

}  // namespace

Information rate_information(const LinearMargin& margin, double canary_rate, double stable_rate,
                             double canary_exposure, double stable_exposure) {
  SERIN_ASSERT(canary_rate >= 0 && stable_rate >= 0);
  if (!(canary_exposure > 0) || !(stable_exposure > 0)) return {};
  const auto [a0, b0] =
      boundary_projection(margin, canary_rate, stable_rate, canary_exposure, stable_exposure);
  auto side = [](double rate, double null, double exposure) {
    const double log = rate > 0 && null > 0 ? std::log(rate / null) : 0;
    return Information{exposure * (rate * log - rate + null), exposure * rate * log * log};
  };
  const Information c = side(canary_rate, a0, canary_exposure);
  const Information b = side(stable_rate, b0, stable_exposure);
  return {c.drift + b.drift, c.variance + b.variance};
}

Information shift_information(double d, double canary_count, double stable_count) {
  if (!(canary_count > 0) || !(stable_count > 0)) return {};
  const double pairs = canary_count * stable_count / (canary_count + stable_count);
  const double drift = kHistogramEfficiency * pairs * d * d / 2;
  return {drift, 2 * drift};
}

Information gauge_information(double g, double autocorrelation, double samples_per_second) {
  const double drift =
      samples_per_second * g * g * (1 - autocorrelation) / (2 * (1 + autocorrelation));
  return {drift, 2 * drift};
}

double fail_need(double alpha, double factor, double share) {
  SERIN_ASSERT(alpha > 0 && factor > 0 && share > 0);
  return std::log(factor / (alpha * share)) + kFailOvershoot;
}

double pass_need(double beta) {
  SERIN_ASSERT(beta > 0);
  return -std::log(beta) + kPassOvershoot;
}

double time_to_reach(const Information& information, double dispersion, double need) {
  return information.drift > 0 ? dispersion * need / information.drift : kNever;
}

double time_to_reach_mostly(const Information& information, double dispersion, double need) {
  const auto [drift, variance] = information;
  if (!(drift > 0)) return kNever;
  // drift · t − 1.28 √(variance · t) = φ · need, solved for √t.
  const double noise = kNinetyPercent * std::sqrt(variance);
  const double root =
      (noise + std::sqrt(noise * noise + 4 * drift * dispersion * need)) / (2 * drift);
  return root * root;
}

std::optional<double> smallest_effect(double low, double high, double available,
                                      const std::function<double(double)>& seconds) {
  SERIN_ASSERT(low < high);
  if (!(seconds(high) <= available)) return std::nullopt;
  for (int i = 0; i < kBisections && high - low > 1e-3 * std::abs(high - 1); ++i) {
    const double middle = 0.5 * (low + high);
    (seconds(middle) <= available ? high : low) = middle;
  }
  return high;
}

std::optional<double> suggested_weight(double available,
                                       const std::function<double(double)>& seconds) {
  for (double percent : kSuggestedWeights) {
    if (seconds(percent / 100) <= available) return percent / 100;
  }
  return std::nullopt;
}

}  // namespace serin::analysis::stats
