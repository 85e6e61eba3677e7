#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/stats/gauge_evidence.h"
#include "analysis/stats/normal.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

std::vector<std::vector<double>> noise(double phi, double sd, std::size_t instances,
                                       std::size_t samples, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::vector<double>> series(instances);
  for (auto& one : series) {
    double x = 0;
    for (std::size_t k = 0; k < samples; ++k) {
      x = phi * x + sd * std::sqrt(1 - phi * phi) * normal_quantile(0.001 + 0.998 * rng.uniform());
      one.push_back(x);
    }
  }
  return series;
}

TEST(GaugeNoise, IsLearned) {
  for (double phi : {0.0, 0.5, 0.9}) {
    const auto fit = fit_gauge_noise(noise(phi, 0.05, 4, 480, 3));
    ASSERT_TRUE(fit);
    EXPECT_NEAR(fit->noise.autocorrelation, phi, 0.06);
    EXPECT_NEAR(fit->noise.stationary_sd(), 0.05, 0.012);
    EXPECT_GE(fit->noise.factor, 1);
  }
}

TEST(GaugeNoise, MissingSamplesBreakPairsOnly) {
  auto series = noise(0.5, 1, 2, 400, 4);
  for (auto& one : series) {
    for (std::size_t k = 0; k < one.size(); k += 3) one[k] = std::nan("");
  }
  const auto fit = fit_gauge_noise(series);
  ASSERT_TRUE(fit);
  EXPECT_NEAR(fit->pairs, 133, 1);
  EXPECT_NEAR(fit->noise.autocorrelation, 0.5, 0.12);
}

TEST(GaugeNoise, NothingIsLearnedOfTooLittle) {
  EXPECT_FALSE(fit_gauge_noise({}));
  EXPECT_FALSE(fit_gauge_noise(std::vector<std::vector<double>>{{1, 2, 3}}));
  EXPECT_FALSE(fit_gauge_noise(std::vector<std::vector<double>>(2, std::vector<double>(50, 0.0))));
  const double gap = std::nan("");
  EXPECT_FALSE(fit_gauge_noise(std::vector<std::vector<double>>{{1, gap, 3, gap, 2, gap, 1}}));
}

TEST(GaugeNoise, FewerInstancesAreNoisier) {
  const GaugeFit fit{.noise = {0, 1, 1}, .pairs = 100, .instances = 4};
  EXPECT_NEAR(fit.scaled(1, 3).factor, 1, 1e-12);
  EXPECT_NEAR(fit.scaled(1, 4).factor, std::sqrt(1.25 / (4.0 / 3)), 1e-12);
  EXPECT_LT(fit.scaled(4, 4).factor, fit.scaled(1, 4).factor);
}

// E e^{mz − m²/2} over a normal z, clipped as it is: at most 1, for lasting and for new shifts.
TEST(GaugeEvidence, ClippingKeepsTheSupermartingale) {
  for (double g : kGaugeGrid) {
    for (double reach : {0.1, 0.6, 1.0, 3.0}) {
      std::array<double, 1> grid = {g};
      double running_mean = 0;
      double starting_mean = 0;
      constexpr int kSteps = 40000;
      for (int i = 0; i < kSteps; ++i) {
        const double z = normal_quantile((i + 0.5) / kSteps);
        std::array<double, 1> running{}, starting{};
        const Innovation sample{
            .z = std::clamp(z, -kGaugeClip, kGaugeClip), .reach = reach, .start = 2 * reach};
        add_gauge_increments(sample, grid, true, running, starting);
        running_mean += std::exp(running[0]) / kSteps;
        starting_mean += std::exp(starting[0]) / kSteps;
      }
      EXPECT_LE(running_mean, 1 + 1e-4);
      EXPECT_LE(starting_mean, 1 + 1e-4);
    }
  }
}

TEST(GaugeEvidence, AStartShowsWholeInItsFirstInnovation) {
  const GaugeNoise noise{.autocorrelation = 0.8, .innovation_sd = 0.6, .factor = 1};
  ASSERT_NEAR(noise.stationary_sd(), 1, 1e-12);
  const Innovation first = innovation(noise, 2, std::nullopt, 1);
  EXPECT_NEAR(first.z, 2, 1e-12);
  EXPECT_EQ(first.reach, 1);
  const Innovation next = innovation(noise, 2, 2.0, 1);
  EXPECT_NEAR(next.z, 2 * 0.2 / 0.6, 1e-12);
  EXPECT_NEAR(next.reach, 0.2 / 0.6, 1e-12);
  EXPECT_NEAR(next.start, 1 / 0.6, 1e-12);
  EXPECT_NEAR(innovation(noise, 2, 0.0, 1).z, 2 / 0.6, 1e-12);
  // After a long gap a sample stands for itself.
  EXPECT_NEAR(innovation(noise, 2, 2.0, 200).z, 2, 1e-9);
  EXPECT_EQ(innovation(noise, 100, std::nullopt, 1).z, kGaugeClip);
}

}  // namespace
}  // namespace serin::analysis::stats
