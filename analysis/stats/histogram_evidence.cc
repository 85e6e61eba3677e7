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

double clipped_score(double cumulative) {
  return normal_quantile(std::clamp(cumulative, kClip, 1 - kClip));
}

// T_d of a distribution with these scores at its inner bounds.
void shift(std::span<const double> scores, double d, std::span<double> out) {
  double below = 0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    const double at = j + 1 < scores.size() ? normal_cdf(scores[j] - d) : 1;
    out[j] = std::max(at - below, kFloor);
    below = at;
  }
}

// Σ counts · log(p/q) over occupied buckets.
double log_ratio(std::span<const double> counts, const double* p, const double* q) {
  double sum = 0;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (counts[j] > 0) sum += counts[j] * std::log(p[j] / q[j]);
  }
  return sum;
}

struct Sample {
  std::span<const double> canary;
  std::span<const double> stable;
  double omega = 0;  // the canary's share of what was counted
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
  return log_ratio(sample.canary, p1.data(), p0.data()) +
         log_ratio(sample.stable, pi.data(), p0.data());
}

// (1 − ε)·p + ε·slow.
void contaminate(const double* p, const double* slow, double share, std::span<double> out) {
  for (std::size_t j = 0; j < out.size(); ++j) out[j] = (1 - share) * p[j] + share * slow[j];
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
  SERIN_ASSERT(out.size() >= size_);
  shift({scores_.data(), size_}, d, out);
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
  const Sample sample{canary, stable, n_c / (n_c + n_b)};
  const auto pi = shape.probabilities();
  Buckets p1;
  Buckets slow;
  shape.shifted(tail_shift, slow);
  if (!(margin > 0)) {
    for (std::size_t i = 0; i < shifts.size(); ++i) {
      shape.shifted(shifts[i], p1);
      out[i] = monotone_increment(pi, p1, sample);
    }
    for (std::size_t i = 0; i < tails.size(); ++i) {
      contaminate(pi.data(), slow.data(), tails[i], std::span(p1).first(size));
      out[shifts.size() + i] = monotone_increment(pi, p1, sample);
    }
    return;
  }
  // With a margin q the canary may lie at T_q: its alternatives and its null move along.
  Buckets null_canary;
  Buckets null_stable;
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    const double s = sample.omega * shifts[i];
    shape.shifted(shifts[i] + margin, p1);
    shape.shifted(margin + s, null_canary);
    shape.shifted(s, null_stable);
    out[i] = log_ratio(canary, p1.data(), null_canary.data()) +
             log_ratio(stable, pi.data(), null_stable.data());
  }
  Buckets moved;       // T_q π
  Buckets moved_slow;  // T_2 T_q π
  Buckets scores{};
  shape.shifted(margin, moved);
  double below = 0;
  for (std::size_t j = 0; j + 1 < size; ++j) {
    below += moved[j];
    scores[j] = clipped_score(below);
  }
  shift({scores.data(), size}, tail_shift, moved_slow);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    const double share = tails[i];
    contaminate(moved.data(), moved_slow.data(), share, std::span(p1).first(size));
    contaminate(moved.data(), p1.data(), sample.omega, std::span(null_canary).first(size));
    contaminate(pi.data(), slow.data(), sample.omega * share, std::span(null_stable).first(size));
    out[shifts.size() + i] = log_ratio(canary, p1.data(), null_canary.data()) +
                             log_ratio(stable, pi.data(), null_stable.data());
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
  shape.shifted((1 - omega) * acceptable, null_canary);
  shape.shifted(-omega * acceptable, null_stable);
  const double* pi = shape.probabilities().data();
  return log_ratio(canary, pi, null_canary.data()) + log_ratio(stable, pi, null_stable.data());
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
