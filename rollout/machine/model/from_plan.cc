#include "rollout/machine/model/from_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

// Nothing where the machine has no such step.
std::optional<ReleaseStep> make_step(const Step& step) {
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
  } else if (const auto* approval = std::get_if<ApprovalStep>(&step.action)) {
    made.kind = StepKind::approval;
    made.duration = approval->timeout;
    made.on_timeout = on_timeout(approval->on_timeout);
    made.text = approval->comment;
  } else {
    return std::nullopt;
  }
  return made;
}

void add_canary(const CanaryStrategy& canary, ReleaseSpec& spec,
                std::vector<std::string>& refused) {
  for (std::size_t i = 0; i < canary.steps.size(); ++i) {
    if (auto step = make_step(canary.steps[i])) {
      spec.steps.push_back(*step);
    } else {
      refused.push_back(fmt::format("steps[{}]: {}", i, canary.steps[i].kind()));
    }
  }
  if (canary.traffic_routing.haproxy) spec.drain = canary.traffic_routing.haproxy->drain;
}

void add_blue_green(const BlueGreenStrategy& strategy, ReleaseSpec& spec) {
  if (strategy.pre_promotion_analysis) {
    spec.steps.push_back(ReleaseStep{.kind = StepKind::analysis});
  }
  if (!strategy.auto_promotion_enabled.value_or(true)) {
    spec.steps.push_back(ReleaseStep{.kind = StepKind::pause});
  } else if (strategy.auto_promotion_seconds > 0) {
    spec.steps.push_back(
        ReleaseStep{.kind = StepKind::pause,
                    .duration = std::chrono::seconds(strategy.auto_promotion_seconds)});
  }
  spec.undecided = Undecided::promote;
}

}  // namespace

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
  if (rollout.canary) add_canary(*rollout.canary, spec, refused);
  if (rollout.blue_green) add_blue_green(*rollout.blue_green, spec);
  switch (rollout.promotion.mode) {
    case PromotionMode::swap:
      spec.promotion = PromoteBy::swap;
      break;
    case PromotionMode::manual:
      spec.promotion = PromoteBy::manual;
      break;
    case PromotionMode::copy:
      refused.emplace_back("promotion: copy (swap and manual are)");
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
  if (rollout.kubernetes.progress_deadline_seconds) {
    spec.start_deadline = std::chrono::seconds(*rollout.kubernetes.progress_deadline_seconds);
  }
  return spec;
}

}  // namespace serin::rollout::machine
