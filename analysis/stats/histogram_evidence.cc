#include "analysis/stats/histogram_evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/stats/normal.h"
#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

using Buckets = std::array<double, kBucketsMax>;

constexpr double kFloor = 1e-12;
constexpr double kClip = 1e-9;
constexpr double kSmoothing = 0.5;
constexpr double kTailScoreFrom = 0.9;
constexpr double kTailScoreMax = 1000;

const double kScoreMin = normal_quantile(kClip);
const double kScoreMax = normal_quantile(1 - kClip);

double clipped_score(double cumulative) {
  return normal_quantile(std::clamp(cumulative, kClip, 1 - kClip));
}

// The range outside of which neither side counted anything.
BucketRange occupied(std::span<const double> canary, std::span<const double> stable) {
  BucketRange range{0, canary.size()};
  auto empty = [&](std::size_t j) { return !(canary[j] > 0) && !(stable[j] > 0); };
  while (range.begin < range.end && empty(range.begin)) ++range.begin;
  while (range.begin < range.end && empty(range.end - 1)) --range.end;
  return range;
}

// T_d of a distribution with these scores at its inner bounds, in the range's buckets.
void shift(std::span<const double> scores, double d, BucketRange range, std::span<double> out) {
  if (range.begin >= range.end) return;
  std::array<double, kBucketsMax + 1> at;  // from the bound below the range on
  const std::size_t first = range.begin > 0 ? range.begin - 1 : 0;
  const std::size_t last = std::min(range.end, scores.size() - 1);
  at[0] = 0;
  at[range.end - range.begin] = 1;
  normal_cdf_shifted(scores.subspan(first, last - first), d,
                     std::span(at).subspan(range.begin > 0 ? 0 : 1));
  for (std::size_t j = range.begin; j < range.end; ++j) {
    const double* const bound = at.data() + (j - range.begin);
    out[j] = std::max(bound[1] - bound[0], kFloor);
  }
}

// Σ counts · log(p/q) over occupied buckets, all of them in the range. Most ratios are near 1,
// where log(p/q) is twice the area hyperbolic tangent of (p − q)/(p + q), by its series: this loop
// becomes vector instructions.
double log_ratio(std::span<const double> counts, BucketRange range, const double* p,
                 const double* q) {
  constexpr double kSeries = 0.2;  // as far as eleven terms reach
  Buckets t;
  Buckets logs;
  for (std::size_t j = range.begin; j < range.end; ++j) {
    t[j] = (p[j] - q[j]) / (p[j] + q[j]);
    const double z = t[j] * t[j];
    const double z2 = z * z;
    const double z4 = z2 * z2;
    const double low = (1. / 3 + z * (1. / 5)) + z2 * (1. / 7 + z * (1. / 9));
    const double high = (1. / 11 + z * (1. / 13)) + z2 * (1. / 15 + z * (1. / 17));
    logs[j] = 2 * (t[j] + t[j] * (z * (low + z4 * (high + z4 * (1. / 19 + z * (1. / 21))))));
  }
  double sum = 0;
  for (std::size_t j = range.begin; j < range.end; ++j) {
    if (!(counts[j] > 0)) continue;
    sum += counts[j] * (std::abs(t[j]) <= kSeries ? logs[j] : std::log(p[j] / q[j]));
  }
  return sum;
}

struct Sample {
  std::span<const double> canary;
  std::span<const double> stable;
  double omega = 0;  // the canary's share of what was counted
  BucketRange occupied;
};

// Without a margin: monotone likelihood ratio, against the mixture of both.
double monotone_increment(std::span<const double> pi, Buckets& p1, const Sample& sample) {
  const std::size_t size = pi.size();
  double largest = 0;
  double sum = 0;
  for (std::size_t j = 0; j < size; ++j) {
    largest = std::max(largest, p1[j] / pi[j]);
    p1[j] = largest * pi[j];
    sum += p1[j];
  }
  Buckets p0;
  for (std::size_t j = 0; j < size; ++j) {
    p1[j] /= sum;
    p0[j] = sample.omega * p1[j] + (1 - sample.omega) * pi[j];
  }
  return log_ratio(sample.canary, sample.occupied, p1.data(), p0.data()) +
         log_ratio(sample.stable, sample.occupied, pi.data(), p0.data());
}

// (1 − ε)·p + ε·slow.
void contaminate(const double* p, const double* slow, double share, BucketRange range,
                 Buckets& out) {
  for (std::size_t j = range.begin; j < range.end; ++j) {
    out[j] = (1 - share) * p[j] + share * slow[j];
  }
}

}  // namespace

double total(std::span<const double> counts) {
  return std::accumulate(counts.begin(), counts.end(), 0.0);
}

BucketShape::BucketShape(std::span<const double> counts) : size_(counts.size()) {
  SERIN_ASSERT(size_ >= 2 && size_ <= kBucketsMax);
  const double smoothing = kSmoothing / static_cast<double>(size_);
  const double sum = total(counts) + kSmoothing;
  double below = 0;
  for (std::size_t j = 0; j < size_; ++j) {
    p_[j] = (counts[j] + smoothing) / sum;
    below += p_[j];
    cumulative_[j] = j + 1 < size_ ? below : 1;
    scores_[j] = j + 1 < size_ ? clipped_score(below) : 0;
  }
}

void BucketShape::shifted(double d, std::span<double> out) const {
  shifted(d, {0, size_}, out);
}

void BucketShape::shifted(double d, BucketRange range, std::span<double> out) const {
  SERIN_ASSERT(range.end <= size_ && out.size() >= range.end);
  shift({scores_.data(), size_}, d, range, out);
}

void BucketShape::scores_shifted(double d, std::span<double> out) const {
  SERIN_ASSERT(out.size() + 1 >= size_);
  for (std::size_t j = 0; j + 1 < size_; ++j) {
    out[j] = std::clamp(scores_[j] - d, kScoreMin, kScoreMax);
  }
}

void histogram_increments(const BucketShape& shape, std::span<const double> canary,
                          std::span<const double> stable, const HistogramAlternatives& alternatives,
                          std::span<double> out) {
  const std::size_t size = shape.size();
  const auto& [shifts, tails, tail_shift, margin] = alternatives;
  SERIN_ASSERT(canary.size() == size && stable.size() == size);
  SERIN_ASSERT(out.size() >= shifts.size() + tails.size());
  const double n_c = total(canary);
  const double n_b = total(stable);
  if (!(n_c > 0) || !(n_b > 0)) {
    std::fill_n(out.begin(), shifts.size() + tails.size(), 0.0);
    return;
  }
  const BucketRange range = occupied(canary, stable);
  const Sample sample{canary, stable, n_c / (n_c + n_b), range};
  const auto pi = shape.probabilities();
  Buckets p1;
  Buckets slow;
  if (!(margin > 0)) {
    shape.shifted(tail_shift, slow);
    for (std::size_t i = 0; i < shifts.size(); ++i) {
      shape.shifted(shifts[i], p1);
      out[i] = monotone_increment(pi, p1, sample);
    }
    for (std::size_t i = 0; i < tails.size(); ++i) {
      contaminate(pi.data(), slow.data(), tails[i], {0, size}, p1);
      out[shifts.size() + i] = monotone_increment(pi, p1, sample);
    }
    return;
  }
  // With a margin q the canary may lie at T_q: its alternatives and its null move along.
  Buckets null_canary;
  Buckets null_stable;
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    const double s = sample.omega * shifts[i];
    shape.shifted(shifts[i] + margin, range, p1);
    shape.shifted(margin + s, range, null_canary);
    shape.shifted(s, range, null_stable);
    out[i] = log_ratio(canary, range, p1.data(), null_canary.data()) +
             log_ratio(stable, range, pi.data(), null_stable.data());
  }
  Buckets moved;       // T_q π
  Buckets moved_slow;  // T_2 T_q π
  Buckets scores{};
  shape.shifted(tail_shift, range, slow);
  shape.shifted(margin, range, moved);
  shape.scores_shifted(margin, scores);
  shift({scores.data(), size}, tail_shift, range, moved_slow);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    const double share = tails[i];
    contaminate(moved.data(), moved_slow.data(), share, range, p1);
    contaminate(moved.data(), p1.data(), sample.omega, range, null_canary);
    contaminate(pi.data(), slow.data(), sample.omega * share, range, null_stable);
    out[shifts.size() + i] = log_ratio(canary, range, p1.data(), null_canary.data()) +
                             log_ratio(stable, range, pi.data(), null_stable.data());
  }
}

double shift_pass_increment(const BucketShape& shape, std::span<const double> canary,
                            std::span<const double> stable, double acceptable) {
  SERIN_ASSERT(canary.size() == shape.size() && stable.size() == shape.size());
  const double n_c = total(canary);
  const double n_b = total(stable);
  if (!(n_c > 0) || !(n_b > 0)) return 0;
  const double omega = n_c / (n_c + n_b);
  Buckets null_canary;
  Buckets null_stable;
  const BucketRange range = occupied(canary, stable);
  shape.shifted((1 - omega) * acceptable, range, null_canary);
  shape.shifted(-omega * acceptable, range, null_stable);
  const double* pi = shape.probabilities().data();
  return log_ratio(canary, range, pi, null_canary.data()) +
         log_ratio(stable, range, pi, null_stable.data());
}

void mid_scores(const BucketShape& shape, std::span<double> out) {
  double below = 0;
  for (std::size_t j = 0; j < shape.size(); ++j) {
    const double at = shape.cumulative()[j];
    out[j] = clipped_score(0.5 * (below + at));
    below = at;
  }
}

void tail_scores(const BucketShape& shape, std::span<double> out) {
  Buckets slow;
  shape.shifted(kTailShift, slow);
  for (std::size_t j = 0; j < shape.size(); ++j) {
    out[j] = shape.cumulative()[j] <= kTailScoreFrom
                 ? 1
                 : std::min(slow[j] / shape.probabilities()[j], kTailScoreMax);
  }
}

std::size_t nearest_bound(const BucketShape& shape, double quantile) {
  std::size_t best = 0;
  for (std::size_t j = 1; j + 1 < shape.size(); ++j) {
    if (std::abs(shape.cumulative()[j] - quantile) <
        std::abs(shape.cumulative()[best] - quantile)) {
      best = j;
    }
  }
  return best;
}

std::vector<double> merged_bounds(std::span<const double> bounds, std::span<const double> counts,
                                  std::size_t bounds_max) {
  SERIN_ASSERT(counts.size() == bounds.size() + 1 && bounds_max >= 1);
  std::vector<double> kept(bounds.begin(), bounds.end());
  std::vector<double> mass(counts.begin(), counts.end());
  while (kept.size() > bounds_max) {
    std::size_t least = 0;
    for (std::size_t j = 1; j < kept.size(); ++j) {
      if (mass[j] + mass[j + 1] < mass[least] + mass[least + 1]) least = j;
    }
    mass[least + 1] += mass[least];
    mass.erase(mass.begin() + static_cast<std::ptrdiff_t>(least));
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(least));
  }
  return kept;
}

void add_rebinned(std::span<const double> from, std::span<const double> counts,
                  std::span<const double> to, std::span<double> sums) {
  SERIN_ASSERT(sums.size() == to.size() + 1);
  std::size_t target = 0;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (j >= from.size()) {
      target = to.size();
    } else {
      // Bounds are read from text: a last bit must not move a bucket.
      while (target < to.size() && to[target] < from[j] - 1e-9 * std::abs(from[j])) ++target;
    }
    if (std::isfinite(counts[j]) && counts[j] > 0) sums[target] += counts[j];
  }
}

}  // namespace serin::analysis::stats
