#include "app/live/setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/release/policy_analysis.h"
#include "app/acting/router.h"
#include "app/live/sources.h"
#include "base/zones/zone_files.h"
#include "rollout/machine/model/from_plan.h"
#include "rollout/plan/header_route.h"

namespace serin::app {
namespace {

namespace engine = rollout::engine;

// An analysis that asks nothing still needs a time line.
constexpr Duration kPlannedMin = std::chrono::minutes(1);
constexpr int kExtensionMax = 2;  // a step takes at most twice its time

Status add_step(analysis::ReleasePolicy& policy, int step,
                const rollout::PinnedAnalysis& analysis) {
  for (const rollout::PinnedMetric& pinned : analysis.metrics)
    SERIN_CHECK(analysis::add_step_metric(policy, step, pinned.metric, pinned.versions));
  policy.step_rules[step].dry_run = analysis.dry_run;
  policy.step_rules[step].measurement_retention = analysis.measurement_retention;
  return {};
}

// Pauses that end by themselves, while both versions have traffic.
std::map<int, Duration> step_times(const rollout::Rollout& rollout) {
  std::map<int, Duration> times;
  if (!rollout.canary) return times;
  rollout::Weight weight;
  for (std::size_t i = 0; i < rollout.canary->steps.size(); ++i) {
    const auto& action = rollout.canary->steps[i].action;
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&action)) weight = set->weight;
    const auto* pause = std::get_if<rollout::PauseStep>(&action);
    const bool both = weight.fraction() > 0 && weight.fraction() < 1;
    if (pause == nullptr || !pause->duration || !both) continue;
    if (*pause->duration > Duration::zero()) times[static_cast<int>(i)] = *pause->duration;
  }
  return times;
}

rollout::TrafficRouting routing_of(const rollout::Rollout& rollout) {
  rollout::TrafficRouting routing = rollout.canary       ? rollout.canary->traffic_routing
                                    : rollout.blue_green ? rollout.blue_green->traffic_routing
                                                         : rollout::TrafficRouting();
  routing.managed_routes.clear();  // names alone
  return routing;
}

}  // namespace

Duration planned_time(const rollout::Rollout& rollout, bool extended) {
  Duration sum{};
  if (rollout.canary) {
    for (const rollout::Step& step : rollout.canary->steps) {
      if (const auto* pause = std::get_if<rollout::PauseStep>(&step.action);
          pause != nullptr && pause->duration) {
        sum += *pause->duration;
      }
    }
  }
  if (rollout.blue_green) sum = std::chrono::seconds(rollout.blue_green->auto_promotion_seconds);
  return std::max(extended ? kExtensionMax * sum : sum, kPlannedMin) + rollout.verify.duration;
}

analysis::PlannedExposure planned_exposure(const rollout::Rollout& rollout) {
  if (!rollout.canary) return {};
  double weight = 0;
  double seconds = 0;
  double evidence = 0;  // grows with w·(1 − w) a second
  for (const rollout::Step& step : rollout.canary->steps) {
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&step.action))
      weight = set->weight.fraction();
    const auto* pause = std::get_if<rollout::PauseStep>(&step.action);
    if (pause == nullptr || !pause->duration || !(weight > 0 && weight < 1)) continue;
    seconds += to_seconds(*pause->duration);
    evidence += to_seconds(*pause->duration) * weight * (1 - weight);
  }
  if (!(seconds > 0)) return {};
  double alike = (1 - std::sqrt(1 - 4 * evidence / seconds)) / 2;
  return {alike, from_seconds(seconds)};
}

Result<std::shared_ptr<const analysis::ReleasePolicy>> make_policy(const rollout::PinnedPlan& plan,
                                                                   const std::string& release,
                                                                   bool live) {
  auto policy = std::make_shared<analysis::ReleasePolicy>();
  policy->release = live ? release : "";
  policy->planned = planned_time(plan.rollout, live);
  policy->exposure = planned_exposure(plan.rollout);
  policy->step_times = step_times(plan.rollout);
  if (plan.rollout.canary) {
    const rollout::CanaryStrategy& canary = *plan.rollout.canary;
    policy->matched_only = !canary.match.empty();
    policy->fresh_baseline = plan.rollout.workload.baseline == rollout::Baseline::fresh;
    policy->chosen_requests = policy->matched_only;
    for (const rollout::Step& step : canary.steps) {
      const auto* mirror = std::get_if<rollout::SetMirrorRouteStep>(&step.action);
      // Copies of all requests are like stable's; those of some are of chosen users.
      bool some = mirror != nullptr && std::ranges::any_of(rollout::rules_of(*mirror),
                                                           &rollout::MatchRule::has_conditions);
      policy->matched_only = policy->matched_only || some;
      policy->chosen_requests = policy->chosen_requests || mirror != nullptr ||
                                std::holds_alternative<rollout::SetHeaderRouteStep>(step.action);
    }
    policy->edge_errors =
        live && plan.rollout.edge_errors.enabled && plan.rollout.canary->traffic_routing.haproxy;
  }
  policy->edge_share = plan.rollout.edge_errors.share;
  if (plan.background) {
    policy->false_rollback_rate = plan.background->false_rollback_rate;
    policy->boundary = plan.background->boundary == rollout::Boundary::calibrated
                           ? analysis::stats::Boundary::calibrated
                           : analysis::stats::Boundary::exact;
    for (const rollout::PinnedMetric& pinned : plan.background->metrics)
      SERIN_CHECK(analysis::add_metric(*policy, pinned.metric, pinned.versions));
    policy->kayenta = plan.background->kayenta.value_or(analysis::KayentaScoring{});
    policy->rules.dry_run = plan.background->dry_run;
    policy->rules.measurement_retention = plan.background->measurement_retention;
  }
  for (const auto& [index, analysis] : plan.steps) {
    SERIN_CHECK(add_step(*policy, static_cast<int>(index), analysis));
  }
  if (plan.rollout.blue_green) {
    auto steps = rollout::machine::blue_green_plan(plan.rollout);
    if (plan.pre_promotion && steps.pre_promotion) {
      SERIN_CHECK(add_step(*policy, *steps.pre_promotion, *plan.pre_promotion));
    }
    if (plan.post_promotion && steps.post_promotion) {
      SERIN_CHECK(add_step(*policy, *steps.post_promotion, *plan.post_promotion));
    }
  }
  return policy;
}

engine::MakeAnalysis analysis_factory(KeepRecording keep_recording) {
  return [keep_recording = std::move(keep_recording)](
             const engine::Ticket& ticket,
             Now now) -> Result<std::unique_ptr<analysis::ReleaseAnalysis>> {
    if (ticket.type == engine::TicketType::rollback) {
      return std::unique_ptr<analysis::ReleaseAnalysis>();
    }
    SERIN_TRY(plan, rollout::pinned_plan_from_json(ticket.pinned));
    SERIN_TRY(policy, make_policy(plan, ticket.spec.id, true));
    SERIN_TRY(release, analysis::PolicyAnalysis::create(policy, now, read_zone_file));
    if (auto file = keep_recording ? keep_recording(ticket) : nullptr) {
      return keep(std::move(release), std::move(file), now);
    }
    return std::unique_ptr<analysis::ReleaseAnalysis>(std::move(release));
  };
}

Result<engine::Ticket> make_ticket(const rollout::PinnedPlan& plan, const TicketOrigin& origin) {
  engine::Ticket ticket;
  SERIN_TRY(spec,
            rollout::machine::make_spec(
                plan.rollout, {.version = plan.version, .stable_version = plan.stable_version}));
  ticket.spec = std::move(spec);
  ticket.service = plan.rollout.service.empty() ? plan.rollout.metadata.name : plan.rollout.service;
  ticket.route = route_of(plan.rollout);
  SERIN_TRY(policy, make_policy(plan, "", true));
  for (const analysis::PolicySource& source : policy->sources) {
    ticket.sources.push_back({.key = source.key, .identity = source_identity(source.provider)});
  }
  ticket.pinned = rollout::to_json(plan);
  ticket.info = Json::object()
                    .set("executor", origin.executor)
                    .set("pipeline", origin.pipeline)
                    .set("policy", plan.rollout.metadata.name)
                    .set("revision", origin.revision)
                    .set("environment", plan.rollout.environment)
                    .set("endpoint", plan.rollout.endpoint);
  return ticket;
}

Status check_edit(const engine::Ticket& before, const rollout::PinnedPlan& after) {
  SERIN_TRY(pinned, rollout::pinned_plan_from_json(before.pinned));
  const rollout::Rollout& was = pinned.rollout;
  const rollout::Rollout& is = after.rollout;
  std::string_view changed;
  if (was.canary.has_value() != is.canary.has_value()) {
    changed = "the strategy";
  } else if (routing_of(was) != routing_of(is)) {
    changed = "trafficRouting";
  } else if (was.workload != is.workload) {
    changed = "the workload";
  }
  if (changed.empty()) return {};
  return fail(
      Code::invalid_argument,
      fmt::format("{} can't change in mid-release: it holds from the next one on", changed));
}

engine::MakeTicket ticket_factory() {
  return [](const engine::Ticket& base, const std::string& version,
            const std::string& stable_version) -> Result<engine::Ticket> {
    SERIN_TRY(pinned, rollout::pinned_plan_from_json(base.pinned));
    SERIN_TRY(plan, rollout::with_versions(pinned, version, stable_version));
    return make_ticket(plan, {.revision = std::string(base.info["revision"].string())});
  };
}

LiveShell::RunHook run_hooks_by(drivers::HookRunner& runner) {
  return [&runner](const std::string& key, const rollout::machine::Hook& hook, Json about,
                   std::move_only_function<void(Status)> done) {
    runner.run({.command = hook.command,
                .url = hook.url,
                .timeout = hook.timeout,
                .key = key,
                .about = std::move(about)},
               std::move(done));
  };
}

void prune_journal(store::Store& store, WallTime now, const Log& log) {
  store.prune({}, now, [log](Result<std::int64_t> rows) {
    if (rows) return;
    log.warn("old entries of the journal were not taken away",
             {{"error", rows.error().to_string()}});
  });
}

}  // namespace serin::app
