// What a plan's steps can show, for a person: tables, warnings, a plan that would do.
//
//   SERIN_TRY(report, plan_errors(wanted, 0.9, rng));           // from figures
//   PlanReport report = plan_history(judge, steps, …);          // from a service's past
//   for (const std::string& line : report_lines(report)) …
#pragma once

#include <string>
#include <vector>

#include "analysis/planning/errors_plan.h"
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

// Errors: those of forecast_errors.
Result<PlanReport> plan_errors(const analysis::planning::ErrorsPlan& plan, double power, Rng& rng);

// Rules, share and error rates as the policy gives its first metric of errors.
void follow_policy(analysis::planning::ErrorsPlan& plan, const analysis::ReleasePolicy& policy);

struct KnownTraffic {
  double requests_per_s = 0;  // 0: as in history
  Duration interval{};
  double stable_instances = 1;
};
// `judge` has learned the past.
PlanReport plan_history(const analysis::SequentialJudge& judge,
                        const std::vector<analysis::planning::TrialStep>& steps,
                        const std::vector<Duration>& intervals, const KnownTraffic& traffic);

// "0.5%", "0.005", "50 ‰" is none: a share from 0 to 1. Errors: invalid_argument, with the option.
Result<double> parse_share(const std::string& text, const std::string& option);
// "+0.5pp" (more), "x2" or "×2" (times), "+50%" (more than the base rate, in parts of it): the
// worse rate. Errors: invalid_argument.
Result<double> parse_effect(const std::string& text, double baseline);

}  // namespace serin::app
