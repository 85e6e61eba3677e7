// Tests with margins: against the tests that they are without one, and against their own definition
// with one.
#include "analysis/stats/classical/margin_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/stats/classical/brunner_munzel.h"
#include "analysis/stats/classical/fisher.h"
#include "analysis/stats/classical/two_proportion.h"
#include "base/random.h"

namespace serin::analysis::stats::classical {
namespace {

TEST(MarginTest, WithoutAMarginIsTheTestOfTwoProportions) {
  for (const auto alternative : {Alternative::greater, Alternative::less}) {
    const Proportion a{131, 2004};
    const Proportion b{207, 5611};
    EXPECT_NEAR(proportion_margin_test(a, b, {1, 0}, alternative).p_value,
                two_proportion_test(a, b, alternative, 0.05).p_value, 1e-9);
  }
}

TEST(MarginTest, OfSmallCountsIsFishersTest) {
  const MarginTest test =
      proportion_margin_test({3, 20}, {331, 3420}, {1, 0}, Alternative::greater);
  EXPECT_EQ(test.name, "Fisher's test");
  EXPECT_NEAR(test.p_value,
              fisher_test({3, 17, 331, 3089}, {.alternative = Alternative::greater}).p_value, 1e-9);
}

TEST(MarginTest, FittedShareIsTheLikeliestOnTheMargin) {
  const Proportion a{40, 1000};
  const Proportion b{60, 4000};
  const LinearMargin margin{1.5, 0.002};
  const auto likelihood = [&](double p) {
    const double q = margin.ratio * p + margin.absolute;
    return a.events * std::log(q) + (a.total - a.events) * std::log(1 - q) +
           b.events * std::log(p) + (b.total - b.events) * std::log(1 - p);
  };
  const double fitted = fitted_share(a, b, margin);
  for (const double step : {0.999, 1.001}) {
    EXPECT_GT(likelihood(fitted), likelihood(fitted * step)) << step;
  }
}

TEST(MarginTest, FittedRateIsTheLikeliestOnTheMargin) {
  const EventCount a{40, 100};
  const EventCount b{60, 400};
  const LinearMargin margin{1.5, 0.05};
  const auto likelihood = [&](double rate) {
    const double q = margin.ratio * rate + margin.absolute;
    return a.events * std::log(q) - q * a.time + b.events * std::log(rate) - rate * b.time;
  };
  const double fitted = fitted_rate(a, b, margin);
  for (const double step : {0.999, 1.001}) {
    EXPECT_GT(likelihood(fitted), likelihood(fitted * step)) << step;
  }
}

TEST(MarginTest, ShareOnTheMarginIsHalfLikely) {
  // 1.5 · 2 % + 1 pp = 4 %: exactly on the margin.
  const double p =
      proportion_margin_test({400, 10000}, {800, 40000}, {1.5, 0.01}, Alternative::greater).p_value;
  EXPECT_NEAR(p, 0.5, 1e-6);
}

TEST(MarginTest, NothingSeenSaysNothingAgainstTheCanary) {
  EXPECT_EQ(proportion_margin_test({0, 0}, {5, 100}, {1, 0}, Alternative::greater).p_value, 1);
  EXPECT_EQ(rate_margin_test({0, 100}, {0, 400}, {1.5, 0}, Alternative::less).p_value, 1);
  EXPECT_GT(
      proportion_margin_test({0, 5000}, {0, 5000}, {1.02, 0.0005}, Alternative::greater).p_value,
      0.99);
}

TEST(MarginTest, NoErrorInManyRequestsIsWithinAnAbsoluteMargin) {
  const MarginTest few =
      proportion_margin_test({0, 500}, {0, 5000}, {1.5, 0.002}, Alternative::less);
  const MarginTest many =
      proportion_margin_test({0, 5000}, {0, 5000}, {1.5, 0.002}, Alternative::less);
  EXPECT_GT(few.p_value, 0.05);
  EXPECT_NEAR(many.p_value, std::pow(1 - 0.002, 5000), 1e-6);
}

TEST(MarginTest, RatesOfLargeCountsKeepTheirLevel) {
  Rng rng(11);
  int rejected = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    // On the margin: 1.5 · 0.2 a second, and 40 events are about normal.
    const auto poisson = [&](double mean) {
      double sum = 0;
      for (int i = 0; i < 400; ++i) sum += rng.chance(mean / 400) ? 1 : 0;
      return sum;
    };
    const MarginTest test =
        rate_margin_test({poisson(60), 200}, {poisson(80), 400}, {1.5, 0}, Alternative::greater);
    rejected += test.p_value <= 0.05 ? 1 : 0;
  }
  // The binomial counts vary a little less than Poisson ones; the exact test is conservative.
  EXPECT_LT(rejected, kRuns * 0.06);
  EXPECT_GT(rejected, kRuns * 0.01);
}

TEST(GroupedSuperiority, IsBrunnerAndMunzelsOfTheSingleValues) {
  const std::vector<double> x{3, 10, 40, 20, 7};
  const std::vector<double> y{9, 30, 60, 15, 2};
  std::vector<double> single_x;
  std::vector<double> single_y;
  for (std::size_t j = 0; j < x.size(); ++j) {
    single_x.insert(single_x.end(), static_cast<std::size_t>(x[j]), static_cast<double>(j));
    single_y.insert(single_y.end(), static_cast<std::size_t>(y[j]), static_cast<double>(j));
  }
  const Superiority grouped = grouped_superiority(x, y);
  const BrunnerMunzel single = brunner_munzel(single_x, single_y, Alternative::greater);
  EXPECT_NEAR((grouped.chance - 0.5) / grouped.standard_error, -single.statistic, 1e-9);
}

TEST(GroupedSuperiority, OfOneValueIsUnknown) {
  EXPECT_TRUE(std::isnan(grouped_superiority(std::vector{0.0, 1.0}, std::vector{5.0, 5.0}).chance));
}

}  // namespace
}  // namespace serin::analysis::stats::classical
