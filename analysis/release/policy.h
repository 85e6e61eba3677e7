// What a release pins of its analysis: metrics with their arguments filled in, where each is asked,
// and the error budget. It does not change while the release runs.
//
//   ReleasePolicy policy{.release = "checkout-42", .planned = 1h};
//   SERIN_CHECK(add_metric(policy, metric, versions));      // compared, or a threshold rule
//   SERIN_CHECK(add_step_metric(policy, 2, metric, {}));    // a rule of the third step's analysis
//
// It holds references to secrets, never their values. Nothing here asks or judges.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/stats/combine.h"
#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

// One place to ask. `provider` is the metric's without its query.
struct PolicySource {
  std::string key;  // "prometheus", "prometheus-2", …; "" where the metric names none (replay)
  Provider provider;
  bool operator==(const PolicySource&) const = default;
};

struct PolicyMetric {
  Metric metric;
  Versions versions;
  std::string source;  // a key of ReleasePolicy::sources
  bool operator==(const PolicyMetric&) const = default;
};

// What a plan gives the canary: so long at that share, which yields as much evidence as the plan's
// own shares do.
struct PlannedExposure {
  double weight = 0;  // in (0, 1)
  Duration time{};    // 0: not known
  bool operator==(const PlannedExposure&) const = default;
};

// Threshold rules that run together: the background's, or those of one step.
struct PolicyRules {
  std::vector<PolicyMetric> metrics;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  bool operator==(const PolicyRules&) const = default;
};

struct ReleasePolicy {
  static constexpr Duration kIntervalDefault = std::chrono::seconds(10);
  static constexpr Duration kHistoryDefault = std::chrono::hours(6);

  // Spreads the looks of many releases over their intervals; "" looks on the grid from the start
  // (replay).
  std::string release;
  std::vector<PolicyMetric> metrics;  // compared ones
  PolicyRules rules;
  std::map<int, PolicyRules> step_rules;  // by the step's index
  std::vector<PolicySource> sources;
  double false_rollback_rate = 0.01;
  double false_pass_rate = 0.05;
  stats::Boundary boundary = stats::Boundary::exact;
  Duration planned =
      std::chrono::hours(1);  // of the whole release, with the extensions that it may take
  PlannedExposure exposure;   // for forecasts
  // Planned time of the steps that have one, by their index: at the end of each the metrics with
  // `mode: fixed` and `judge: kayenta` are judged.
  std::map<int, Duration> step_times;
  KayentaScoring kayenta;
  Duration history = kHistoryDefault;  // learned from before the start; 0: nothing is
  bool edge_errors = false;            // the router's own counters are judged too
  double edge_share = 2;
  // Only matched requests reach the canary: its users differ from stable's, so nothing is compared
  // with stable.
  bool matched_only = false;
  // Of stable only instances that were started for the release are compared.
  bool fresh_baseline = false;
  // Rules on content, or header routes, send requests to the canary beside its share: the ratio of
  // requests says nothing of the split.
  bool chosen_requests = false;
  bool operator==(const ReleasePolicy&) const = default;
};

// Adds a metric of the background analysis and, where it is new, its source. `metric` has no
// placeholders left. Errors: invalid_argument (a placeholder left in a field that is needed).
Status add_metric(ReleasePolicy& policy, Metric metric, Versions versions);
// The same for the analysis of one step. Errors: failed_precondition (a compared metric: evidence
// lives over the whole release, not over one step).
Status add_step_metric(ReleasePolicy& policy, int step, Metric metric, Versions versions);

}  // namespace serin::analysis
