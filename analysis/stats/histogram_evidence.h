// Evidence that the canary's latencies (anything counted in buckets) are distributed higher than
// stable's, at any threshold.
//
//   BucketShape shape(history_counts);                     // stable's past, never the current
//   window std::array<double, kAlternativesMax> increments; histogram_increments(shape, canary,
//   stable, {}, increments);
//   // increments[0..4] against shifts, [5..7] against slow tails; divide by the dispersions
//
// Buckets hold increments, not cumulative counts; the last lies above the last bound. Nothing is
// interpolated inside a bucket: alternatives are shifts of normal scores, so only ranks matter.
// Exact under "canary not slower at any threshold" whatever the true distributions are: a wrong
// shape costs power, not validity (the log of the expectation is concave in the true distribution
// and 0, with constant gradient, at p0). With a shift margin it is asymptotic. Source: two-sample
// multinomial likelihood ratios with monotone ratio; e-values of Turner, Ly and Grünwald 2024.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "analysis/stats/start_mixture.h"

namespace serin::analysis::stats {

inline constexpr std::size_t kBucketsMax = 40;

// Shifts in standard deviations of the normal score; shares of requests in a slow tail; the tail's
// shift. Prior weights: shifts first, then tails.
inline constexpr std::array<double, 5> kShiftGrid = {.06, .12, .25, .5, 1};
inline constexpr std::array<double, 3> kTailGrid = {.003, .01, .05};
inline constexpr double kTailShift = 2;
inline constexpr std::array<double, 8> kHistogramWeights = {.24, .22, .15, .07, .05, .07, .11, .09};
// An acceptable shift.
inline constexpr double kAcceptableShift = 0.25;
// The tail that is looked at by itself begins at the bound nearest this quantile of stable.
inline constexpr double kTailQuantile = 0.98;

double total(std::span<const double> counts);

// Buckets [begin, end).
struct BucketRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A predictable distribution over buckets: counts + 0.5/J each, normalised, and its normal scores.
class BucketShape {
 public:
  BucketShape() = default;
  // 2 to kBucketsMax buckets; counts are not negative.
  explicit BucketShape(std::span<const double> counts);
  std::size_t size() const { return size_; }
  std::span<const double> probabilities() const { return {p_.data(), size_}; }
  // P(at or below the j-th bound); 1 at the last.
  std::span<const double> cumulative() const { return {cumulative_.data(), size_}; }
  // T_d: the distribution whose normal scores are higher by d, each at least 1e-12.
  void shifted(double d, std::span<double> out) const;
  // Of the buckets of a range only; the rest of `out` is left alone.
  void shifted(double d, BucketRange range, std::span<double> out) const;
  // The normal scores of T_d at the inner bounds, clipped as those of the shape are.
  void scores_shifted(double d, std::span<double> out) const;

 private:
  std::size_t size_ = 0;
  std::array<double, kBucketsMax> p_{};
  std::array<double, kBucketsMax> cumulative_{};
  std::array<double, kBucketsMax> scores_{};  // Φ⁻¹ of the cumulative at inner bounds
};

struct HistogramAlternatives {
  std::span<const double> shifts = kShiftGrid;
  std::span<const double> tails = kTailGrid;
  double tail_shift = kTailShift;
  // q ≥ 0: shifts up to q are tolerated.
  double margin = 0;
};

// One log increment an alternative, shifts first; `out` has room for all. `canary` and `stable`
// have the shape's size; where either holds nothing all increments are 0. Not tempered. O(buckets ·
// alternatives).
void histogram_increments(const BucketShape& shape, std::span<const double> canary,
                          std::span<const double> stable, const HistogramAlternatives& alternatives,
                          std::span<double> out);

// Evidence that the canary's shift is below `acceptable`: one log increment, 0 where either side
// holds nothing. Not tempered.
double shift_pass_increment(const BucketShape& shape, std::span<const double> canary,
                            std::span<const double> stable, double acceptable);

// Mid-rank normal scores z_j = Φ⁻¹((F_{j−1} + F_j)/2) of a shape, for effects and dispersion.
void mid_scores(const BucketShape& shape, std::span<double> out);
// Scores that weigh the tail: 1 up to the 90 % point, above it T_2/π (at most 1000).
void tail_scores(const BucketShape& shape, std::span<double> out);
// The inner bound whose cumulative probability is nearest `quantile`, as the index of the last
// bucket at or below it.
std::size_t nearest_bound(const BucketShape& shape, double quantile);

// Bounds with at most `bounds_max` entries: neighbours with the least mass in `counts` (one more
// than bounds, the last above the last bound) are merged. For native histograms and long bucket
// lists.
std::vector<double> merged_bounds(std::span<const double> bounds, std::span<const double> counts,
                                  std::size_t bounds_max = kBucketsMax - 1);
// Adds counts over `from` bounds to buckets over `to` bounds (+1 bucket each): each goes to the
// first bucket whose bound is not below its own, the rest to the last.
void add_rebinned(std::span<const double> from, std::span<const double> counts,
                  std::span<const double> to, std::span<double> sums);

}  // namespace serin::analysis::stats
