// Brunner and Munzel's test: does a value of x tend to lie above one of y, whatever the shapes and
// spreads of both?
//
//   BrunnerMunzel test = brunner_munzel(x, y, Alternative::greater);
//
// Unlike Mann and Whitney's test it keeps its level where the two samples differ in spread. It
// needs about ten values a side. Source: Brunner and Munzel 2000; the sign of the statistic and the
// t approximation as in SciPy's brunnermunzel.
#pragma once

#include <span>

#include "analysis/stats/classical/alternative.h"

namespace serin::analysis::stats::classical {

struct BrunnerMunzel {
  double statistic = 0;  // negative where x tends to be larger
  double df = 0;
  double p_value = 0;
};

// NaN or fewer than two values a side give NaN; so do samples that do not overlap (the statistic is
// then infinite and without degrees of freedom).
BrunnerMunzel brunner_munzel(std::span<const double> x, std::span<const double> y,
                             Alternative alternative = Alternative::two_sided);

// The same of values that are known by their bucket alone, which makes ties of all in one.
struct Superiority {
  double x = 0;  // how many values a side
  double y = 0;
  double chance = 0.5;  // P(x > y) + P(x = y)/2
  double standard_error =
      0;  // of the chance, each side's own; at least as if half a pair were open
};
// Counts a bucket, of as many buckets (asserted); NaN of fewer than two values a side. O(buckets).
Superiority grouped_superiority(std::span<const double> x, std::span<const double> y);

}  // namespace serin::analysis::stats::classical
