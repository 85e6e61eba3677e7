// What a plan can show of a service of which only traffic and error rate are known: by simulation
// of the very test that will judge it.
//
//   ErrorsPlan wanted{.requests_per_s = 200, .baseline = 0.005, .worse = 0.01, .steps = {{0.05,
//   5min}}}; ErrorsForecast forecast = forecast_errors(wanted, rng); forecast.steps[0].detect_s; //
//   median, were the step as long as it takes
//
// Requests are independent of each other and of equal risk: the least dispersion that there can be.
// A plan from the service's own history (SequentialJudge::forecast) knows better.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/planning/trial.h"
#include "base/random.h"

namespace serin::analysis::planning {

struct ErrorsPlan {
  double requests_per_s = 0;  // of both versions
  double baseline = 0;        // errors per request of stable
  double worse = 0;           // of the canary that is to be found
  std::vector<TrialStep> steps;
  MetricRules rules;  // of a metric of errors
  double alpha = 0.01;
  double beta = 0.05;
  double share = 1;  // of the error budget, where other metrics have a part too
  stats::Boundary boundary = stats::Boundary::exact;
  Duration interval = std::chrono::seconds(10);
  std::size_t stable_instances = 3;
  int simulations = 200;
};

struct StepForecast {
  double weight = 0;
  double seconds = 0;
  double canary_per_s = 0;
  double requests = 0;  // of the canary, within the step
  // Of the step alone, were it as long as it takes; infinite where kHorizonMax is not enough for
  // half (or for so many) of the releases.
  double detect_s = 0;         // median
  double detect_mostly_s = 0;  // in `power` of the releases
  double pass_s = 0;           // median of a canary equal to stable
  double power = 0;            // P(found within the step), alone
  double found_by = 0;         // P(found by its end), worse from the plan's start on
  double extra_bad = 0;        // median of bad requests more than stable's until it is found
};

struct ErrorsForecast {
  std::vector<StepForecast> steps;
  double found = 0;      // P(found within the plan)
  double detect_s = 0;   // median since the plan's start; infinite where most are not found
  double extra_bad = 0;  // until then, in the median
  double promoted = 0;   // P(an equal canary has passed at the plan's end)
};

// Simulated so long at most.
inline constexpr Duration kHorizonMax = std::chrono::hours(24);

// `power` in (0, 1): of detect_mostly_s. Errors: invalid_argument (no traffic, rates outside [0,
// 1], no steps, weights outside (0, 1)).
Result<ErrorsForecast> forecast_errors(const ErrorsPlan& plan, double power, Rng& rng);

// The least worse rate that `weight` shows within `available` in `power` of releases; by the closed
// form, without simulation. Nothing where none is.
std::optional<double> smallest_worse(const ErrorsPlan& plan, double weight, Duration available);

}  // namespace serin::analysis::planning
