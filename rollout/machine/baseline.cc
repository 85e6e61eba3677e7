// Fresh instances of stable to compare the canary with: started with it, beside stable's own, and
// taken away after the end.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"

namespace serin::rollout::machine {
namespace {

void refuse_start(Context& c, std::string sentence) {
  return_to_stable(c, Cause::refused, std::move(sentence));
}

void look_at_stable(Context& c) {
  WorkloadState& workload = c.state.workload;
  if (!workload.look.empty() || !workload.in_flight.empty() || c.mono() < workload.next_try) return;
  workload.look = next_key(c, "w");
  workload.next_try = c.mono() + kWorkloadEvery;
  c.effects.push_back({When::at_once, effect::ObserveWorkload{Slot::stable, workload.look}});
}

// Stable's servers that are up, where the router knows.
int seen_by_router(const Context& c) {
  const auto& observed = c.state.traffic.observed;
  return observed && observed->stable.health_known ? observed->stable.servers_ready : 0;
}

// After a swap the instances that were stable's are in the canary slot.
bool is_exchanged(const ReleaseSpec& spec, const ReleaseState& state) {
  return state.status == ReleaseStatus::succeeded && spec.promotion == PromoteBy::swap &&
         state.promotion.stage == PromotionStage::exchange;
}

Slot slot_of_fresh(const Context& c) {
  return is_exchanged(c.spec, c.state) ? Slot::canary : Slot::stable;
}

}  // namespace

bool has_baseline(const Context& c) {
  return c.spec.fresh_baseline && c.spec.has_workload && !c.spec.instant;
}

int stable_own(const ReleaseState& state) {
  int seen = state.start.stable_instances;
  return state.baseline.own ? std::max(seen, state.baseline.own->instances) : seen;
}

int stable_wanted(const ReleaseState& state) {
  const BaselineState& baseline = state.baseline;
  return baseline.since ? baseline.own->instances + baseline.fresh : stable_own(state);
}

// Fresh ones that an earlier release has left go first: they are not fresh any more. Stable's own
// number is what the workload runs of it once all of that is ready.
bool baseline_begun(Context& c) {
  BaselineState& baseline = c.state.baseline;
  if (baseline.since) return true;
  const auto& stable = c.state.workload.stable;
  if (!stable) {
    look_at_stable(c);
    return false;
  }
  if (!stable->version.empty() && stable->version != c.spec.stable_version) {
    refuse_start(c, fmt::format("baseline: fresh starts more instances of stable, and the workload "
                                "runs {} in the stable slot where the release says {}",
                                stable->version, c.spec.stable_version));
    return false;
  }
  if (baseline.own && stable->instances > baseline.own->instances) {
    want_workload(c, Slot::stable, baseline.own->instances, When::after_durable);
    return false;
  }
  if (stable->instances == 0) {
    refuse_start(c,
                 "baseline: fresh starts more instances of stable beside those that the "
                 "workload runs, and it runs none in the stable slot: whoever runs stable "
                 "starts them");
    return false;
  }
  if (stable->instances < seen_by_router(c) || stable->mixed || stable->ready < stable->instances) {
    look_at_stable(c);
    return false;
  }
  baseline.own = {stable->instances, c.spec.stable_version};
  baseline.since = c.now.wall;
  return true;
}

std::string fresh_instances(const Context& c) {
  return fmt::format("{} fresh instances of stable to compare with (baseline: fresh)",
                     c.state.baseline.fresh);
}

bool lacks_servers(const Context& c) {
  const ReleaseState& state = c.state;
  const auto& observed = state.traffic.observed;
  return has_baseline(c) && state.start.stage == StartStage::ready && observed &&
         observed->stable.health_known && observed->stable.servers_total < stable_wanted(state);
}

std::string baseline_sentence(const Context& c) {
  const ReleaseState& state = c.state;
  if (!has_baseline(c)) return "";
  const auto& stable = state.workload.stable;
  std::string why = state.workload.problem.empty() ? "" : " (" + state.workload.problem + ")";
  if (state.start.stage == StartStage::instances) {
    if (!stable) return "the workload has not said what stable runs" + why;
    if (!state.baseline.since) {
      return fmt::format(
          "of stable's own {} instances {} are ready by the workload, {} by the "
          "router, and fresh ones are started beside all of them{}",
          stable->instances, stable->ready, seen_by_router(c), why);
    }
    if (stable->ready >= stable_wanted(state)) return "";
    return fmt::format("of stable's {} instances, {} of them fresh to compare with, {} are ready{}",
                       stable_wanted(state), state.baseline.fresh, stable->ready, why);
  }
  const auto& observed = state.traffic.observed;
  if (state.start.stage != StartStage::ready || !observed || !observed->stable.health_known) {
    return "";
  }
  const SlotState& seen = observed->stable;
  if (seen.servers_ready >= stable_wanted(state)) return "";
  std::string listed;
  if (lacks_servers(c)) {
    listed = fmt::format(" and lists {}: name servers for the fresh ones too", seen.servers_total);
  }
  return fmt::format(
      "the router has {} of stable's {} servers ready, {} of them for fresh instances "
      "to compare with{}",
      seen.servers_ready, stable_wanted(state), state.baseline.fresh, listed);
}

void end_baseline(Context& c) {
  ReleaseState& state = c.state;
  if (!state.baseline.own || !c.spec.has_workload) return;
  const StableOwn& own = *state.baseline.own;
  if (state.back.cause == Cause::route_lost) {
    // Another controller that took the route may count on them.
    if (!state.baseline.since) return;
    tell(c, Severity::warning, "fresh-left",
         fmt::format("the {} fresh instances of {} beside its own {} are left to the controller "
                     "that has the route now",
                     state.baseline.fresh, own.version, own.instances));
    return;
  }
  bool copied = state.status == ReleaseStatus::succeeded && state.promotion.copying;
  if (copied) return;  // that brought stable to its own number
  // They may have the requests' drain time, and serve meanwhile.
  state.remainder.stop_fresh_at = c.mono() + c.spec.drain;
  state.workload.problem.clear();
  state.workload.stable.reset();
  if (is_exchanged(c.spec, state)) state.workload.canary.reset();
}

void remove_baseline(Context& c) {
  ReleaseState& state = c.state;
  auto& at = state.remainder.stop_fresh_at;
  if (!at || c.mono() < *at) return;
  WorkloadState& workload = state.workload;
  const Slot slot = slot_of_fresh(c);
  const auto& seen = slot == Slot::canary ? workload.canary : workload.stable;
  const StableOwn& own = *state.baseline.own;
  // What is stopped as a whole takes them with it.
  const auto& stop = state.remainder.stop_canary_at;
  const bool stops = stop && c.mono() >= *stop;
  if ((stops && slot == Slot::canary) || (seen && seen->instances <= own.instances)) {
    at.reset();
    return;
  }
  if (stops && workload.stable_last) return;  // the canary's turn
  if (!workload.in_flight.empty() || c.mono() < workload.next_try) return;
  ask_workload(c, {c.spec.owner, slot, own.version, own.instances}, When::at_once);
}

void note_removal(Context& c, Slot slot, const std::string& error) {
  ReleaseState& state = c.state;
  const bool asked = state.remainder.stop_fresh_at && c.mono() >= *state.remainder.stop_fresh_at;
  if (!asked || slot != slot_of_fresh(c) || error.empty()) return;
  std::string& problem = state.workload.problem;
  if (problem.empty()) {
    const StableOwn& own = *state.baseline.own;
    tell(c, Severity::warning, "fresh-left",
         fmt::format("the fresh instances of {} beside its own {} can't be stopped: {}; serin asks "
                     "again, and so does the next release",
                     own.version, own.instances, error));
  }
  problem = error;
}

std::optional<StableOwn> fresh_left(const ReleaseSpec& spec, const ReleaseState& state) {
  if (!state.remainder.stop_fresh_at || is_exchanged(spec, state)) return std::nullopt;
  return state.baseline.own;
}

}  // namespace serin::rollout::machine
