// What a release pins: a copy of its rollout with the metrics of its analyses, arguments filled in.
//
//   auto plan = pin(set, rollout, {.version = "2.4.0", .stable_version = "2.3.0", .args = {…}});
//   plan->background->metrics[0].metric.compare->errors->bad;
//   Json record = to_json(*plan);                  // into the journal
//
// Secrets stay references: their arguments are still `{{args.token}}` in the metrics, and what they
// refer to is in `secrets`. An unknown stable version stays a placeholder too, until with_stable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/result.h"
#include "rollout/plan/load/load.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

// Looks at a compared metric that names no interval.
inline constexpr Duration kComparedIntervalDefault = std::chrono::seconds(10);

struct PinOptions {
  std::string version;         // {{args.canary}}
  std::string stable_version;  // {{args.stable}}; "" where it is not known yet
  // By name; over the rollout's values. `prometheus` is the address of metrics that name none.
  std::map<std::string, std::string> args{};
  bool safe = false;  // serin's rules over the metrics of argoproj.io documents
};

struct PinnedMetric {
  analysis::Metric metric;
  analysis::Versions versions;
  bool operator==(const PinnedMetric&) const = default;
};

struct PinnedAnalysis {
  std::vector<PinnedMetric> metrics;
  std::vector<analysis::DryRun> dry_run;
  std::vector<analysis::MeasurementRetention> measurement_retention;
  // Where arguments that are still placeholders come from.
  std::map<std::string, analysis::SecretKeyRef> secrets;
  double false_rollback_rate = AnalysisSpec::kFalseRollbackRateDefault;
  Boundary boundary = Boundary::exact;
  std::optional<analysis::KayentaScoring> kayenta;
  bool operator==(const PinnedAnalysis&) const = default;
};

struct PinnedPlan {
  Rollout rollout;
  std::string version;
  std::string stable_version;
  std::optional<PinnedAnalysis> background;
  std::map<std::size_t, PinnedAnalysis> steps;  // analyses of steps, by the step's index
  std::optional<PinnedAnalysis> pre_promotion;
  std::optional<PinnedAnalysis> post_promotion;
  std::vector<std::string> warnings;
  // The same for any two versions, for with_versions(); null: it was pinned for these only.
  Json open{};
  bool operator==(const PinnedPlan&) const = default;
};

// Errors: not_found (a template), invalid_argument (templates that do not merge, an argument that
// nobody gives, a metric that is not valid once filled in); the message names the analysis.
Result<PinnedPlan> pin(const ConfigSet& set, const Rollout& rollout, const PinOptions& options);

// pin(), with `open` filled in. Where the plan can't be left open (a condition that only holds once
// the versions are in it), `open` stays null.
Result<PinnedPlan> pin_reusable(const ConfigSet& set, const Rollout& rollout,
                                const PinOptions& options);

// A plan made with pin_reusable(), for other versions of the same rollout. Errors:
// failed_precondition (it is not reusable), data_loss, and as pin.
Result<PinnedPlan> with_versions(const PinnedPlan& plan, const std::string& version,
                                 const std::string& stable_version);

// A run of its own: `serin analyze` and AnalysisRun documents. Errors as pin.
Result<PinnedAnalysis> pin_run(const analysis::AnalysisRun& run, const PinOptions& options);

// The plan once the stable version is known: placeholders for it are filled in. Errors:
// failed_precondition where another one is pinned already; invalid_argument as pin.
Result<PinnedPlan> with_stable(PinnedPlan plan, const std::string& stable_version);

Json to_json(const PinnedPlan& plan);
// Errors: data_loss.
Result<PinnedPlan> pinned_plan_from_json(const Json& json);

}  // namespace serin::rollout
