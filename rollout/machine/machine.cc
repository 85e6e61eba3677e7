#include "rollout/machine/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

// Phases may follow each other within one event (confirmed, promoted, ended, handed back).
constexpr int kPhasesMax = 8;

// Time counts where serin looked: traffic was confirmed and nothing held the release.
void look(ReleaseState& state, Now now) {
  Duration elapsed = now.mono - state.last_look.mono;
  state.last_look = now;
  bool timed =
      state.status == ReleaseStatus::progressing || state.status == ReleaseStatus::promoting;
  if (!timed || !state.traffic.confirmed || is_held(state)) return;
  if (elapsed <= Duration{} || elapsed > kLookGapMax) return;
  state.timer.looked += elapsed;
}

struct Handler {
  Context& c;
  void operator()(const event::Start& event) { on_start(c, event); }
  void operator()(const event::Preflighted& event) { on_preflighted(c, event); }
  void operator()(const event::TrafficOutcome& event) { on_outcome(c, event); }
  void operator()(const event::TrafficObserved& event) { on_observed(c, event); }
  void operator()(const event::WorkloadOutcome& event) { on_workload(c, event); }
  void operator()(const event::RolesExchanged& event) { on_exchanged(c, event); }
  void operator()(const event::HookOutcome& event) { on_hook(c, event); }
  void operator()(const event::Judged& event) { on_judged(c, event); }
  void operator()(const event::Operated& event) { on_operated(c, event); }
  void operator()(const event::Tick&) {}
  void operator()(const event::StoreFailed&) { c.state.store_failed = true; }
  void operator()(const event::StoreRestored&) { c.state.store_failed = false; }
  void operator()(const event::Recovered&) { on_recovered(c); }
  void operator()(const event::Superseded&) { on_superseded(c); }
};

void check_delivery(Context& c) {
  TrafficState& t = c.state.traffic;
  bool waiting = !t.confirmed && t.desired.generation > 0 && !is_terminal(c.state.status) &&
                 c.state.status != ReleaseStatus::rolling_back;
  if (!waiting || t.late_told || c.mono() - t.unconfirmed_since < kDeliveryLate) return;
  t.late_told = true;
  tell(c, Severity::warning, "delivery-late",
       fmt::format("the router has not confirmed {} for {}; it is sent again, nothing advances",
                   t.desired.canary.to_string(), format_duration(kDeliveryLate)));
}

void run_phase(Context& c) {
  switch (c.state.status) {
    case ReleaseStatus::pending:
    case ReleaseStatus::starting:
      return starting(c);
    case ReleaseStatus::progressing:
      return stepping(c);
    case ReleaseStatus::paused:
      want_content(c);  // an edit may have brought other rules, or none
      return check_approval_timeout(c);
    case ReleaseStatus::promoting:
      return promoting(c);
    case ReleaseStatus::rolling_back:
      return returning(c);
    default:
      return remaining(c);
  }
}

// What follows from the state now, whatever event led to it.
void settle(Context& c) {
  check_sources(c);
  look_at_instances(c);
  check_instances(c);
  for (int i = 0; i < kPhasesMax; ++i) {
    auto mark = [&] {
      return std::tuple(c.state.status, c.state.step, c.state.start.stage, c.state.promotion.stage);
    };
    auto before = mark();
    run_phase(c);
    if (mark() == before) break;
  }
  run_asides(c);
  if (!is_terminal(c.state.status)) deliver(c);
  check_delivery(c);
}

}  // namespace

Transition step(const ReleaseSpec& spec, ReleaseState state, const Event& event, Now now) {
  Transition transition{std::move(state), {}, false};
  ReleaseState next = transition.state;
  bool recovered = std::holds_alternative<event::Recovered>(event);
  Duration elapsed = now.mono - next.last_look.mono;
  if (!recovered) look(next, now);
  ReleaseState looked = next;
  Context c{spec, next, now, transition.effects};
  std::visit(Handler{c}, event);
  settle(c);
  bool running = !is_terminal(next.status) && next.start.stage != StartStage::idle;
  bool heartbeat = running && (elapsed >= kHeartbeat || elapsed < Duration{});
  if (next == looked && transition.effects.empty() && !heartbeat) return transition;
  transition.changed = !(next == transition.state);
  transition.state = std::move(next);
  return transition;
}

std::optional<Duration> observe_every(const ReleaseState& state) {
  const TrafficState& t = state.traffic;
  if (is_terminal(state.status)) {
    if (state.remainder.hand_back) return kObserveEvery;
    return std::nullopt;
  }
  if (state.start.stage < StartStage::look) return std::nullopt;
  if (state.start.stage == StartStage::look) return kConfirmEvery;
  bool confirming = !t.confirmed && t.desired.generation > 0;
  if (state.status == ReleaseStatus::rolling_back && !t.seen_again) return kConfirmEvery;
  return confirming || state.recovering ? kConfirmEvery : kObserveEvery;
}

bool is_wanted(const ReleaseState& state, const Effect& effect) {
  if (effect.when == When::at_once) return true;
  if (const auto* traffic = std::get_if<effect::ApplyTraffic>(&effect.action)) {
    return traffic->key == state.traffic.in_flight && !state.store_failed && !state.recovering;
  }
  if (const auto* workload = std::get_if<effect::ApplyWorkload>(&effect.action)) {
    return workload->key == state.workload.in_flight &&
           state.status != ReleaseStatus::rolling_back && !is_terminal(state.status);
  }
  if (const auto* hook = std::get_if<effect::RunHook>(&effect.action)) {
    return hook->key == state.gate.key && state.gate.running && is_judged(state);
  }
  if (std::holds_alternative<effect::ExchangeRoles>(effect.action)) {
    // Not what failed meanwhile, unless it may have been done already.
    bool recalled = state.promotion.recall != Cause::none && !state.promotion.uncertain;
    return state.promotion.stage == PromotionStage::exchange && state.promotion.in_flight &&
           state.status == ReleaseStatus::promoting && !recalled;
  }
  return true;
}

Weight share_possible(const ReleaseState& state) {
  const TrafficState& t = state.traffic;
  Weight share = t.observed ? t.observed->canary : t.accepted;
  if (!t.confirmed && t.attempt > 0) share = std::max(share, t.desired.canary);
  return share;
}

}  // namespace serin::rollout::machine
