// What a plan can show of a service of which only figures are known: by simulation of the very test
// that will judge it.
//
//   FiguresPlan wanted{.figures = …, .steps = {{0.05, 5min}}, .rules = rules_for(kind, {})};
//   SERIN_TRY(forecast, forecast_figures(wanted, 0.9, rng));
//   forecast.steps[0].detect_s;                // median, were the step as long as it takes
#pragma once

#include <optional>
#include <vector>

#include "analysis/planning/figures.h"
#include "analysis/planning/trial.h"
#include "base/random.h"

namespace serin::analysis::planning {

struct FiguresPlan {
  Figures figures;
  std::vector<TrialStep> steps;
  MetricRules rules;  // of a metric of the figures' kind
  double alpha = 0.01;
  double beta = 0.05;
  double share = 1;  // of the error budget, where other metrics have a part too
  stats::Boundary boundary = stats::Boundary::exact;
  Duration interval = std::chrono::seconds(10);
  int simulations = 200;
};

// Times begin with the canary's first requests: the metric's warm-up is in them.
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
  double extra_bad = 0;        // median of requests that suffer until it is found (extra_bad())
};

struct FiguresForecast {
  std::vector<StepForecast> steps;
  double found = 0;      // P(found within the plan)
  double detect_s = 0;   // median since the plan's start; infinite where most are not found
  double extra_bad = 0;  // until then, in the median
  double promoted = 0;   // P(an equal canary has passed at the plan's end)
};

// Simulated so long at most.
inline constexpr Duration kHorizonMax = std::chrono::hours(24);

// `power` in (0, 1): of detect_mostly_s. Errors: invalid_argument (those of the figures, no steps,
// weights outside (0, 1), rules of another kind).
Result<FiguresForecast> forecast_figures(const FiguresPlan& plan, double power, Rng& rng);

// How bad the worse canary is: the share of bad requests, of more slow requests, or by how much
// times and values are multiplied.
double effect_size(const Figures& figures);
// The same figures with another effect of that kind.
Figures with_effect(const Figures& figures, double size);
// The least effect that `weight` shows within `available` in nine of ten releases; by the closed
// form, without simulation. Nothing where none is.
std::optional<double> smallest_effect(const FiguresPlan& plan, double weight, Duration available);

}  // namespace serin::analysis::planning
