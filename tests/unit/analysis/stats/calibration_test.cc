// Simulations of the null: slow, on demand (ctest -L slow). SERIN_PATHS sets the number of paths.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include "analysis/stats/gauge_evidence.h"
#include "analysis/stats/histogram_evidence.h"
#include "analysis/stats/rate_evidence.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

int paths() {
  const char* text = std::getenv("SERIN_PATHS");
  return text != nullptr ? std::atoi(text) : 20'000;
}

double poisson(Rng& rng, double mean) {
  double x = 0;
  for (double t = -std::log(1 - rng.uniform()); t < mean; t -= std::log(1 - rng.uniform())) ++x;
  return x;
}

// One metric of error rates exactly at its margin, 120 polls: how often it reaches the level that
// it needs alone. κ ≤ 0.45 there (the exact bound is 1).
TEST(Calibration, RatesAtTheMarginCrossAsRarelyAsPromised) {
  constexpr double kLevel = 135;
  constexpr int kPolls = 120;
  const RateTest test = RateTest::fail_side({kTolerateRatio, 0}, RateForm::ordinary);
  Rng rng(20'260'101);
  int crossed = 0;
  for (int path = 0; path < paths(); ++path) {
    StartSchedule schedule(kPolls);
    StartMixture mixture;
    std::array<double, kAlternativesMax> l{};
    for (int t = 0; t < kPolls; ++t) {
      const RateCounts counts{poisson(rng, 3 * kTolerateRatio), 300, poisson(rng, 27), 2700};
      test.increments(counts, 0.01, 0, l);
      const auto used = std::span<const double>(l).first(test.size());
      mixture.update(used, used, schedule.next());
      if (mixture.log_value(test.log_weights(), schedule.unstarted()) >= std::log(kLevel)) {
        ++crossed;
        break;
      }
    }
  }
  const double n = paths();
  const double limit = 0.45 / kLevel;
  EXPECT_LE(crossed / n, limit + 2 * std::sqrt(limit / n));
}

double normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(6.283185307179586 * rng.uniform());
}

// Crossings of a level that a metric needs alone may be at most κ/level, two standard errors apart.
void expect_rare(int crossed, int n, double kappa, double level) {
  const double limit = kappa / level;
  EXPECT_LE(crossed / static_cast<double>(n), limit + 2 * std::sqrt(limit / n));
}

std::vector<double> counted(Rng& rng, const std::vector<double>& shares, int requests) {
  std::vector<double> counts(shares.size());
  for (int i = 0; i < requests; ++i) {
    double u = rng.uniform();
    std::size_t j = 0;
    while (j + 1 < shares.size() && u >= shares[j]) u -= shares[j++];
    counts[j] += 1;
  }
  return counts;
}

// Equal distributions, learned from a history of 20 000 requests: the worst case without a margin.
TEST(Calibration, EqualHistogramsCrossAsRarelyAsPromised) {
  constexpr double kLevel = 120;
  constexpr int kPolls = 120;
  const std::vector<double> shares = {.002, .01, .03, .1, .2, .25, .2, .12, .05, .03, .006, .002};
  const int n = paths() / 10;
  std::array<double, kHistogramWeights.size()> log_weights{};
  for (std::size_t j = 0; j < log_weights.size(); ++j) {
    log_weights[j] = std::log(kHistogramWeights[j]);
  }
  Rng rng(20'260'102);
  int crossed = 0;
  for (int path = 0; path < n; ++path) {
    StartSchedule schedule(kPolls);
    StartMixture mixture;
    std::vector<double> past = counted(rng, shares, 20'000);
    std::array<double, kHistogramWeights.size()> l{};
    for (int t = 0; t < kPolls; ++t) {
      const std::vector<double> canary = counted(rng, shares, 30);
      const std::vector<double> stable = counted(rng, shares, 270);
      histogram_increments(BucketShape(past), canary, stable, {}, l);
      for (std::size_t j = 0; j < past.size(); ++j) past[j] += stable[j];
      mixture.update(l, l, schedule.next());
      if (mixture.log_value(log_weights, schedule.unstarted()) >= std::log(kLevel)) {
        ++crossed;
        break;
      }
    }
  }
  expect_rare(crossed, n, 0.5, kLevel);
}

// A gauge whose noise is known, at its margin, at three autocorrelations.
TEST(Calibration, GaugesAtTheMarginCrossAsRarelyAsPromised) {
  constexpr double kLevel = 240;
  constexpr int kSamples = 240;
  std::array<double, kGaugeWeights.size()> log_weights{};
  for (std::size_t j = 0; j < log_weights.size(); ++j) log_weights[j] = std::log(kGaugeWeights[j]);
  for (const double phi : {0.0, 0.5, 0.9}) {
    const GaugeNoise noise{.autocorrelation = phi, .innovation_sd = std::sqrt(1 - phi * phi)};
    Rng rng(20'260'103);
    int crossed = 0;
    for (int path = 0; path < paths(); ++path) {
      StartSchedule schedule(kSamples / 2);
      StartMixture mixture;
      std::optional<double> last;
      double x = normal(rng);
      for (int k = 0; k < kSamples; k += 2) {
        std::array<double, kGaugeGrid.size()> running{};
        std::array<double, kGaugeGrid.size()> starting{};
        for (const bool first : {true, false}) {
          add_gauge_increments(innovation(noise, x, last, 1), kGaugeGrid, first, running, starting);
          last = x;
          x = phi * x + noise.innovation_sd * normal(rng);
        }
        mixture.update(running, starting, schedule.next());
        if (mixture.log_value(log_weights, schedule.unstarted()) >= std::log(kLevel)) {
          ++crossed;
          break;
        }
      }
    }
    expect_rare(crossed, paths(), 0.5, kLevel);
  }
}

}  // namespace
}  // namespace serin::analysis::stats
