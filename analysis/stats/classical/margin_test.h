// Is one proportion, or one rate, beyond a margin above another: first > ratio · second + absolute?
//
//   MarginTest worse = proportion_margin_test({31, 1004}, {7, 3611}, {1.02, 0.0005},
//                                             Alternative::greater);
//   MarginTest harmless = rate_margin_test({31, 60}, {119, 300}, {1.5, 0}, Alternative::less);
//
// Proportions by the score test with shares fitted under the null (Farrington and Manning 1990),
// which is the test of χ² where the margin is {1, 0}; where a cell expects fewer than
// kExpectedCellMin, Fisher's exact test at the odds ratio of those shares. Rates by the conditional
// exact test at the ratio fitted under the null (Przyborowski and Wilenski 1940). Both assume that
// events come singly and independently: with bursts they reject too often.
#pragma once

#include <string_view>

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/classical/poisson_test.h"
#include "analysis/stats/classical/two_proportion.h"
#include "analysis/stats/rate_evidence.h"

namespace serin::analysis::stats::classical {

inline constexpr double kExpectedCellMin = 5;

struct MarginTest {
  double p_value = 1;
  std::string_view name;  // of the test that was taken: "Fisher's test", …
};

// Events are rounded to whole ones where a test counts them. `alternative` is greater or less
// (asserted), margin.ratio > 0 and margin.absolute ≥ 0. p-value 1 where a side has no trials or
// where nothing can be said.
MarginTest proportion_margin_test(Proportion first, Proportion second, const LinearMargin& margin,
                                  Alternative alternative);
// The same for events per time.
MarginTest rate_margin_test(EventCount first, EventCount second, const LinearMargin& margin,
                            Alternative alternative);

// The second side's share, or rate, that is likeliest where the first's is on the margin.
double fitted_share(Proportion first, Proportion second, const LinearMargin& margin);
double fitted_rate(EventCount first, EventCount second, const LinearMargin& margin);

}  // namespace serin::analysis::stats::classical
