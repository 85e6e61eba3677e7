#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/stats/log_space.h"
#include "analysis/stats/rate_evidence.h"
#include "analysis/stats/rate_interval.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

double binomial(int n, int k, double p) {
  const double log = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
  if (p <= 0) return k == 0 ? 1 : 0;
  if (p >= 1) return k == n ? 1 : 0;
  return std::exp(log + k * std::log(p) + (n - k) * std::log1p(-p));
}

// E[e^l] of each alternative, by enumeration of both binomials.
std::vector<double> expectations(const RateTest& test, int n_c, int n_b, double p_c, double p_b,
                                 double base, double margin_log) {
  std::vector<double> sums(test.size());
  std::vector<double> l(test.size());
  for (int x_c = 0; x_c <= n_c; ++x_c) {
    for (int x_b = 0; x_b <= n_b; ++x_b) {
      const RateCounts counts{double(x_c), double(n_c), double(x_b), double(n_b)};
      test.increments(counts, base, margin_log, l);
      const double p = binomial(n_c, x_c, p_c) * binomial(n_b, x_b, p_b);
      for (std::size_t j = 0; j < l.size(); ++j) sums[j] += p * std::exp(l[j]);
    }
  }
  return sums;
}

// Every point of the null, not its boundary alone; every form; both sides.
TEST(RateEvidence, IsASupermartingaleOverTheWholeNull) {
  const LinearMargin tolerate{1.02, 0.0005};
  const LinearMargin acceptable{1.5, 0.002};
  for (RateForm form : {RateForm::ordinary, RateForm::rare, RateForm::strict}) {
    const RateTest fail = RateTest::fail_side(tolerate, form);
    const RateTest pass = RateTest::pass_side(acceptable, form);
    for (auto [n_c, n_b] : {std::pair{3, 12}, {8, 8}, {14, 5}}) {
      for (double p_b : {0.0, 0.002, 0.03, 0.2, 0.5, 0.9}) {
        for (double part : {0.0, 0.4, 0.9, 1.0}) {
          for (double q : {0.0, 0.2}) {
            // The ratio's own null is narrower than the linear one: the tests of ratios keep to it.
            const double ratio = tolerate.ratio * std::exp(q);
            const double linear = form == RateForm::strict ? tolerate.absolute : 0;
            const double p_c = std::min(1.0, (ratio * p_b + linear) * part);
            for (double e : expectations(fail, n_c, n_b, p_c, p_b, 0.01, q)) {
              EXPECT_LE(e, 1 + 1e-12) << n_c << " " << n_b << " " << p_b << " " << p_c;
            }
          }
          const double least = acceptable.ratio * p_b + acceptable.absolute;
          const double p_c = least + (1 - least) * part;
          if (least > 1) continue;
          for (double e : expectations(pass, n_c, n_b, p_c, p_b, 0.01, 0)) {
            EXPECT_LE(e, 1 + 1e-12) << n_c << " " << n_b << " " << p_b << " " << p_c;
          }
        }
      }
    }
  }
}

TEST(RateEvidence, RareErrorsOnTheLinearBoundary) {
  // What the rare form's linear alternatives promise: μ_c ≤ ρ μ_b + δ.
  const LinearMargin margin{1.02, 0.05};
  for (double p_b : {0.0, 0.01, 0.1, 0.4}) {
    const double p_c = margin.ratio * p_b + margin.absolute;
    for (double g : {2.0, 5.0, 20.0}) {
      const double b1 = 0.02;
      const double a1 = (margin.ratio * b1 + margin.absolute) * g;
      double sum = 0;
      for (int x_c = 0; x_c <= 6; ++x_c) {
        for (int x_b = 0; x_b <= 20; ++x_b) {
          sum += binomial(6, x_c, p_c) * binomial(20, x_b, p_b) *
                 std::exp(boundary_increment({double(x_c), 6, double(x_b), 20}, margin, a1, b1));
        }
      }
      EXPECT_LE(sum, 1 + 1e-12);
      EXPECT_GT(sum, 0.001);  // and is not empty
    }
  }
}

TEST(RateEvidence, WithoutAbsoluteMarginTheBoundaryFormIsTheRatioForm) {
  const RateCounts counts{7, 300, 40, 5000};
  for (double g : kRateGrid) {
    double ratio = 0;
    ratio_increments(counts, 1.02, std::span(&g, 1), std::span(&ratio, 1));
    EXPECT_NEAR(boundary_increment(counts, {1.02, 0}, 1.02 * g * 0.013, 0.013), ratio, 1e-10);
  }
}

TEST(RateEvidence, MergingWindowsWithOneTrafficRatioChangesNothing) {
  std::array<double, kRateGrid.size()> one{}, two{}, both{};
  ratio_increments({3, 100, 9, 1000}, 1.02, kRateGrid, one);
  ratio_increments({5, 250, 30, 2500}, 1.02, kRateGrid, two);
  ratio_increments({8, 350, 39, 3500}, 1.02, kRateGrid, both);
  for (std::size_t j = 0; j < both.size(); ++j) EXPECT_NEAR(one[j] + two[j], both[j], 1e-12);
}

TEST(RateEvidence, ScalingBothExposuresChangesNothing) {
  std::array<double, kRateGrid.size()> one{}, scaled{};
  ratio_increments({3, 100, 9, 1000}, 1.02, kRateGrid, one);
  ratio_increments({3, 1e5, 9, 1e6}, 1.02, kRateGrid, scaled);
  for (std::size_t j = 0; j < one.size(); ++j) EXPECT_NEAR(one[j], scaled[j], 1e-12);
}

TEST(RateEvidence, NoExposureIsNoEvidence) {
  const RateTest test = RateTest::fail_side({1.02, 0.0005}, RateForm::rare);
  std::array<double, kAlternativesMax> l{};
  for (const RateCounts& counts : {RateCounts{0, 0, 5, 100}, RateCounts{5, 100, 0, 0}}) {
    test.increments(counts, 0.01, 0, l);
    for (double x : l) EXPECT_EQ(x, 0);
  }
}

TEST(RateEvidence, WeightsAreAProbability) {
  for (RateForm form : {RateForm::ordinary, RateForm::rare, RateForm::strict}) {
    EXPECT_NEAR(log_sum_exp(RateTest::fail_side({1.02, 0.0005}, form).log_weights()), 0, 1e-12);
    EXPECT_NEAR(log_sum_exp(RateTest::pass_side({1.5, 0.002}, form).log_weights()), 0, 1e-12);
  }
  EXPECT_EQ(rate_form(0.004, 0.0005), RateForm::rare);
  EXPECT_EQ(rate_form(0.006, 0.0005), RateForm::ordinary);
  EXPECT_EQ(rate_form(0, 0), RateForm::ordinary);
}

TEST(RateEvidence, TargetIsASupermartingaleBothWays) {
  const double target = 0.1;
  for (double g : {1.3, 6.0, 0.5}) {
    for (double p : {0.0, 0.05, 0.1, 0.3}) {
      if ((g > 1) != (p <= target) && p != target) continue;
      double sum = 0;
      for (int x = 0; x <= 30; ++x) {
        double l = 0;
        target_increments(x, 30, target, std::span(&g, 1), std::span(&l, 1));
        sum += binomial(30, x, p) * std::exp(l);
      }
      EXPECT_LE(sum, 1 + 1e-12);
    }
  }
}

std::vector<RateWindow> noisy_windows(double ratio, double traffic_spread, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<RateWindow> windows;
  for (int t = 0; t < 40; ++t) {
    const double n_c = 300 * (1 + traffic_spread * (rng.uniform() - 0.5));
    const double n_b = 3000 * (1 + traffic_spread * (rng.uniform() - 0.5));
    const auto draw = [&](double n, double p) {
      double x = 0;
      for (int i = 0; i < static_cast<int>(n); ++i) x += rng.chance(p);
      return x;
    };
    windows.push_back({{draw(n_c, 0.02 * ratio), n_c, draw(n_b, 0.02), n_b}, 1.3});
  }
  return windows;
}

TEST(RateInterval, SumsOfAStepGiveTheIntervalOfItsWindows) {
  for (double spread : {0.0, 0.3, 1.0}) {
    const auto windows = noisy_windows(2, spread, 7);
    RateSums sums;
    for (const auto& window : windows) sums.add(window);
    const Interval exact = ratio_interval(windows, kRateGrid, kRateWeights, 0.05);
    const Interval quick = sums.ratio_interval(0.05);
    EXPECT_NEAR(quick.lower / exact.lower, 1, 2e-3) << spread;
    EXPECT_NEAR(quick.upper / exact.upper, 1, 2e-3) << spread;
    EXPECT_LT(exact.lower, 2);
    EXPECT_GT(exact.upper, 2);
  }
}

TEST(RateInterval, NothingRejectsWithoutData) {
  const Interval none = ratio_interval({}, kRateGrid, kRateWeights, 0.05);
  EXPECT_EQ(none.lower, 0);
  EXPECT_EQ(none.upper, std::numeric_limits<double>::infinity());
  EXPECT_EQ(RateSums().ratio_interval(0.05).lower, 0);
  const std::vector<RateWindow> clean = {{{0, 300, 0, 3000}, 1}};
  EXPECT_EQ(ratio_interval(clean, kRateGrid, kRateWeights, 0.05).lower, 0);
}

TEST(RateInterval, TheDifferenceLiesInItsInterval) {
  for (double ratio : {0.4, 1.0, 3.0}) {
    const auto windows = noisy_windows(ratio, 0.2, 11);
    const Interval interval = difference_interval(windows, 0.02, kRateGrid, kRateWeights, 0.05);
    const double difference = 0.02 * (ratio - 1);
    EXPECT_LT(interval.lower, difference) << ratio;
    EXPECT_GT(interval.upper, difference) << ratio;
    EXPECT_LT(interval.upper - interval.lower, 0.03) << ratio;
  }
  const Interval none = difference_interval({}, 0.02, kRateGrid, kRateWeights, 0.05);
  EXPECT_EQ(none.lower, -1);
  EXPECT_EQ(none.upper, 1);
}

}  // namespace
}  // namespace serin::analysis::stats
