// Pending and Starting: look before touching, claim the route at weight 0, wait for instances.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

constexpr Duration kPreflightEvery = std::chrono::seconds(1);

void refuse(Context& c, std::string sentence) {
  c.state.back.cause = Cause::refused;
  c.state.back.sentence = sentence;
  tell(c, Severity::warning, "refused", sentence);
  end(c, ReleaseStatus::failed, std::move(sentence));
}

void advance(Context& c, StartStage stage) {
  c.state.start.stage = stage;
}

// Of the servers that the router lists for the canary: those of its instances. Others, for more
// instances than it has now, are down.
int servers_needed(const Context& c, const SlotState& canary, int instances) {
  return c.spec.has_workload ? std::min(canary.servers_total, instances) : canary.servers_total;
}

// A person goes back to a slot that was kept ready, and checked, since it had the traffic.
bool is_warm(const Context& c) {
  const auto& before = c.state.start.before;
  if (!c.spec.instant || !before) return false;
  const SlotState& canary = before->canary_slot;
  return canary.in_service && canary.health_known && canary.servers_total > 0 &&
         canary.servers_ready >= servers_needed(c, canary, instances_needed(c));
}

// What a rollback goes back to must not be made smaller first.
int instances_wanted(const Context& c) {
  return c.spec.instant ? instances_needed(c) : instances_for(c, Weight());
}

// Every canary server is up, and has been for long enough; and those of what it is compared with.
bool is_ready(Context& c) {
  StartState& start = c.state.start;
  const auto& observed = c.state.traffic.observed;
  if (!observed) return false;
  const SlotState& canary = observed->canary_slot;
  if (!baseline_sentence(c).empty()) {
    start.ready_since.reset();
    return false;
  }
  if (!canary.health_known) return true;  // a router without checks can't say more
  int needed = servers_needed(c, canary, instances_wanted(c));
  if (is_warm(c)) return canary.servers_ready >= needed;
  if (canary.servers_total == 0 || canary.servers_ready < needed) {
    start.ready_since.reset();
    return false;
  }
  if (!start.ready_since) start.ready_since = c.mono();
  return c.mono() - *start.ready_since >= c.spec.ready_for;
}

// A step that is still to come brings the instances up.
bool is_deferred(const ReleaseSpec& spec) {
  if (!spec.has_workload || spec.instant) return false;
  return std::any_of(
      spec.steps.begin() + std::min<std::ptrdiff_t>(spec.first_step, std::ssize(spec.steps)),
      spec.steps.end(),
      [](const ReleaseStep& step) { return step.kind == StepKind::deploy_start; });
}

void begin_steps(Context& c) {
  set_status(c, ReleaseStatus::progressing, Reason::none, "");
  if (c.spec.instant) {
    run_aside(c, HookPoint::rollback);
    begin_promotion(c, true);
  } else {
    for (int i = 0; i < c.spec.first_step; ++i) log_step(c, i, StepOutcome::skipped);
    enter_step(c, c.spec.first_step);
  }
}

void check_start_deadline(Context& c) {
  StartState& start = c.state.start;
  if (start.stage == StartStage::idle || start.stage == StartStage::deferred ||
      start.stage == StartStage::started) {
    return;
  }
  Duration elapsed = c.mono() - start.since;
  auto progress = [&] {
    if (std::string missing = baseline_sentence(c); !missing.empty()) return missing;
    const auto& observed = c.state.traffic.observed;
    if (start.stage != StartStage::ready || !observed) {
      const std::string& problem = c.state.workload.problem;
      return fmt::format("still in '{}'{}", to_string(start.stage),
                         problem.empty() ? "" : " (" + problem + ")");
    }
    return fmt::format("{} of {} canary servers are ready", observed->canary_slot.servers_ready,
                       observed->canary_slot.servers_total);
  };
  if (elapsed >= kStartLate && lacks_servers(c)) {
    return_to_stable(c, Cause::refused, progress());
  } else if (elapsed >= c.spec.start_deadline) {
    return_to_stable(c, Cause::deadline,
                     fmt::format("not started within {}: {}",
                                 format_duration(c.spec.start_deadline), progress()));
  } else if (elapsed >= kStartLate && !start.late_told) {
    start.late_told = true;
    tell(c, Severity::warning, "start-late",
         fmt::format("not started after {}: {}", format_duration(kStartLate), progress()));
  }
}

}  // namespace

void on_start(Context& c, const event::Start& event) {
  if (c.state.start.stage != StartStage::idle) return;
  if (event.stable_own) c.state.baseline.own = event.stable_own;
  if (c.spec.restored || event.restored) {
    advance(c, StartStage::started);
    end(c, ReleaseStatus::succeeded,
        fmt::format("{} has all traffic, as before: nothing was left to restore", c.spec.version));
    return;
  }
  c.state.store_failed = false;  // or it would not start; said while it waited
  advance(c, StartStage::preflight);
  c.state.start.since = c.mono();
  c.state.start.next_try = c.mono();
}

void on_preflighted(Context& c, const event::Preflighted& event) {
  StartState& start = c.state.start;
  if (start.stage != StartStage::preflight || !start.asked) return;
  if (is_terminal(c.state.status)) return;  // a person ended it meanwhile
  start.asked = false;
  start.next_try = c.mono() + kPreflightEvery;
  if (!event.error.empty()) return;  // asked again, until the deadline
  if (!event.refusals.empty()) {
    refuse(c, fmt::format("the router's configuration does not allow a release: {}",
                          fmt::join(event.refusals, "; ")));
    return;
  }
  for (const std::string& warning : event.warnings)
    tell(c, Severity::warning, "preflight", warning);
  start.drain_first = event.drain_before_maintenance;
  advance(c, StartStage::look);
}

void look_at_route(Context& c, const event::TrafficObserved& event) {
  StartState& start = c.state.start;
  if (start.stage != StartStage::look || c.state.store_failed) return;
  const ObservedTraffic& observed = *event.observed;
  bool foreign = !observed.owner.empty() && observed.owner != c.spec.owner;
  if (foreign && !event.owner_ended && observed.owner != c.spec.take_over) {
    refuse(c, fmt::format("the route belongs to '{}', which may still be alive; end that release, "
                          "or take the route over if it is dead",
                          observed.owner));
    return;
  }
  if (foreign) start.stale_owner = observed.owner;
  start.before = observed;
  start.stable_instances =
      observed.stable.health_known ? observed.stable.servers_ready : observed.stable.servers_total;
  if (const auto& own = c.state.baseline.own) {  // fresh ones of an earlier release are none of it
    start.stable_instances = std::min(start.stable_instances, own->instances);
  }
  c.state.traffic.accepted = observed.canary;
  c.state.traffic.accepted_in_service = observed.canary_slot.in_service;
  c.state.traffic.accepted_content = observed.content;
  advance(c, foreign ? StartStage::clear : StartStage::claim);
  set_status(c, ReleaseStatus::starting, Reason::none, "");
}

bool bring_up(Context& c) {
  StartState& start = c.state.start;
  if (start.stage == StartStage::started) return true;
  if (c.state.store_failed || c.state.recovering) return false;
  if (start.stage == StartStage::deferred) {
    advance(c, StartStage::instances);
    start.since = c.mono();
    start.late_told = false;
  }
  if (c.state.status != ReleaseStatus::starting) {
    check_start_deadline(c);
    if (c.state.status == ReleaseStatus::rolling_back) return false;
  }
  if (start.stage == StartStage::instances) {
    if (!is_scaled(c, instances_wanted(c), false)) return false;
    advance(c, StartStage::ready);
  }
  want_traffic(c, Weight(), true);
  if (!c.state.traffic.confirmed || !is_ready(c) || !hook_passed(c, HookPoint::start)) return false;
  advance(c, StartStage::started);
  tell(c, Severity::info, "started",
       fmt::format("{} {} takes its first traffic beside {}", c.spec.rollout, c.spec.version,
                   c.spec.stable_version));
  return true;
}

void starting(Context& c) {
  StartState& start = c.state.start;
  const TrafficState& traffic = c.state.traffic;
  check_start_deadline(c);
  if (c.state.status != ReleaseStatus::pending && c.state.status != ReleaseStatus::starting) return;
  if (c.state.store_failed || c.state.recovering) return;
  switch (start.stage) {
    case StartStage::preflight:
      if (start.asked || c.mono() < start.next_try) return;
      start.asked = true;
      c.effects.push_back({When::at_once, effect::Preflight{}});
      return;
    case StartStage::clear:
      want_traffic_as(c, "", Weight(), false);
      if (traffic.confirmed) advance(c, StartStage::claim);
      return;
    case StartStage::claim:
      want_traffic(c, Weight(), !c.spec.has_workload || is_warm(c));
      if (!traffic.confirmed) return;
      if (is_deferred(c.spec)) {
        advance(c, StartStage::deferred);
        begin_steps(c);
      } else {
        advance(c, c.spec.has_workload ? StartStage::instances : StartStage::ready);
      }
      return;
    case StartStage::instances:
    case StartStage::ready:
      if (bring_up(c)) begin_steps(c);
      return;
    default:
      return;
  }
}

}  // namespace serin::rollout::machine
