// Native histograms as cumulative buckets of one fixed grid, so that what compares classic ones
// compares them too.
//
//   std::vector<queries::Series> buckets = native_buckets(labels, samples);
//   // checkout_seconds{…,le="0.0078125"} 12@…, {…,le="0.011048543456039806"} 31@…, …,
//   {…,le="+Inf"}
//
// A native histogram leaves empty buckets out and may change its resolution; counters that come and
// go cannot be turned into increments. So every histogram is counted into the same bounds, two an
// octave from 2^-20 to 2^30 (about 1 µs to 34 years, in seconds), which are bounds of every
// resolution of schema 1 and finer; of a coarser one every second, fourth, … is used, none within a
// bucket. The zero bucket and negative values count below the first bound. Resolution within half
// an octave is lost, which costs a comparison of ranks next to nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "queries/samples.h"

namespace serin::prometheus {

inline constexpr int kNativeStepsPerOctave = 2;
inline constexpr int kNativeExponentMin = -20;
inline constexpr int kNativeExponentMax = 30;

// As Prometheus writes it in JSON: counts since the series began, a bucket within (lower, upper].
struct NativeBucket {
  double lower = 0;
  double upper = 0;
  double count = 0;
};
struct NativeSample {
  std::int64_t time_ms = 0;
  double count = 0;
  std::vector<NativeBucket> buckets;
};

// `samples` of one series, ascending in time; `labels` are its own. One series a bound, and +Inf.
std::vector<queries::Series> native_buckets(const queries::Labels& labels,
                                            const std::vector<NativeSample>& samples);

}  // namespace serin::prometheus
