// Rank tests against counting every arrangement.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "analysis/stats/classical/brunner_munzel.h"
#include "analysis/stats/classical/kolmogorov_smirnov.h"
#include "analysis/stats/classical/mann_whitney.h"
#include "analysis/stats/numeric/rank_sum_counts.h"
#include "analysis/stats/numeric/ranks.h"
#include "base/random.h"

namespace serin::analysis::stats::classical {
namespace {

const double kNan = std::nan("");
constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Sample = std::vector<double>;
using Statistic = std::function<double(const Sample&, const Sample&)>;

// The share of all ways to deal the values to x and y at which the statistic reaches what it is.
double permutation_tail(const Sample& x, const Sample& y, const Statistic& statistic) {
  Sample all(x);
  all.insert(all.end(), y.begin(), y.end());
  std::vector<char> to_x(all.size(), 0);
  std::fill(to_x.end() - static_cast<std::ptrdiff_t>(x.size()), to_x.end(), 1);
  const double seen = statistic(x, y);
  double reached = 0;
  double dealt = 0;
  do {
    Sample a;
    Sample b;
    for (std::size_t i = 0; i < all.size(); ++i) (to_x[i] ? a : b).push_back(all[i]);
    reached += statistic(a, b) >= seen - 1e-9 ? 1 : 0;
    dealt += 1;
  } while (std::ranges::next_permutation(to_x).found);
  return reached / dealt;
}

double pairs_above(const Sample& x, const Sample& y) {
  double count = 0;
  for (double a : x) {
    for (double b : y) count += a > b ? 1 : a == b ? 0.5 : 0;
  }
  return count;
}

double step_distance(const Sample& x, const Sample& y) {
  double largest = 0;
  Sample all(x);
  all.insert(all.end(), y.begin(), y.end());
  auto share = [](const Sample& s, double at) {
    return static_cast<double>(std::ranges::count_if(s, [&](double v) { return v <= at; })) /
           static_cast<double>(s.size());
  };
  for (double at : all) largest = std::max(largest, std::abs(share(x, at) - share(y, at)));
  return largest;
}

Sample random_sample(Rng& rng, std::size_t size, double step) {
  Sample out;
  for (std::size_t i = 0; i < size; ++i) {
    const double value = rng.uniform() * 8;
    out.push_back(step > 0 ? std::floor(value / step) * step : value);
  }
  return out;
}

TEST(MannWhitney, ExactPValueCountsEveryArrangement) {
  Rng rng(7);
  for (int round = 0; round < 30; ++round) {
    const Sample x = random_sample(rng, 1 + rng.below(5), 0);
    const Sample y = random_sample(rng, 1 + rng.below(5), 0);
    const MannWhitney test = mann_whitney(x, y, {.alternative = Alternative::greater});
    ASSERT_TRUE(test.exact);
    EXPECT_DOUBLE_EQ(test.w, pairs_above(x, y));
    EXPECT_NEAR(test.p_value, permutation_tail(x, y, pairs_above), 1e-12);
    const MannWhitney other = mann_whitney(y, x, {.alternative = Alternative::less});
    EXPECT_NEAR(other.p_value, test.p_value, 1e-12);
  }
}

TEST(MannWhitney, TiesAreHalvesAndEndTheExactCount) {
  const MannWhitney test = mann_whitney(Sample{1, 2, 2}, Sample{2, 3});
  EXPECT_FALSE(test.exact);
  EXPECT_DOUBLE_EQ(test.w, 1);
}

TEST(MannWhitney, CountsOutFortyNineValuesASideAndNoMore) {
  Rng rng(3);
  const Sample x = random_sample(rng, kMannWhitneyExactMax - 1, 0);
  const Sample y = random_sample(rng, kMannWhitneyExactMax, 0);
  EXPECT_TRUE(mann_whitney(x, x.size() > 2 ? random_sample(rng, x.size(), 0) : x).exact);
  EXPECT_FALSE(mann_whitney(x, y).exact);
}

TEST(MannWhitney, SaysNothingOfNothing) {
  const MannWhitney empty = mann_whitney(Sample{}, Sample{1, 2});
  EXPECT_TRUE(std::isnan(empty.p_value) && std::isnan(empty.shift));
  const MannWhitney equal = mann_whitney(Sample{2, 2, 2}, Sample{2, 2});
  EXPECT_TRUE(std::isnan(equal.p_value));
  EXPECT_TRUE(std::isnan(equal.shift));
}

TEST(MannWhitney, LeavesOutNan) {
  const MannWhitney with = mann_whitney(Sample{3, kNan, 5, 7}, Sample{1, 2, kNan});
  const MannWhitney without = mann_whitney(Sample{3, 5, 7}, Sample{1, 2});
  EXPECT_EQ(with.p_value, without.p_value);
  EXPECT_EQ(with.shift, without.shift);
}

TEST(MannWhitney, EstimateAndIntervalFollowAShift) {
  Rng rng(11);
  const Sample x = random_sample(rng, 61, 0);  // odd by odd: no shift splits the pairs evenly
  const Sample y = random_sample(rng, 59, 0);
  Sample moved(x);
  for (double& value : moved) value += 100;
  const MannWhitney before = mann_whitney(x, y, {.tolerance = 1e-9});
  const MannWhitney after = mann_whitney(moved, y, {.tolerance = 1e-9});
  EXPECT_NEAR(after.shift, before.shift + 100, 1e-6);
  EXPECT_NEAR(after.interval.lower, before.interval.lower + 100, 1e-6);
  EXPECT_NEAR(after.interval.upper, before.interval.upper + 100, 1e-6);
}

TEST(MannWhitney, OneSidedIntervalsAreOpen) {
  const Sample x{5, 6, 7, 8};
  const Sample y{1, 2, 3, 4};
  EXPECT_EQ(mann_whitney(x, y, {.alternative = Alternative::greater}).interval.upper, kInfinity);
  EXPECT_EQ(mann_whitney(x, y, {.alternative = Alternative::less}).interval.lower, -kInfinity);
}

TEST(MannWhitneyApproximate, EqualValuesSayNothing) {
  for (Alternative alternative :
       {Alternative::two_sided, Alternative::less, Alternative::greater}) {
    EXPECT_EQ(mann_whitney_approximate(Sample{1, 1}, Sample{1, 1}, alternative).p_value, 1);
  }
  EXPECT_TRUE(
      std::isnan(mann_whitney_approximate(Sample{1, kNan}, Sample{1}, Alternative::less).p_value));
}

TEST(RankSumCounts, SumsToOneAndIsSymmetric) {
  for (const auto& [nx, ny] : {std::pair<std::size_t, std::size_t>{1, 1}, {3, 4}, {49, 49}}) {
    const RankSumCounts counts(nx, ny);
    const double pairs = static_cast<double>(nx * ny);
    EXPECT_EQ(counts.lower(pairs), 1);
    EXPECT_EQ(counts.lower(-1), 0);
    for (double u = 0; u <= pairs; u += 1) {
      EXPECT_NEAR(counts.lower(u) + counts.upper(u + 1), 1, 1e-12);
      EXPECT_NEAR(counts.upper(u), counts.lower(pairs - u), 1e-12);
    }
  }
}

TEST(ShiftedRanks, AgreesWithRankingAfresh) {
  Rng rng(5);
  for (int round = 0; round < 50; ++round) {
    const Sample x = random_sample(rng, 1 + rng.below(12), 0.5);
    const Sample y = random_sample(rng, 1 + rng.below(12), 0.5);
    const double shift = std::floor(rng.uniform() * 16 - 8) * 0.25;
    Sample both;
    for (double value : x) both.push_back(value - shift);
    both.insert(both.end(), y.begin(), y.end());
    const Sample ranks = mid_ranks(both);
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += ranks[i];
    const double n = static_cast<double>(x.size());
    double ties = 0;
    std::ranges::sort(both);
    for (std::size_t i = 0; i < both.size();) {
      std::size_t end = i;
      while (end < both.size() && both[end] == both[i]) ++end;
      const double size = static_cast<double>(end - i);
      ties += size * size * size - size;
      i = end;
    }
    const RankSum at = ShiftedRanks(x, y).at(shift);
    EXPECT_DOUBLE_EQ(at.u, sum - n * (n + 1) / 2);
    EXPECT_DOUBLE_EQ(at.ties, ties);
  }
}

TEST(ShiftedRanks, RanksAnInfiniteDifferenceOfInfinitiesOnTop) {
  const ShiftedRanks ranks(Sample{1, kInfinity}, Sample{2, 3});
  EXPECT_EQ(ranks.at(kInfinity).u, 2);
  EXPECT_EQ(ranks.at(-kInfinity).u, 4);
}

TEST(KolmogorovSmirnov, ExactPValueCountsEveryArrangement) {
  Rng rng(13);
  for (int round = 0; round < 30; ++round) {
    const double step = round % 2 == 0 ? 0 : 2;  // every other with ties
    const Sample x = random_sample(rng, 1 + rng.below(5), step);
    const Sample y = random_sample(rng, 1 + rng.below(5), step);
    const KolmogorovSmirnov test = kolmogorov_smirnov(x, y);
    EXPECT_NEAR(test.distance, step_distance(x, y), 1e-12);
    EXPECT_NEAR(test.p_value, permutation_tail(x, y, step_distance), 1e-12);
  }
}

TEST(KolmogorovSmirnov, CountsBelowTenThousandPairs) {
  Rng rng(2);
  EXPECT_TRUE(kolmogorov_smirnov(random_sample(rng, 99, 0), random_sample(rng, 100, 0)).exact);
  EXPECT_FALSE(kolmogorov_smirnov(random_sample(rng, 100, 0), random_sample(rng, 100, 0)).exact);
  EXPECT_TRUE(std::isnan(kolmogorov_smirnov(Sample{}, Sample{1}).p_value));
}

TEST(BrunnerMunzel, SeparatedSamplesHaveNoDegreesOfFreedom) {
  const BrunnerMunzel test = brunner_munzel(Sample{1, 2, 3}, Sample{4, 5, 6});
  EXPECT_EQ(test.statistic, kInfinity);
  EXPECT_TRUE(std::isnan(test.p_value));
}

TEST(BrunnerMunzel, SwappingSidesMirrorsTheTest) {
  const Sample x{1.1, 4.2, 0.3, 2.2, 9.1};
  const Sample y{2.1, 3.2, 1.3, 8.2};
  const BrunnerMunzel one = brunner_munzel(x, y, Alternative::greater);
  const BrunnerMunzel other = brunner_munzel(y, x, Alternative::less);
  EXPECT_DOUBLE_EQ(one.statistic, -other.statistic);
  EXPECT_DOUBLE_EQ(one.p_value, other.p_value);
}

}  // namespace
}  // namespace serin::analysis::stats::classical
