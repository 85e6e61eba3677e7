// Tests of means, sample sizes, summaries of series, the distributions below them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/classical/power.h"
#include "analysis/stats/classical/t_test.h"
#include "analysis/stats/classical/time_series.h"
#include "analysis/stats/numeric/distributions.h"
#include "analysis/stats/numeric/root.h"

namespace serin::analysis::stats::classical {
namespace {

using Sample = std::vector<double>;
const double kNan = std::nan("");

TEST(StudentT, QuantileInvertsTheDistribution) {
  for (double df : {0.5, 1.0, 3.9, 30.0, 1e6}) {
    for (double p : {1e-12, 0.001, 0.3, 0.5, 0.9, 0.999999}) {
      EXPECT_NEAR(student_t_lower(student_t_quantile(p, df), df), p, 1e-10 * std::max(p, 1e-3))
          << "df " << df;
    }
  }
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.706204736174698, 1e-9);
  EXPECT_EQ(student_t_upper(std::numeric_limits<double>::infinity(), 3), 0);
  EXPECT_TRUE(std::isnan(student_t_upper(1, kNan)));
}

TEST(TTest, TooFewValuesOrNoVarianceGiveNan) {
  EXPECT_TRUE(std::isnan(welch_test(Sample{1}, Sample{1, 2}).p_value));
  EXPECT_TRUE(std::isnan(welch_test(Sample{}, Sample{1, 2}).p_value));
  EXPECT_TRUE(std::isnan(welch_test(Sample{3, 3, 3}, Sample{3, 3}).p_value));
  EXPECT_TRUE(std::isnan(paired_t_test(Sample{1, 2}, Sample{0, 1}).p_value));
  EXPECT_TRUE(std::isnan(pooled_t_test(Sample{1}, Sample{2}).p_value));
  EXPECT_FALSE(std::isnan(pooled_t_test(Sample{1}, Sample{2, 3}).p_value));
}

TEST(TTest, PairsWithANanAreLeftOut) {
  const TTest with = paired_t_test(Sample{1, kNan, 3, 5}, Sample{0, 1, 1, 9});
  const TTest without = paired_t_test(Sample{1, 3, 5}, Sample{0, 1, 9});
  EXPECT_DOUBLE_EQ(with.p_value, without.p_value);
}

TEST(TTest, IsInvariantUnderUnits) {
  const Sample x{1.2, 3.4, 2.2, 5.1};
  const Sample y{2.2, 4.4, 9.1};
  Sample scaled_x;
  Sample scaled_y;
  for (double value : x) scaled_x.push_back(value * 1e-7);
  for (double value : y) scaled_y.push_back(value * 1e-7);
  EXPECT_NEAR(welch_test(x, y).p_value, welch_test(scaled_x, scaled_y).p_value, 1e-12);
}

TEST(SampleSize, GrowsWithPowerAndShrinksWithTheEffect) {
  EXPECT_GT(proportion_sample_size(0.01, 0.02, {.power = 0.95}),
            proportion_sample_size(0.01, 0.02, {.power = 0.8}));
  EXPECT_GT(t_test_sample_size(0.1), t_test_sample_size(0.2));
  EXPECT_EQ(proportion_sample_size(0.1, 0.1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(t_test_sample_size(0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(t_test_sample_size(1e-6), std::numeric_limits<double>::infinity());
  EXPECT_NEAR(t_test_sample_size(1), 16.71477, 1e-4);
}

TEST(Quantile, InterpolatesAndIgnoresNan) {
  EXPECT_DOUBLE_EQ(quantile(Sample{4, kNan, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(Sample{5}, 0.99), 5);
  EXPECT_DOUBLE_EQ(quantile(Sample{1, 2}, 1), 2);
  EXPECT_TRUE(std::isnan(quantile(Sample{}, 0.5)));
  EXPECT_DOUBLE_EQ(median_deviation(Sample{1, 1, 2, 2, 4, 6, 9}), 1.4826);
}

TEST(Autocorrelation, EndsAtTheLengthAndIsNanOfConstants) {
  const std::vector<double> short_series = autocorrelation(Sample{1, 2, 3}, 10);
  ASSERT_EQ(short_series.size(), 3U);
  EXPECT_DOUBLE_EQ(short_series[0], 1);
  EXPECT_TRUE(std::isnan(autocorrelation(Sample{2, 2, 2}, 1)[1]));
  EXPECT_TRUE(std::isnan(yule_walker(Sample{1}).autocorrelation));
}

TEST(BrentRoot, StopsWithinItsToleranceOrAtAnEnd) {
  auto f = [](double x) { return x * x * x - 2; };
  EXPECT_NEAR(brent_root(0, 3, f(0), f(3), 1e-12, f), std::cbrt(2.0), 1e-11);
  EXPECT_EQ(brent_root(1, 2, 0, 5, 1e-4, f), 1);
  EXPECT_EQ(brent_root(1, 2, -5, 0, 1e-4, f), 2);
  auto step = [](double x) { return x < 0.3 ? 1.0 : -1.0; };  // no root, a jump
  EXPECT_NEAR(brent_root(0, 1, 1, -1, 1e-6, step), 0.3, 1e-6);
}

}  // namespace
}  // namespace serin::analysis::stats::classical
