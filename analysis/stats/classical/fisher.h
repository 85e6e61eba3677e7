// Fisher's exact test of a table of two by two, with the conditional odds ratio.
//
//   FisherTest test = fisher_test({3, 17, 331, 3089}, {.alternative = Alternative::greater});
//
// Exact at any counts, and conservative where they are small. Source: Fisher 1935; interval and
// estimate by Fisher's noncentral hypergeometric distribution as in R's fisher.test.
#pragma once

#include <array>

#include "analysis/stats/classical/alternative.h"
#include "analysis/stats/rate_interval.h"

namespace serin::analysis::stats::classical {

// R's tolerance where it solves for an odds ratio or, above 1, for its reciprocal.
inline constexpr double kOddsTolerance = 0x1p-13;  // ε^(1/4)

struct FisherOptions {
  Alternative alternative = Alternative::two_sided;
  double null_odds_ratio = 1;  // > 0
  double confidence = 0.95;
  double tolerance = kOddsTolerance;  // of odds_ratio and interval
};

struct FisherTest {
  double p_value = 0;
  double odds_ratio = 0;  // the conditional maximum likelihood estimate; 0 or +∞ at the ends
  Interval interval;      // of the odds ratio
};

// Events and others of the first sample, then of the second; whole, ≥ 0. Costs time and memory in
// proportion to the smallest margin. A table with an empty margin says nothing: p-value 1,
// interval [0, ∞], and, as in R, an odds ratio of 0.
FisherTest fisher_test(const std::array<double, 4>& table, const FisherOptions& options = {});

}  // namespace serin::analysis::stats::classical
