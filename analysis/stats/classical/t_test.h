// Student's and Welch's tests of the difference of two means.
//
//   TTest test = welch_test(canary, stable, {.alternative = Alternative::greater});
//
// As R's t.test computes them. They assume independent values; with heavy tails (latency) they find
// little. Source: Welch 1947; R 4.2, t.test.
#pragma once

#include <span>

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

struct TTestOptions {
  Alternative alternative = Alternative::two_sided;
  double null_difference = 0;
  double confidence = 0.95;  // of the interval; in (0, 1)
};

struct TTest {
  double t = 0;
  double df = 0;
  double p_value = 0;
  double difference = 0;  // mean of x − mean of y
  Interval interval;      // of the difference; open on one side for one-sided alternatives
};

// NaN are left out. Where the variance cannot be estimated (fewer than two values a side; pooled:
// fewer than three in all or an empty side) or is nothing against the means (all values equal),
// t, p-value and interval are NaN.
TTest welch_test(std::span<const double> x, std::span<const double> y,
                 const TTestOptions& options = {});
// Student's, for equal variances.
TTest pooled_t_test(std::span<const double> x, std::span<const double> y,
                    const TTestOptions& options = {});
// Of the differences x[i] − y[i]; the spans have the same length (asserted), pairs with a NaN are
// left out.
TTest paired_t_test(std::span<const double> x, std::span<const double> y,
                    const TTestOptions& options = {});

}  // namespace serin::analysis::stats::classical
