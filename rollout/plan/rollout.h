// A Rollout: how one service is progressively delivered. Values only; read.h reads documents,
// validation.h says what is wrong with them.
//
//   for (const Step& step : rollout.canary->steps) {
//     if (const auto* weight = std::get_if<SetWeightStep>(&step.action)) …
//   }
//
// A release pins a copy (load/pin.h resolves templates and arguments into it).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/templates/model.h"
#include "base/config/metadata.h"
#include "base/config/values.h"
#include "base/json.h"
#include "rollout/plan/notifications.h"
#include "rollout/plan/routing.h"
#include "rollout/plan/steps.h"
#include "rollout/plan/weight.h"
#include "rollout/plan/workload_spec.h"

namespace serin::rollout {

enum class OnInconclusive { pause, promote, rollback };  // after a contested step was extended
enum class OnEngineLoss { stable, hold };
enum class PromotionMode { swap, copy, manual };
enum class Boundary { exact, calibrated };
std::string_view to_string(OnInconclusive value);
std::string_view to_string(OnEngineLoss value);
std::string_view to_string(PromotionMode value);
std::string_view to_string(Boundary value);

// Which analysis runs beside the steps (background), in a step, or around a blue-green switch.
struct AnalysisSpec {
  static constexpr double kFalseRollbackRateDefault = 0.01;
  std::vector<analysis::TemplateRef> templates;
  std::vector<analysis::Argument> args;
  std::vector<analysis::DryRun> dry_run;
  std::vector<analysis::MeasurementRetention> measurement_retention;
  std::optional<std::int32_t> starting_step;  // background only; not given: 0
  Json run_metadata;                          // analysisRunMetadata

  // serin.dev only.
  std::vector<analysis::Metric> metrics;  // inline, as in a template
  std::optional<analysis::Versions> versions;
  std::optional<double> false_rollback_rate;  // not given: the template's, else the default
  std::optional<Boundary> boundary;           // not given: exact
  bool operator==(const AnalysisSpec&) const = default;
};

struct Promotion {
  static constexpr Duration kWarmDefault = std::chrono::minutes(15);
  PromotionMode mode = PromotionMode::swap;
  Duration warm = kWarmDefault;  // how long the old slot stays ready after promotion
  bool operator==(const Promotion&) const = default;
};

// The watch after promotion. A duration of 0: none.
struct Verify {
  Duration duration{};
  bool operator==(const Verify&) const = default;
};

// The router's own error counters, canary against stable, as an implicit metric.
struct EdgeErrors {
  bool enabled = true;
  double share = 2;
  bool operator==(const EdgeErrors&) const = default;
};

// Hooks beside the plan's own steps.
struct HookSet {
  std::optional<HookStep> start;
  std::optional<HookStep> before_step;
  std::optional<HookStep> after_step;
  std::optional<HookStep> rollback;
  std::optional<HookStep> end;
  bool operator==(const HookSet&) const = default;
};

struct CanaryStrategy {
  std::vector<Step> steps;
  std::optional<Ramp> ramp;              // serin.dev: what the steps were made from
  std::optional<AnalysisSpec> analysis;  // background
  TrafficRouting traffic_routing;
  std::string canary_service;
  std::string stable_service;
  std::optional<config::IntOrString> max_surge;
  std::optional<config::IntOrString> max_unavailable;
  bool dynamic_stable_scale = false;
  std::optional<std::int32_t> scale_down_delay_seconds;
  std::optional<std::int32_t> scale_down_delay_revision_limit;
  std::optional<std::int32_t> abort_scale_down_delay_seconds;
  std::optional<std::int32_t> min_pods_per_replica_set;
  std::string ping_service;
  std::string pong_service;
  bool ping_pong = false;
  Json anti_affinity;
  Json canary_metadata;
  Json stable_metadata;
  Json replica_progress_threshold;

  // serin.dev only.
  std::vector<MatchRule> match;  // content first; the steps' weights for the rest
  bool allow_decrease = false;
  bool operator==(const CanaryStrategy&) const = default;
};

struct BlueGreenStrategy {
  std::string active_service;
  std::string preview_service;
  std::optional<std::int32_t> preview_replica_count;
  std::optional<bool> auto_promotion_enabled;  // not given: true
  std::int32_t auto_promotion_seconds = 0;
  std::optional<config::IntOrString> max_unavailable;
  std::optional<std::int32_t> scale_down_delay_seconds;
  std::optional<std::int32_t> scale_down_delay_revision_limit;
  std::optional<std::int32_t> abort_scale_down_delay_seconds;
  std::optional<AnalysisSpec> pre_promotion_analysis;
  std::optional<AnalysisSpec> post_promotion_analysis;
  Json anti_affinity;
  Json active_metadata;
  Json preview_metadata;

  TrafficRouting traffic_routing;  // serin.dev only
  bool operator==(const BlueGreenStrategy&) const = default;
};

// Fields that only mean something in a Kubernetes cluster; kept so that Argo's validation and a
// later driver have them.
struct KubernetesSpec {
  std::optional<std::int32_t> replicas;
  Json selector;
  Json pod_template;
  Json workload_ref;
  std::int32_t min_ready_seconds = 0;
  std::optional<std::int32_t> progress_deadline_seconds;  // not given: 600
  bool progress_deadline_abort = false;
  std::optional<std::int32_t> revision_history_limit;  // not given: 10
  bool paused = false;
  std::string restart_at;
  std::optional<std::int32_t> rollback_window_revisions;
  Json analysis_history;  // spec.analysis: how many finished runs are kept
  bool operator==(const KubernetesSpec&) const = default;
};

struct Rollout {
  config::Dialect dialect = config::Dialect::serin;
  config::Metadata metadata;
  // Exactly one in a valid rollout.
  std::optional<CanaryStrategy> canary;
  std::optional<BlueGreenStrategy> blue_green;
  KubernetesSpec kubernetes;

  // serin.dev only.
  std::string environment;
  std::string service;  // the service's name where it is not the rollout's
  std::string endpoint;
  WorkloadSpec workload;
  Promotion promotion;
  Verify verify;
  OnInconclusive on_inconclusive = OnInconclusive::pause;
  std::optional<OnEngineLoss> on_engine_loss;  // not given: stable in `run`, hold in `serve`
  EdgeErrors edge_errors;
  HookSet hooks;
  std::map<std::string, HookStep> plugins;  // what steps of the kind `plugin` run, by name
  Notifications notifications;
  bool hard = false;           // return to stable at once, however few instances stable has
  bool naming_strict = false;  // names of 4 to 63 characters that start with a letter

  // Of the strategy; an empty one where there is none.
  const TrafficRouting& traffic_routing() const;
  bool operator==(const Rollout&) const = default;
};

}  // namespace serin::rollout
