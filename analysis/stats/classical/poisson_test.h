// Exact tests of one event rate against a number, and of the ratio of two rates.
//
//   PoissonTest one = poisson_test({.events = 9, .time = 60}, 0.1, Alternative::greater, 0.05);
//   PoissonTest two = poisson_ratio_test({31, 1}, {119, 5}, 1.5, Alternative::greater, 0.05);
//
// They assume that events come singly and at a constant rate; bursts make them reject too often.
// The second is the binomial test of one side's share given the sum (Przyborowski and Wilenski
// 1940). p-values and intervals as R's poisson.test.
#pragma once

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

struct EventCount {
  double events = 0;  // whole, ≥ 0
  double time = 0;    // or any exposure, > 0
};

struct PoissonTest {
  double p_value = 0;
  double estimate = 0;  // the rate, or the ratio of the first to the second
  Interval interval;    // of the same, at 1 − alpha; upper end may be +∞
};

// `rate` ≥ 0: the null.
PoissonTest poisson_test(EventCount observed, double rate, Alternative alternative, double alpha);
// `ratio` > 0: the null of first rate / second rate. Without any event the p-value is 1, the
// estimate NaN, the interval [0, ∞].
PoissonTest poisson_ratio_test(EventCount first, EventCount second, double ratio,
                               Alternative alternative, double alpha);

}  // namespace serin::analysis::stats::classical
