// How many observations a fixed test needs, for comparison with the sequential plan.
//
//   double n = proportion_sample_size(0.01, 0.015, {.power = 0.9});   // requests a side
//
// As R's power.prop.test and power.t.test.
#pragma once

namespace serin::analysis::stats::classical {

struct PowerOptions {
  double power = 0.8;   // in (0, 1)
  double level = 0.05;  // in (0, 1)
  bool two_sided = true;
};

// Observations a side with which two_proportion_test finds p1 against p2; not rounded up. +∞ where
// they are equal.
double proportion_sample_size(double p1, double p2, const PowerOptions& options = {});
// The same for pooled_t_test and a difference of `effect` standard deviations; by the noncentral t.
// +∞ at 0 and beyond kSampleSizeMax.
double t_test_sample_size(double effect, const PowerOptions& options = {});

inline constexpr double kSampleSizeMax = 1e9;

}  // namespace serin::analysis::stats::classical
