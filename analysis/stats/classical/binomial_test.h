// The exact test of one proportion, and three intervals of it.
//
//   double p = binomial_test(/*k=*/7, /*n=*/1000, /*p0=*/0.005, Alternative::greater);
//   Interval share = wilson_interval(7, 1000, 0.05);
//
// Source: Clopper and Pearson 1934, Wilson 1927, Brown, Cai and DasGupta 2001 (Jeffreys); the
// two-sided p-value as R's binom.test: all outcomes at most as likely as the observed one.
#pragma once

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

// k and n whole with 0 ≤ k ≤ n (asserted), p0 in [0, 1]. 1 of n = 0.
double binomial_test(double k, double n, double p0, Alternative alternative);

// Clopper and Pearson's interval at 1 − alpha; for a one-sided alternative the side that it leaves
// open ends at 0 or 1. [0, 1] of n = 0.
Interval exact_interval(double k, double n, double alpha, Alternative alternative);
// Two-sided at 1 − alpha; [0, 1] of n = 0. Wilson's is without continuity correction; Jeffreys'
// ends at 0 of k = 0 and at 1 of k = n.
Interval wilson_interval(double k, double n, double alpha);
Interval jeffreys_interval(double k, double n, double alpha);

}  // namespace serin::analysis::stats::classical
