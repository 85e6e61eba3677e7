#include "providers/prometheus/native.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace serin::prometheus {
namespace {

using queries::Labels;
using queries::Series;

// A bound that is a bucket's end but for the last bits, as it went through text.
constexpr double kSlack = 1e-9;

// How many of the grid's steps the coarsest bucket is wide, as a power of two.
int steps_of(const std::vector<NativeSample>& samples) {
  double widest = 0;
  for (const NativeSample& sample : samples) {
    for (const NativeBucket& bucket : sample.buckets) {
      if (!(bucket.lower > 0) || !std::isfinite(bucket.upper)) continue;
      widest = std::max(widest, std::log2(bucket.upper / bucket.lower) * kNativeStepsPerOctave);
    }
  }
  int steps = 1;
  while (steps < widest - kSlack && steps < kNativeExponentMax) steps *= 2;
  return steps;
}

// Counts at or below each bound; +Inf has the histogram's own count.
std::vector<double> cumulative(const NativeSample& sample, const std::vector<double>& bounds) {
  std::vector<double> counts(bounds.size() + 1, 0);
  for (const NativeBucket& bucket : sample.buckets) {
    const auto at = std::lower_bound(
        bounds.begin(), bounds.end(), bucket.upper,
        [](double bound, double upper) { return bound < upper - kSlack * std::abs(upper); });
    counts[static_cast<std::size_t>(at - bounds.begin())] += bucket.count;
  }
  for (std::size_t j = 1; j < counts.size(); ++j) counts[j] += counts[j - 1];
  counts.back() = sample.count;
  return counts;
}

Labels with_bound(const Labels& labels, std::string_view bound) {
  Labels out = labels;
  out.set("le", bound);
  return out;
}

}  // namespace

std::vector<Series> native_buckets(const Labels& labels, const std::vector<NativeSample>& samples) {
  if (samples.empty()) return {};
  const int steps = steps_of(samples);
  std::vector<double> bounds;
  for (int k = kNativeExponentMin * kNativeStepsPerOctave;
       k <= kNativeExponentMax * kNativeStepsPerOctave; ++k) {
    if (k % steps == 0) bounds.push_back(std::exp2(static_cast<double>(k) / kNativeStepsPerOctave));
  }
  std::vector<Series> series;
  series.reserve(bounds.size() + 1);
  for (double bound : bounds) {
    series.push_back({with_bound(labels, fmt::format("{}", bound)), {}});
  }
  series.push_back({with_bound(labels, "+Inf"), {}});
  for (const NativeSample& sample : samples) {
    const std::vector<double> counts = cumulative(sample, bounds);
    for (std::size_t j = 0; j < counts.size(); ++j)
      series[j].samples.push_back({sample.time_ms, counts[j]});
  }
  return series;
}

}  // namespace serin::prometheus
