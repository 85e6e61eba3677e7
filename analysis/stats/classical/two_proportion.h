// The test of two proportions by χ², with an interval of their difference.
//
//   TwoProportions test = two_proportion_test({31, 1004}, {7, 3611}, Alternative::greater, 0.05);
//
// As R's prop.test: the pooled variance for the p-value, each side's own for the interval. An
// approximation: with fewer than about five events on a side take fisher_test.
#pragma once

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

struct Proportion {
  double events = 0;  // 0 ≤ events ≤ total
  double total = 0;   // > 0
};

struct TwoProportions {
  double chi_squared = 0;
  double p_value = 0;
  double difference = 0;  // first share − second share
  Interval interval;      // of the difference within [−1, 1]; one-sided as the alternative
};

// Where no side, or every trial, has an event, statistic and p-value are NaN. `yates`: the
// continuity correction, never larger than the difference itself.
TwoProportions two_proportion_test(Proportion first, Proportion second, Alternative alternative,
                                   double alpha, bool yates = false);

}  // namespace serin::analysis::stats::classical
