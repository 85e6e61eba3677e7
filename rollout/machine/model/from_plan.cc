#include "rollout/machine/model/from_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rollout/plan/header_route.h"

namespace serin::rollout::machine {
namespace {

OnTimeout on_timeout(rollout::OnTimeout value) {
  switch (value) {
    case rollout::OnTimeout::rollback:
      return OnTimeout::rollback;
    case rollout::OnTimeout::promote:
      return OnTimeout::promote;
    case rollout::OnTimeout::hold:
      break;
  }
  return OnTimeout::hold;
}

Undecided undecided(OnInconclusive value) {
  switch (value) {
    case OnInconclusive::promote:
      return Undecided::promote;
    case OnInconclusive::rollback:
      return Undecided::rollback;
    case OnInconclusive::pause:
      break;
  }
  return Undecided::pause;
}

Hook make_hook(const HookStep& hook) {
  return {hook.command, hook.url, hook.timeout.value_or(Hook::kTimeoutDefault)};
}

std::optional<Hook> make_hook(const std::optional<HookStep>& hook) {
  if (!hook) return std::nullopt;
  return make_hook(*hook);
}

// The program is the plugin's, what it is told and how long it may take the step's. Nothing where
// the rollout has no such plugin.
std::optional<Hook> make_hook(const PluginStep& step,
                              const std::map<std::string, HookStep>& plugins) {
  auto found = plugins.find(step.name);
  if (found == plugins.end()) return std::nullopt;
  Hook made = make_hook(found->second);
  if (step.timeout) made.timeout = *step.timeout;
  made.plugin = step.name;
  made.config = step.config.is_null() ? Json::object() : step.config;
  return made;
}

CanaryScale make_scale(const SetCanaryScaleStep& scale) {
  CanaryScale made{.match_traffic = scale.match_traffic_weight};
  if (scale.replicas) made.replicas = *scale.replicas;
  if (scale.weight) made.weight = Weight::from_units(std::clamp(*scale.weight, 0, 100) * 100);
  return made;
}

// Nothing where the machine has no such step.
std::optional<ReleaseStep> make_step(const Step& step,
                                     const std::map<std::string, HookStep>& plugins) {
  ReleaseStep made;
  made.gate_pass = step.gate_pass;
  if (const auto* weight = std::get_if<SetWeightStep>(&step.action)) {
    made.kind = StepKind::set_weight;
    made.weight = weight->weight;
  } else if (const auto* pause = std::get_if<PauseStep>(&step.action)) {
    made.kind = StepKind::pause;
    made.duration = pause->duration;
  } else if (std::holds_alternative<AnalysisStep>(step.action)) {
    made.kind = StepKind::analysis;
  } else if (const auto* route = std::get_if<SetHeaderRouteStep>(&step.action)) {
    made.kind = StepKind::set_header_route;
    made.route = route->name;
    if (!route->match.empty()) made.content.push_back(rule_of(*route));
  } else if (const auto* mirror = std::get_if<SetMirrorRouteStep>(&step.action)) {
    made.kind = StepKind::set_mirror_route;
    made.route = mirror->name;
    made.content = rules_of(*mirror);
  } else if (const auto* approval = std::get_if<ApprovalStep>(&step.action)) {
    made.kind = StepKind::approval;
    made.duration = approval->timeout;
    made.on_timeout = on_timeout(approval->on_timeout);
    made.text = approval->comment;
  } else if (const auto* hook = std::get_if<HookStep>(&step.action)) {
    made.kind = StepKind::hook;
    made.hook = make_hook(*hook);
  } else if (const auto* plugin = std::get_if<PluginStep>(&step.action)) {
    made.kind = StepKind::hook;
    made.hook = make_hook(*plugin, plugins);
    if (!made.hook) return std::nullopt;
  } else if (const auto* scale = std::get_if<SetCanaryScaleStep>(&step.action)) {
    made.kind = StepKind::set_canary_scale;
    made.scale = make_scale(*scale);
  } else if (const auto* deploy = std::get_if<DeployStep>(&step.action)) {
    made.kind =
        deploy->mode == DeployMode::start ? StepKind::deploy_start : StepKind::deploy_rolling;
  } else if (std::holds_alternative<CleanupStep>(step.action)) {
    made.kind = StepKind::cleanup;
  } else {
    return std::nullopt;
  }
  return made;
}

void add_canary(const Rollout& rollout, ReleaseSpec& spec, std::vector<std::string>& refused) {
  const CanaryStrategy& canary = *rollout.canary;
  for (std::size_t i = 0; i < canary.steps.size(); ++i) {
    if (auto step = make_step(canary.steps[i], rollout.plugins)) {
      spec.steps.push_back(*step);
    } else {
      refused.push_back(fmt::format("steps[{}]: {}", i, canary.steps[i].kind()));
    }
  }
  spec.match = canary.match;
}

void add_blue_green(const Rollout& rollout, ReleaseSpec& spec) {
  const BlueGreenStrategy& strategy = *rollout.blue_green;
  spec.steps = blue_green_plan(rollout).steps;
  spec.undecided = Undecided::promote;
  if (strategy.preview_replica_count) spec.canary_instances = *strategy.preview_replica_count;
  if (strategy.scale_down_delay_seconds) {
    spec.warm = std::chrono::seconds(*strategy.scale_down_delay_seconds);
  }
}

}  // namespace

BlueGreenPlan blue_green_plan(const Rollout& rollout) {
  const BlueGreenStrategy& strategy = *rollout.blue_green;
  BlueGreenPlan plan;
  auto add = [&](ReleaseStep step) {
    plan.steps.push_back(std::move(step));
    return static_cast<int>(plan.steps.size()) - 1;
  };
  ReleaseStep all{.kind = StepKind::set_canary_scale};
  all.scale = CanaryScale{.weight = Weight::full()};
  bool scales = rollout.workload.count() > 0;
  if (scales && !strategy.preview_replica_count) add(all);
  ReleaseStep judge{.kind = StepKind::analysis};
  if (strategy.pre_promotion_analysis) plan.pre_promotion = add(judge);
  if (!strategy.auto_promotion_enabled.value_or(true)) {
    add({.kind = StepKind::pause});
  } else if (strategy.auto_promotion_seconds > 0) {
    add({.kind = StepKind::pause,
         .duration = std::chrono::seconds(strategy.auto_promotion_seconds)});
  }
  if (scales && strategy.preview_replica_count) add(all);
  add({.kind = StepKind::set_weight, .weight = Weight::full()});
  if (strategy.post_promotion_analysis) plan.post_promotion = add(judge);
  return plan;
}

Result<ReleaseSpec> make_spec(const Rollout& rollout, const Versions& versions) {
  if (versions.version.empty()) return fail(Code::invalid_argument, "the new version is missing");
  if (versions.version == versions.stable_version) {
    return fail(Code::invalid_argument,
                fmt::format("version {} is stable already", versions.version));
  }
  ReleaseSpec spec;
  std::vector<std::string> refused;
  spec.rollout = rollout.metadata.name;
  spec.version = versions.version;
  spec.stable_version = versions.stable_version;
  spec.undecided = undecided(rollout.on_inconclusive);
  if (rollout.canary) add_canary(rollout, spec, refused);
  switch (rollout.promotion.mode) {
    case PromotionMode::swap:
      spec.promotion = PromoteBy::swap;
      break;
    case PromotionMode::manual:
      spec.promotion = PromoteBy::manual;
      break;
    case PromotionMode::copy:
      spec.promotion = PromoteBy::copy;
      break;
  }
  if (spec.steps.size() > ReleaseSpec::kStepsMax) {
    refused.push_back(fmt::format("more than {} steps", ReleaseSpec::kStepsMax));
  }
  if (!refused.empty()) {
    return fail(Code::failed_precondition,
                fmt::format("not supported in this version: {}", fmt::join(refused, "; ")));
  }
  spec.warm = rollout.promotion.warm;
  spec.verify = rollout.verify.duration;
  spec.lease = rollout.on_engine_loss == OnEngineLoss::stable;
  spec.hard = rollout.hard;
  spec.has_workload = rollout.workload.count() > 0;
  spec.capacity = rollout.workload.capacity;
  spec.canary_instances = rollout.workload.instances.value_or(1);
  spec.fresh_baseline = rollout.workload.baseline == Baseline::fresh;
  if (const auto& haproxy = rollout.traffic_routing().haproxy) spec.drain = haproxy->drain;
  spec.hooks = {.start = make_hook(rollout.hooks.start),
                .before_step = make_hook(rollout.hooks.before_step),
                .after_step = make_hook(rollout.hooks.after_step),
                .rollback = make_hook(rollout.hooks.rollback),
                .end = make_hook(rollout.hooks.end)};
  if (rollout.blue_green) add_blue_green(rollout, spec);
  if (rollout.kubernetes.progress_deadline_seconds) {
    spec.start_deadline = std::chrono::seconds(*rollout.kubernetes.progress_deadline_seconds);
  }
  return spec;
}

}  // namespace serin::rollout::machine
