// Return to stable: the shortest path. Zero is commanded at once and repeated until it is read
// back; what delays it is said.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

ReleaseStatus final_status(Cause cause) {
  return cause == Cause::abort || cause == Cause::rollback ? ReleaseStatus::terminated
                                                           : ReleaseStatus::failed;
}

Severity severity(Cause cause) {
  return final_status(cause) == ReleaseStatus::terminated ? Severity::info : Severity::alert;
}

// Stable's ready instances as the router sees them, or else as the workload does.
std::optional<int> stable_ready(const ReleaseState& state) {
  const SlotState& stable = state.traffic.observed->stable;
  if (stable.health_known) return stable.servers_ready;
  if (state.workload.stable) return state.workload.stable->ready;
  return std::nullopt;
}

// The share that stable can't take over yet for want of ready instances; 0: it takes all.
Weight share_to_keep(const Context& c) {
  const ReleaseState& state = c.state;
  const TrafficState& t = state.traffic;
  if (state.back.hard || c.spec.hard || !t.observed) return {};
  if (c.mono() - t.observed_at.mono > kLookGapMax) return {};  // too old to delay for
  int needed = state.start.stable_instances;
  std::optional<int> ready = stable_ready(state);
  if (!ready || needed <= 0 || *ready >= needed) return {};
  if (t.observed->canary_slot.servers_ready == 0) return {};  // the canary serves nobody
  Weight wanted = std::min(t.desired.canary, t.observed->canary);
  if (*ready > 0 && wanted <= kLightShare) return {};
  int missing = Weight::kFull - Weight::kFull * *ready / needed;
  return std::min(wanted, Weight::from_units(missing));
}

void wait_for_capacity(Context& c, Weight keep) {
  ReleaseState& state = c.state;
  state.reason = Reason::stable_capacity;
  state.sentence = fmt::format(
      "stable has {} of {} instances ready: the canary keeps {} until there are more; abort with "
      "hard to return at once ({})",
      stable_ready(state).value_or(0), state.start.stable_instances, keep.to_string(),
      state.back.sentence);
  if (!state.back.capacity_told) {
    state.back.capacity_told = true;
    tell(c, Severity::alert, "stable-capacity", state.sentence);
  }
  if (c.spec.has_workload) {  // fresh ones that are there are capacity
    int wanted = std::max(stable_own(state), stable_wanted(state));
    want_workload(c, Slot::stable, wanted, When::at_once);
  }
}

// Where going into maintenance would cut connections, they get the drain time first.
bool is_draining(Context& c) {
  ReturnState& back = c.state.back;
  if (!c.state.start.drain_first || back.hard || c.spec.hard || c.spec.drain == Duration{})
    return false;
  if (!back.drain_until) {
    bool at_zero = c.state.traffic.confirmed && c.state.traffic.desired.canary.units() == 0;
    if (at_zero) back.drain_until = c.mono() + c.spec.drain;
    return true;
  }
  return c.mono() < *back.drain_until;
}

void complain(Context& c) {
  ReturnState& back = c.state.back;
  Duration elapsed = c.mono() - back.since.mono;
  if (elapsed >= kReturnLate && !back.late_told) {
    back.late_told = true;
    tell(c, Severity::alert, "return-to-stable-late",
         fmt::format(
             "the router has not confirmed for {} that the canary is out; it may still take "
             "{}: {}",
             format_duration(kReturnLate), share_possible(c.state).to_string(), back.sentence));
  }
  // Without the router, that is: waiting for stable's capacity does not count.
  Duration unconfirmed = std::min(elapsed, c.mono() - c.state.traffic.unconfirmed_since);
  if (unconfirmed < kReturnEscalate || !c.spec.has_workload) return;
  if (!back.escalated) {
    back.escalated = true;
    tell(c, Severity::alert, "stopping-canary",
         fmt::format("no confirmation for {}: the canary's instances are stopped",
                     format_duration(kReturnEscalate)));
  }
  const auto& canary = c.state.workload.canary;
  if (!canary || canary->instances > 0) want_workload(c, Slot::canary, 0, When::at_once);
}

}  // namespace

void return_to_stable(Context& c, Cause cause, std::string sentence, bool hard) {
  ReleaseState& state = c.state;
  if (is_terminal(state.status)) return;
  if (state.status == ReleaseStatus::rolling_back) {
    state.back.hard = state.back.hard || hard;
    return;
  }
  state.promotion.stage = PromotionStage::none;
  state.back.cause = cause;
  state.back.sentence = sentence;
  state.back.since = c.now;
  state.back.hard = hard;
  log_step(c, state.step, StepOutcome::failed);
  if (state.promotion.copying) log_own_step(c, StepKind::deploy_rolling, StepOutcome::failed);
  log_approval(c, ApprovalStatus::withdrawn);
  tell(c, severity(cause), "rolling-back", sentence);
  if (state.traffic.desired.generation == 0) {  // nothing was ever commanded
    end(c, final_status(cause), std::move(sentence));
    return;
  }
  state.back.restore_stable = state.promotion.copying;
  set_status(c, ReleaseStatus::rolling_back, Reason::none, std::move(sentence));
  run_aside(c, HookPoint::rollback);
  state.recovering = false;
  state.traffic.drained = false;
  state.manual_weight.reset();
}

void returning(Context& c) {
  ReleaseState& state = c.state;
  TrafficState& t = state.traffic;
  if (Weight keep = share_to_keep(c); keep.units() > 0) {
    want_traffic(c, keep, true);
    wait_for_capacity(c, keep);
    return;
  }
  if (state.reason == Reason::stable_capacity) {
    state.reason = Reason::none;
    state.sentence = state.back.sentence;
  }
  if (state.back.restore_stable && state.workload.in_flight.empty()) {
    want_workload(c, Slot::stable, stable_own(state), When::at_once);
  }
  bool draining = is_draining(c);
  want_traffic(c, Weight(), draining);
  bool out = t.confirmed && !draining && t.stale_raise.empty();
  if (!out) {
    if (!t.confirmed) complain(c);
    return;
  }
  // A reading of its own must agree; and while a lost command could still land it is watched.
  if (c.mono() < t.uncertain_until || state.back.restore_stable) return;
  if (t.uncertain_until != Instant{}) {
    t.uncertain_until = {};
    t.seen_again = false;  // what was read until now was read too early
    ++t.turn;
  }
  if (!t.seen_again) return;
  end(c, final_status(state.back.cause), state.back.sentence);
}

}  // namespace serin::rollout::machine
