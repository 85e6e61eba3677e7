// Mann and Whitney's test (Wilcoxon's rank sum) of two independent samples, with the interval and
// the estimate of the shift.
//
//   MannWhitney test = mann_whitney(canary, stable, {.alternative = Alternative::greater});
//   if (test.p_value < 0.01) …                     // canary tends to be larger, by about
//   test.shift
//
// As R's wilcox.test computes it: exactly for fewer than 50 values a side without ties, else by the
// normal approximation with correction for ties. It assumes independent values: of a series with
// autocorrelation it rejects far too often, and looked at more than once it has no error rate.
// Source: Mann and Whitney 1947; Hodges and Lehmann 1963; R 4.2, wilcox.test.
#pragma once

#include <span>

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

// Below this many values a side and without ties the distribution is counted out.
inline constexpr std::size_t kMannWhitneyExactMax = 50;
// R's tolerance of the ends that are found by root search, in the unit of the values.
inline constexpr double kShiftTolerance = 1e-4;

struct MannWhitneyOptions {
  Alternative alternative = Alternative::two_sided;
  double null_shift = 0;     // x − null_shift is compared with y
  double confidence = 0.95;  // of the interval; in (0, 1)
  bool continuity = true;    // correct the approximation by half a rank
  double tolerance = kShiftTolerance;
};

struct MannWhitney {
  double w = 0;  // pairs of x − null_shift above y, ties as halves
  double p_value = 0;
  double shift = 0;   // Hodges and Lehmann's estimate of x − y
  Interval interval;  // of the shift; open on one side for one-sided alternatives
  bool exact = false;
};

// NaN are left out. With an empty side, or where all values are equal, p-value, shift and interval
// are NaN.
MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y,
                         const MannWhitneyOptions& options = {});

struct RankTest {
  double u = 0;  // pairs of x above y, ties as halves
  double p_value = 0;
  double superiority = 0;  // u/(nx·ny): the chance that a value of x lies above one of y
};

// The normal approximation with correction for ties and continuity alone, at any size: the p-value
// of SciPy's mannwhitneyu(method="asymptotic"). NaN or an empty side give NaN; equal values give 1.
RankTest mann_whitney_approximate(std::span<const double> x, std::span<const double> y,
                                  Alternative alternative);

}  // namespace serin::analysis::stats::classical
