#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "analysis/stats/histogram_evidence.h"
#include "analysis/stats/log_space.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

// All ways to put n into `size` buckets, with their multinomial probability.
void for_counts(int n, const std::vector<double>& p,
                const std::function<void(const std::vector<double>&, double)>& use) {
  std::vector<double> counts(p.size());
  std::function<void(std::size_t, int, double)> fill = [&](std::size_t j, int left, double log) {
    if (j + 1 == p.size()) {
      counts[j] = left;
      log += left > 0 ? left * std::log(p[j]) : 0;
      use(counts, std::exp(log - std::lgamma(left + 1) + std::lgamma(n + 1)));
      return;
    }
    for (int k = 0; k <= left; ++k) {
      counts[j] = k;
      fill(j + 1, left - k, log + (k > 0 ? k * std::log(p[j]) : 0) - std::lgamma(k + 1));
    }
  };
  fill(0, n, 0);
}

std::vector<double> random_distribution(Rng& rng, std::size_t size) {
  std::vector<double> p(size);
  double sum = 0;
  for (double& x : p) sum += x = 0.02 + rng.uniform();
  for (double& x : p) x /= sum;
  return p;
}

// The canary equal to stable, or faster: mass moved to lower buckets. The true distributions have
// nothing to do with the shape that the alternatives are built from.
TEST(HistogramEvidence, IsASupermartingaleWhereTheCanaryIsNotSlower) {
  Rng rng(5);
  for (int round = 0; round < 12; ++round) {
    const auto stable = random_distribution(rng, 4);
    auto canary = stable;
    if (round % 2 == 1) {
      for (std::size_t j = 1; j < canary.size(); ++j) {
        const double moved = 0.5 * rng.uniform() * canary[j];
        canary[j] -= moved;
        canary[j - 1] += moved;
      }
    }
    auto counts = random_distribution(rng, 4);
    for (double& c : counts) c *= 50;
    const BucketShape shape(counts);
    std::vector<double> sums(8);
    std::vector<double> l(8);
    for_counts(3, canary, [&](const std::vector<double>& c, double p_c) {
      for_counts(5, stable, [&](const std::vector<double>& b, double p_b) {
        histogram_increments(shape, c, b, {}, l);
        for (std::size_t j = 0; j < l.size(); ++j) sums[j] += p_c * p_b * std::exp(l[j]);
      });
    });
    for (double sum : sums) {
      EXPECT_LE(sum, 1 + 1e-12);
      EXPECT_GT(sum, 0.2);
    }
  }
}

TEST(HistogramEvidence, AMarginToleratesItsShift) {
  // The canary is exactly the shape shifted by the margin: expectations stay at most 1.
  const std::vector<double> counts = {20, 40, 25, 15};
  const BucketShape shape(counts);
  std::vector<double> canary(4);
  shape.shifted(0.3, canary);
  const auto pi = shape.probabilities();
  const std::vector<double> stable(pi.begin(), pi.end());
  HistogramAlternatives alternatives;
  alternatives.margin = 0.3;
  std::vector<double> sums(8), none(8), l(8);
  for_counts(3, canary, [&](const std::vector<double>& c, double p_c) {
    for_counts(5, stable, [&](const std::vector<double>& b, double p_b) {
      histogram_increments(shape, c, b, alternatives, l);
      for (std::size_t j = 0; j < 8; ++j) sums[j] += p_c * p_b * std::exp(l[j]);
      histogram_increments(shape, c, b, {}, l);
      for (std::size_t j = 0; j < 8; ++j) none[j] += p_c * p_b * std::exp(l[j]);
    });
  });
  for (double sum : sums) EXPECT_LE(sum, 1.05);  // asymptotic: four coarse buckets, a shift of 1 sd
  EXPECT_GT(*std::max_element(none.begin(), none.end()), 1.1);
}

TEST(HistogramEvidence, ShiftPassIsASupermartingaleAtItsMargin) {
  const std::vector<double> counts = {20, 40, 25, 15};
  const BucketShape shape(counts);
  std::vector<double> canary(4);
  shape.shifted(kAcceptableShift, canary);
  const auto pi = shape.probabilities();
  const std::vector<double> stable(pi.begin(), pi.end());
  double sum = 0;
  for_counts(4, canary, [&](const std::vector<double>& c, double p_c) {
    for_counts(6, stable, [&](const std::vector<double>& b, double p_b) {
      sum += p_c * p_b * std::exp(shift_pass_increment(shape, c, b, kAcceptableShift));
    });
  });
  EXPECT_LE(sum, 1.02);
  EXPECT_GT(sum, 0.9);
}

TEST(HistogramEvidence, SlowerIsEvidenceAndFasterIsNot) {
  const std::vector<double> past = {100, 300, 400, 150, 50};
  const BucketShape shape(past);
  std::vector<double> l(8);
  const std::vector<double> stable = {100, 300, 400, 150, 50};
  histogram_increments(shape, std::vector<double>{2, 15, 40, 28, 15}, stable, {}, l);
  EXPECT_GT(l[3], 5);
  histogram_increments(shape, std::vector<double>{30, 40, 25, 5, 0}, stable, {}, l);
  for (double x : l) EXPECT_LT(x, 0);
  EXPECT_GT(shift_pass_increment(shape, std::vector<double>{30, 40, 25, 5, 0}, stable, 0.25), 0);
}

TEST(HistogramEvidence, NothingCountedIsNoEvidence) {
  const BucketShape shape(std::vector<double>{1, 2, 3});
  const std::vector<double> none(3);
  const std::vector<double> some = {1, 1, 1};
  std::vector<double> l(8, 9.0);
  histogram_increments(shape, none, some, {}, l);
  for (double x : l) EXPECT_EQ(x, 0);
  EXPECT_EQ(shift_pass_increment(shape, some, none, 0.25), 0);
}

TEST(HistogramEvidence, EmptyAndFullEndsStayFinite) {
  const BucketShape shape(std::vector<double>{0, 0, 1e9, 0});
  std::vector<double> l(8);
  for (double margin : {0.0, 0.2}) {
    HistogramAlternatives alternatives;
    alternatives.margin = margin;
    histogram_increments(shape, std::vector<double>{5, 0, 5, 5}, std::vector<double>{0, 0, 99, 1},
                         alternatives, l);
    for (double x : l) EXPECT_TRUE(std::isfinite(x));
  }
}

TEST(HistogramEvidence, ScoresAndTail) {
  const BucketShape shape(std::vector<double>{500, 300, 150, 40, 10});
  std::vector<double> z(5), h(5);
  mid_scores(shape, z);
  EXPECT_TRUE(std::is_sorted(z.begin(), z.end()));
  EXPECT_LT(z[0], 0);
  tail_scores(shape, h);
  EXPECT_EQ(h[0], 1);
  EXPECT_EQ(h[1], 1);
  EXPECT_GT(h[4], h[3]);
  EXPECT_EQ(nearest_bound(shape, 0.98), 3U);  // F = .99 is nearer than .95
  EXPECT_EQ(nearest_bound(shape, 0.02), 0U);
}

TEST(Buckets, MergingKeepsTheMassAndTheBound) {
  std::vector<double> bounds(100), counts(101);
  for (std::size_t j = 0; j < 100; ++j) {
    bounds[j] = static_cast<double>(j + 1);
    counts[j] = static_cast<double>(j % 7);
  }
  counts[100] = 3;
  const auto merged = merged_bounds(bounds, counts);
  ASSERT_EQ(merged.size(), kBucketsMax - 1);
  EXPECT_TRUE(std::is_sorted(merged.begin(), merged.end()));
  std::vector<double> sums(merged.size() + 1);
  add_rebinned(bounds, counts, merged, sums);
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), 0.0),
            std::accumulate(counts.begin(), counts.end(), 0.0));
  EXPECT_EQ(merged_bounds(merged, sums), merged);  // at the bound nothing merges
}

TEST(Buckets, RebinningGoesByBounds) {
  const std::vector<double> to = {0.1, 0.5};
  std::vector<double> sums(3);
  add_rebinned(std::vector<double>{0.05, 0.1, 0.3, 0.9}, std::vector<double>{1, 2, 4, 8, 16}, to,
               sums);
  EXPECT_EQ(sums, (std::vector<double>{3, 4, 24}));
  add_rebinned(to, std::vector<double>{std::nan(""), -1, 1}, to, sums);
  EXPECT_EQ(sums, (std::vector<double>{3, 4, 25}));
}

}  // namespace
}  // namespace serin::analysis::stats
