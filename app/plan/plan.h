// What a plan's steps can show, for a person: tables, warnings, a plan that would do.
//
//   SERIN_TRY(report, plan_figures(wanted, 0.9, rng));          // from figures
//   PlanReport report = plan_history(judge, steps, …);          // from a service's past
//   for (const std::string& line : report_lines(report)) …
#pragma once

#include <string>
#include <vector>

#include "analysis/planning/figures_plan.h"
#include "analysis/release/policy.h"
#include "base/json.h"

namespace serin::app {

struct PlanReport {
  std::vector<std::string> lines;  // the table
  std::vector<std::string> warnings;
  std::string suggestion;  // steps that would do; "" where these do
  bool fits = true;        // no step is too short
  Json json;
};

// Errors: those of forecast_figures.
Result<PlanReport> plan_figures(const analysis::planning::FiguresPlan& plan, double power,
                                Rng& rng);

// Rules, share and error rates as the policy gives its first metric of the figures' kind that is
// compared with stable; where it has none, the plan stays as it is.
void follow_policy(analysis::planning::FiguresPlan& plan, const analysis::ReleasePolicy& policy);

struct KnownTraffic {
  double requests_per_s = 0;  // 0: as in history
  Duration interval{};
  double stable_instances = 1;
};
// `judge` has learned the past.
PlanReport plan_history(const analysis::SequentialJudge& judge,
                        const std::vector<analysis::planning::TrialStep>& steps,
                        const std::vector<Duration>& intervals, const KnownTraffic& traffic);

}  // namespace serin::app
