// Exact tests of counts against sums over every outcome.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/classical/binomial_test.h"
#include "analysis/stats/classical/fisher.h"
#include "analysis/stats/classical/poisson_test.h"
#include "analysis/stats/classical/two_proportion.h"
#include "analysis/stats/numeric/distributions.h"
#include "analysis/stats/numeric/likelihood_tail.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double naive_two_sided(const std::vector<double>& mass, std::size_t seen) {
  double sum = 0;
  for (double value : mass) sum += value <= mass[seen] * kLikelihoodSlack ? value : 0;
  return std::min(1.0, sum);
}

std::vector<double> binomial_masses(int n, double p) {
  std::vector<double> mass;
  for (int k = 0; k <= n; ++k) {
    mass.push_back(std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) *
                   std::pow(p, k) * std::pow(1 - p, n - k));
  }
  return mass;
}

TEST(BinomialTest, TwoSidedSumsOutcomesAtMostAsLikely) {
  for (int n : {1, 2, 7, 20}) {
    for (double p : {0.01, 0.3, 0.5, 0.9}) {
      const std::vector<double> mass = binomial_masses(n, p);
      for (int k = 0; k <= n; ++k) {
        const double expected = n * p;
        const double naive = k == expected ? 1 : naive_two_sided(mass, static_cast<std::size_t>(k));
        EXPECT_NEAR(binomial_test(k, n, p, Alternative::two_sided), naive, 1e-9)
            << k << " of " << n << " at " << p;
      }
    }
  }
}

TEST(BinomialTest, CertainNullsAndNoTrials) {
  EXPECT_EQ(binomial_test(0, 10, 0, Alternative::two_sided), 1);
  EXPECT_EQ(binomial_test(1, 10, 0, Alternative::two_sided), 0);
  EXPECT_EQ(binomial_test(10, 10, 1, Alternative::two_sided), 1);
  EXPECT_EQ(binomial_test(0, 0, 0.5, Alternative::greater), 1);
}

TEST(BinomialTest, StaysExactForHugeCounts) {
  // 5 standard deviations either way of a hundred million trials.
  EXPECT_NEAR(binomial_test(50'025'000, 100'000'000, 0.5, Alternative::two_sided), 5.733e-7, 1e-9);
}

TEST(BinomialIntervals, EndsRejectAtTheirLevel) {
  for (double k : {1.0, 5.0, 19.0}) {
    const Interval both = exact_interval(k, 20, 0.1, Alternative::two_sided);
    EXPECT_NEAR(binomial_upper(k, 20, both.lower), 0.05, 1e-9);
    EXPECT_NEAR(binomial_lower(k, 20, both.upper), 0.05, 1e-9);
  }
  EXPECT_EQ(exact_interval(0, 0, 0.05, Alternative::two_sided), (Interval{0, 1}));
  EXPECT_EQ(exact_interval(0, 9, 0.05, Alternative::two_sided).lower, 0);
  EXPECT_EQ(exact_interval(9, 9, 0.05, Alternative::two_sided).upper, 1);
  EXPECT_EQ(wilson_interval(0, 0, 0.05), (Interval{0, 1}));
  EXPECT_EQ(jeffreys_interval(0, 9, 0.05).lower, 0);
  EXPECT_EQ(jeffreys_interval(9, 9, 0.05).upper, 1);
}

TEST(BinomialIntervals, AnyNumberOfTrialsHasThem) {
  for (double n : {1e12, 1e13, 1e14, 1e16, 1e17, 1e25, 1e60, 1e200}) {
    // The rule of three, and its like for five events: 11.668 is the mean of which five are too
    // few.
    EXPECT_NEAR(exact_interval(0, n, 0.1, Alternative::two_sided).upper * n, 2.9957, 1e-3) << n;
    EXPECT_NEAR(exact_interval(5, n, 0.05, Alternative::two_sided).upper * n, 11.668, 1e-3) << n;
    EXPECT_NEAR(exact_interval(5, n, 0.05, Alternative::two_sided).lower * n, 1.6235, 1e-3) << n;
    const Interval half = exact_interval(n / 2, n, 0.05, Alternative::two_sided);
    EXPECT_NEAR(half.lower, 0.5, 1e-6) << n;
    EXPECT_NEAR(half.upper, 0.5, 1e-6) << n;
    EXPECT_NEAR(exact_interval(n, n, 0.05, Alternative::two_sided).lower, 1, 1e-6) << n;
  }
}

TEST(PoissonTest, TwoSidedSumsOutcomesAtMostAsLikely) {
  for (double mean : {0.1, 1.0, 4.5, 20.0}) {
    std::vector<double> mass;
    for (int k = 0; k < 200; ++k) mass.push_back(poisson_mass(k, mean));
    for (std::size_t k = 0; k < 40; ++k) {
      const double naive = static_cast<double>(k) == mean ? 1 : naive_two_sided(mass, k);
      EXPECT_NEAR(
          poisson_test({static_cast<double>(k), 1}, mean, Alternative::two_sided, 0.05).p_value,
          naive, 1e-9);
    }
  }
}

TEST(PoissonTest, NothingExpected) {
  EXPECT_EQ(poisson_test({0, 1}, 0, Alternative::two_sided, 0.05).p_value, 1);
  EXPECT_EQ(poisson_test({1, 1}, 0, Alternative::greater, 0.05).p_value, 0);
  EXPECT_EQ(poisson_test({1, 1}, 0, Alternative::less, 0.05).p_value, 1);
}

TEST(PoissonRatio, OneSideWithoutEvents) {
  const PoissonTest test = poisson_ratio_test({3, 1}, {0, 1}, 1, Alternative::two_sided, 0.05);
  EXPECT_EQ(test.estimate, kInfinity);
  EXPECT_EQ(test.interval.upper, kInfinity);
  EXPECT_NEAR(test.p_value, 0.25, 1e-12);
  const PoissonTest none = poisson_ratio_test({0, 1}, {0, 1}, 1, Alternative::less, 0.05);
  EXPECT_EQ(none.p_value, 1);
  EXPECT_TRUE(std::isnan(none.estimate));
}

TEST(PoissonRatio, CountsBeyondWholeNumbersComeToAnEnd) {
  for (double size : {1e17, 1e60, 1e300}) {
    const PoissonTest test =
        poisson_ratio_test({3 * size, 300}, {13 * size, 1200}, 1, Alternative::two_sided, 0.05);
    EXPECT_LT(test.p_value, 1e-300) << size;
    EXPECT_LE(test.interval.lower, 12. / 13 * (1 + 1e-6)) << size;
    EXPECT_GE(test.interval.upper, 12. / 13 * (1 - 1e-6)) << size;
  }
}

TEST(Fisher, AgreesWithEnumerationByFactorials) {
  for (const std::array<double, 4>& table :
       {std::array<double, 4>{3, 1, 1, 3}, {0, 5, 4, 6}, {10, 2, 3, 15}, {7, 0, 2, 9}}) {
    const double row = table[0] + table[1];
    const double column = table[0] + table[2];
    const double n = row + table[2] + table[3];
    auto choose = [](double a, double b) {
      return std::lgamma(a + 1) - std::lgamma(b + 1) - std::lgamma(a - b + 1);
    };
    std::vector<double> mass;
    const double low = std::max(0.0, row + column - n);
    for (double k = low; k <= std::min(row, column); ++k) {
      mass.push_back(std::exp(choose(column, k) + choose(n - column, row - k) - choose(n, row)));
    }
    const auto seen = static_cast<std::size_t>(table[0] - low);
    double upper = 0;
    for (std::size_t i = seen; i < mass.size(); ++i) upper += mass[i];
    EXPECT_NEAR(fisher_test(table).p_value, naive_two_sided(mass, seen), 1e-12);
    EXPECT_NEAR(fisher_test(table, {.alternative = Alternative::greater}).p_value, upper, 1e-12);
  }
}

TEST(Fisher, AnEmptyMarginSaysNothing) {
  const FisherTest test = fisher_test({0, 10, 0, 20});
  EXPECT_EQ(test.p_value, 1);
  EXPECT_EQ(test.odds_ratio, 0);
  EXPECT_EQ(test.interval, (Interval{0, kInfinity}));
}

TEST(Fisher, SwappingRowsInvertsTheOddsRatio) {
  const FisherTest one = fisher_test({8, 2, 3, 7}, {.tolerance = 1e-12});
  const FisherTest other = fisher_test({3, 7, 8, 2}, {.tolerance = 1e-12});
  EXPECT_NEAR(one.odds_ratio * other.odds_ratio, 1, 1e-6);
  EXPECT_NEAR(one.interval.lower * other.interval.upper, 1, 1e-6);
  EXPECT_DOUBLE_EQ(one.p_value, other.p_value);
}

TEST(Fisher, KeepsTinyTails) {
  const double p = fisher_test({500, 0, 0, 500}, {.alternative = Alternative::greater}).p_value;
  // 1 of (1000 choose 500), 4e-300.
  EXPECT_NEAR(std::log(p), 2 * std::lgamma(501) - std::lgamma(1001), 1e-6);
}

TEST(TwoProportions, NoEventsSayNothing) {
  EXPECT_TRUE(
      std::isnan(two_proportion_test({0, 10}, {0, 20}, Alternative::two_sided, 0.05).p_value));
}

TEST(TwoProportions, YatesNeverPassesTheDifference) {
  const TwoProportions test =
      two_proportion_test({1, 2}, {5, 10}, Alternative::two_sided, 0.05, true);
  EXPECT_EQ(test.chi_squared, 0);
  EXPECT_EQ(test.p_value, 1);
}

TEST(FirstUnlikely, FindsTheEdgeAndTheEnd) {
  EXPECT_EQ(first_unlikely(3, 100, [](double k) { return k < 41; }), 41);
  EXPECT_EQ(first_unlikely(3, 100, [](double) { return false; }), 3);
  EXPECT_EQ(first_unlikely(3, 100, [](double) { return true; }), 101);
  EXPECT_EQ(first_unlikely(3, 3, [](double) { return true; }), 4);
}

TEST(FirstUnlikely, EndsWhereWholeNumbersLieFurtherApartThanOne) {
  EXPECT_EQ(first_unlikely(5, 4e17, [](double k) { return k < 1e17; }), 1e17);
  EXPECT_EQ(first_unlikely(0, kInfinity, [](double k) { return k < 1e300; }), 1e300);
}

}  // namespace
}  // namespace serin::analysis::stats::classical
