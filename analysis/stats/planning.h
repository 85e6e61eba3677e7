// How long evidence takes, before a release starts: from traffic, base rate, dispersion and the
// level that must be reached.
//
//   Information i = rate_information({1.02}, 0.015, 0.01, 10, 90);      // ×1.5 at 10 % of 100/s
//   double median_s = time_to_reach(i, /*phi=*/1, fail_need(0.01, 1, 1));    // about 640 s
//   double late_s = time_to_reach_mostly(i, 1, fail_need(0.01, 1, 1));       // in 90 % of releases
//
// Expected log-likelihood per second against the nearest point of the null, with its variance; a
// normal approximation (Wald's identity for the mean). Source: sequential probability ratio tests,
// Wald 1947. The tests actually configured are meant; fixed-sample sizes are elsewhere.
#pragma once

#include <array>
#include <functional>
#include <optional>

#include "analysis/stats/rate_evidence.h"

namespace serin::analysis::stats {

// Of an untempered log e-value, per second: its drift and variance. Drift ≤ 0: it never gets there.
struct Information {
  double drift = 0;
  double variance = 0;
  bool operator==(const Information&) const = default;
};

// Two rates (events per exposure) and exposures per second on both sides, against the boundary of
// `margin`. For evidence of passing the true canary rate lies below the boundary. Rates ≥ 0 (a
// canary rate of 0 is taken as its limit), exposures > 0.
Information rate_information(const LinearMargin& margin, double canary_rate, double stable_rate,
                             double canary_exposure, double stable_exposure);
// A shift of d standard deviations beyond what is tolerated, counts per second on both sides.
Information shift_information(double d, double canary_count, double stable_count);
// A level of `g` stationary standard deviations with AR(1) noise, after the first sample.
Information gauge_information(double g, double autocorrelation, double samples_per_second);

// What log E must reach, with the usual overshoot and cost of the mixture: log(factor/(alpha ·
// share))
// + 1, and log(1/beta) + 0.7 for passing.
double fail_need(double alpha, double factor, double share);
double pass_need(double beta);

// Seconds until the tempered evidence reaches `need`: in the median, and in 90 % of releases. +∞
// where the drift is not positive.
double time_to_reach(const Information& information, double dispersion, double need);
double time_to_reach_mostly(const Information& information, double dispersion, double need);

// The least effect in [low, high] for which `seconds(effect)`, falling in the effect, is at most
// `available`; nothing where even `high` takes longer. By bisection, to 0.1 % of the effect's
// distance from 1.
std::optional<double> smallest_effect(double low, double high, double available,
                                      const std::function<double(double)>& seconds);

// Weights among which a plan is suggested, in percent.
inline constexpr std::array<double, 7> kSuggestedWeights = {1, 2, 5, 10, 20, 33, 50};
// The least of them at which `seconds(weight in (0, 1))` is at most `available`; nothing where none
// is.
std::optional<double> suggested_weight(double available,
                                       const std::function<double(double)>& seconds);

}  // namespace serin::analysis::stats
