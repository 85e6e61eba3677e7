#include <array>

#include "analysis/templates/fields.h"
#include "rollout/plan/codes.h"
#include "rollout/plan/fields.h"

namespace serin::rollout {

using config::Visitor;

std::span<const std::string_view> enum_names(OnInconclusive) {
  static constexpr std::array<std::string_view, 3> kNames{"pause", "promote", "rollback"};
  return kNames;
}
std::span<const std::string_view> enum_names(OnEngineLoss) {
  static constexpr std::array<std::string_view, 2> kNames{"stable", "hold"};
  return kNames;
}
std::span<const std::string_view> enum_names(PromotionMode) {
  static constexpr std::array<std::string_view, 3> kNames{"swap", "copy", "manual"};
  return kNames;
}

std::string_view to_string(OnInconclusive value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(OnEngineLoss value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(PromotionMode value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}

namespace {

constexpr config::FieldOptions kOurs{.serin_only = true};

struct PingPong {
  std::string ping;
  std::string pong;
};

void fields(Visitor& v, PingPong& services) {
  v.type("PingPong", "Two services that take turns (Kubernetes).");
  v("pingService", services.ping, "One service.", {.always = true});
  v("pongService", services.pong, "The other.", {.always = true});
}

// setWeight counts parts of maxTrafficWeight.
void scale_weights(CanaryStrategy& canary) {
  auto all = canary.traffic_routing.max_traffic_weight.value_or(100);
  for (Step& step : canary.steps) {
    auto* weight = std::get_if<SetWeightStep>(&step.action);
    if (weight == nullptr || !weight->written || all <= 0) continue;
    double fraction = static_cast<double>(*weight->written) / all;
    weight->weight = Weight::from_units(static_cast<int>(fraction * Weight::kFull + 0.5));
  }
}

// A pinned plan has both: what the ramp makes, and the ramp.
void make_steps(Visitor& v, CanaryStrategy& canary) {
  if (!canary.ramp) return;
  auto made = steps_of(*canary.ramp);
  if (!made) {
    v.problem(kPlan, "ramp", made.error().message);
  } else if (canary.steps.empty()) {
    canary.steps = std::move(*made);
  } else if (canary.steps != *made) {
    v.problem(kPlan, "ramp", "a ramp makes the steps of the plan, which are given as well",
              "leave one of both out");
  }
}

}  // namespace

void fields(Visitor& v, CanaryStrategy& canary) {
  v.type("Canary", "The new version takes more and more of the traffic.");
  v("steps", canary.steps, "The plan.");
  v("ramp", canary.ramp, "The plan by its target, instead of steps.", kOurs);
  v("analysis", canary.analysis, "What watches the canary beside the steps.");
  v("trafficRouting", canary.traffic_routing, "What splits the traffic.");
  v("match", canary.match, "Requests that go to the canary whatever its weight.", kOurs);
  v("allowDecrease", canary.allow_decrease, "Weights may go down from step to step.", kOurs);
  v("canaryService", canary.canary_service, "The canary's service (Kubernetes).");
  v("stableService", canary.stable_service, "Stable's service (Kubernetes).");
  v("maxSurge", canary.max_surge, "Instances beyond the wanted number (Kubernetes).");
  v("maxUnavailable", canary.max_unavailable, "Instances that may be missing (Kubernetes).");
  v("dynamicStableScale", canary.dynamic_stable_scale,
    "Stable is scaled down as the canary grows (Kubernetes).");
  v("scaleDownDelaySeconds", canary.scale_down_delay_seconds,
    "Seconds before an old version is scaled down (Kubernetes).");
  v("scaleDownDelayRevisionLimit", canary.scale_down_delay_revision_limit,
    "Old versions that wait so (Kubernetes).");
  v("abortScaleDownDelaySeconds", canary.abort_scale_down_delay_seconds,
    "Seconds before an aborted canary is scaled down (Kubernetes).");
  v("minPodsPerReplicaSet", canary.min_pods_per_replica_set,
    "The least number of pods of a version (Kubernetes).");
  std::optional<PingPong> ping_pong;
  if (canary.ping_pong) ping_pong = PingPong{canary.ping_service, canary.pong_service};
  v("pingPong", ping_pong, "Two services that take turns (Kubernetes).");
  if (v.reading() && ping_pong) {
    canary.ping_pong = true;
    canary.ping_service = ping_pong->ping;
    canary.pong_service = ping_pong->pong;
  }
  v("antiAffinity", canary.anti_affinity, "Keeps versions on different nodes (Kubernetes).");
  v("canaryMetadata", canary.canary_metadata, "Labels of the canary's pods (Kubernetes).");
  v("stableMetadata", canary.stable_metadata, "Labels of stable's pods (Kubernetes).");
  v("replicaProgressThreshold", canary.replica_progress_threshold,
    "Instances that suffice to go on (Kubernetes).");
  if (!v.reading()) return;
  scale_weights(canary);
  make_steps(v, canary);
}

void fields(Visitor& v, BlueGreenStrategy& blue_green) {
  v.type("BlueGreen", "The new version is tried aside and then takes all traffic.");
  v("activeService", blue_green.active_service, "The service with the traffic.");
  v("previewService", blue_green.preview_service, "The service for trying.");
  v("previewReplicaCount", blue_green.preview_replica_count, "Instances for trying.");
  v("autoPromotionEnabled", blue_green.auto_promotion_enabled, "Left out: true.");
  v("autoPromotionSeconds", blue_green.auto_promotion_seconds, "Promoted after so long.");
  v("maxUnavailable", blue_green.max_unavailable, "Instances that may be missing (Kubernetes).");
  v("scaleDownDelaySeconds", blue_green.scale_down_delay_seconds,
    "Seconds before the old version is scaled down.");
  v("scaleDownDelayRevisionLimit", blue_green.scale_down_delay_revision_limit,
    "Old versions that wait so.");
  v("abortScaleDownDelaySeconds", blue_green.abort_scale_down_delay_seconds,
    "Seconds before an aborted version is scaled down.");
  v("prePromotionAnalysis", blue_green.pre_promotion_analysis, "Judges before the switch.");
  v("postPromotionAnalysis", blue_green.post_promotion_analysis, "Judges after the switch.");
  v("antiAffinity", blue_green.anti_affinity, "Keeps versions on different nodes (Kubernetes).");
  v("activeMetadata", blue_green.active_metadata, "Labels of the active pods (Kubernetes).");
  v("previewMetadata", blue_green.preview_metadata, "Labels of the preview pods (Kubernetes).");
  v("trafficRouting", blue_green.traffic_routing, "What switches the traffic.", kOurs);
}

void fields(Visitor& v, Promotion& promotion) {
  v.type("Promotion", "How the canary becomes stable.");
  v("mode", promotion.mode, "swap: the slots exchange roles; copy; manual: somebody else does it.");
  v("warm", promotion.warm, "How long the old slot stays ready for an instant return.");
}

void fields(Visitor& v, Verify& verify) {
  v.type("Verify", "The watch after promotion.");
  v("duration", verify.duration, "How long; 0s: none.");
}

void fields(Visitor& v, HookSet& hooks) {
  v.type("Hooks",
         "Commands and requests around a release. What stands before and after steps must succeed, "
         "or the release returns to stable.");
  v("start", hooks.start, "Once the canary is ready, before its first traffic.");
  v("beforeStep", hooks.before_step, "Before each step.");
  v("afterStep", hooks.after_step, "After each step.");
  v("rollback", hooks.rollback, "When the release returns to stable; nothing waits for it.");
  v("end", hooks.end, "After the end, with the result; nothing waits for it.");
}

void fields(Visitor& v, EdgeErrors& edge_errors) {
  v.type("EdgeErrors", "The router's own error counters, judged in every release.");
  v("enabled", edge_errors.enabled, "false: leave them out.", {.always = true});
  v("share", edge_errors.share, "Their part of the error budget.", {.always = true, .minimum = 0});
}

namespace {

struct Strategy {
  std::optional<CanaryStrategy> canary;
  std::optional<BlueGreenStrategy> blue_green;
};

void fields(Visitor& v, Strategy& strategy) {
  static constexpr std::array<std::string_view, 2> kKinds{"canary", "blueGreen"};
  v.type("Strategy", "How the new version is delivered.");
  v.exactly_one(kKinds);
  v("canary", strategy.canary, "Step by step.");
  v("blueGreen", strategy.blue_green, "All at once.");
}

struct RollbackWindow {
  std::int32_t revisions = 0;
};

void fields(Visitor& v, RollbackWindow& window) {
  v.type("RollbackWindow", "Versions that may come back without steps (Kubernetes).");
  v("revisions", window.revisions, "How many versions back.");
}

void kubernetes_fields(Visitor& v, KubernetesSpec& spec) {
  v("replicas", spec.replicas, "Instances (Kubernetes).");
  v("selector", spec.selector, "The pods' labels (Kubernetes).");
  v("template", spec.pod_template, "The pods (Kubernetes).");
  v("workloadRef", spec.workload_ref, "The Deployment to take over (Kubernetes).");
  v("minReadySeconds", spec.min_ready_seconds, "Seconds that a pod must be ready (Kubernetes).");
  v("progressDeadlineSeconds", spec.progress_deadline_seconds,
    "Seconds without progress that are too long; left out: 600 (Kubernetes).");
  v("progressDeadlineAbort", spec.progress_deadline_abort, "Abort then (Kubernetes).");
  v("revisionHistoryLimit", spec.revision_history_limit,
    "Old versions that are kept; left out: 10 (Kubernetes).");
  v("paused", spec.paused, "Holds everything (Kubernetes).");
  v("restartAt", spec.restart_at, "Restart pods older than this (Kubernetes).");
  std::optional<RollbackWindow> window;
  if (spec.rollback_window_revisions) window = RollbackWindow{*spec.rollback_window_revisions};
  v("rollbackWindow", window, "Versions that may come back without steps (Kubernetes).");
  if (v.reading() && window) spec.rollback_window_revisions = window->revisions;
  v("analysis", spec.analysis_history, "How many finished runs are kept (Kubernetes).");
}

// `spec` of a Rollout.
struct Spec {
  Rollout& rollout;
};

void fields(Visitor& v, Spec& spec) {
  static constexpr std::array<std::string_view, 1> kNaming{"strict"};
  Rollout& rollout = spec.rollout;
  v.type("RolloutSpec", "How one service is delivered.");
  Strategy strategy{std::move(rollout.canary), std::move(rollout.blue_green)};
  v("strategy", strategy, "How the new version is delivered.", {.required = true});
  rollout.canary = std::move(strategy.canary);
  rollout.blue_green = std::move(strategy.blue_green);
  v("workload", rollout.workload, "What runs the instances.", kOurs);
  v("promotion", rollout.promotion, "How the canary becomes stable.", kOurs);
  v("verify", rollout.verify, "The watch after promotion.", kOurs);
  v("onInconclusive", rollout.on_inconclusive,
    "What happens when the evidence stays undecided after the extension.", kOurs);
  v("onEngineLoss", rollout.on_engine_loss,
    "What the traffic does when serin is gone; left out: hold, and stable in `run` on HAProxy.",
    kOurs);
  v("edgeErrors", rollout.edge_errors, "The router's own error counters.", kOurs);
  v("hooks", rollout.hooks, "Commands and requests around the release.", kOurs);
  v("plugins", rollout.plugins, "What steps of the kind `plugin` run, by the plugin's name.",
    kOurs);
  v("notifications", rollout.notifications, "Who is told about releases.", kOurs);
  v("hard", rollout.hard, "Return to stable at once, however few instances it has.", kOurs);
  std::string naming = rollout.naming_strict ? "strict" : "";
  v("naming", naming, "strict: names of 4 to 63 characters that start with a letter.",
    {.serin_only = true, .words = kNaming});
  if (v.reading()) rollout.naming_strict = naming == "strict";
  v("environment", rollout.environment, "The environment's name, for people.", kOurs);
  v("service", rollout.service, "The service's name; left out: the rollout's.", kOurs);
  v("endpoint", rollout.endpoint, "Where the service is reached, for people.", kOurs);
  kubernetes_fields(v, rollout.kubernetes);
}

}  // namespace

void fields(Visitor& v, Rollout& rollout) {
  static constexpr std::array<std::string_view, 2> kVersions{config::kApiVersionSerin,
                                                             config::kApiVersionArgo};
  static constexpr std::array<std::string_view, 1> kKinds{"Rollout"};
  v.type("Rollout", "How one service is progressively delivered.");
  std::string version(rollout.dialect == config::Dialect::argo ? config::kApiVersionArgo
                                                               : config::kApiVersionSerin);
  std::string kind = "Rollout";
  Spec spec{rollout};
  Json status;
  v("apiVersion", version, "Whose rules hold.", {.words = kVersions});
  v("kind", kind, "What the document is.", {.required = true, .words = kKinds});
  v("metadata", rollout.metadata, "Name and labels.", {.required = true});
  v("spec", spec, "How it is delivered.", {.required = true});
  v("status", status, "Ignored: what a cluster keeps of the object's state.");
  if (v.reading()) rollout.dialect = v.dialect();
}

}  // namespace serin::rollout
