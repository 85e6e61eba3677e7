// Instances: asked for until they are there.
#include <fmt/format.h>

#include "rollout/machine/phases.h"

namespace serin::rollout::machine {

void want_workload(Context& c, Slot slot, int instances, When when) {
  WorkloadState& workload = c.state.workload;
  if (!workload.in_flight.empty() || c.mono() < workload.next_try) return;
  if (when == When::after_durable && c.state.store_failed) return;
  workload.look.clear();
  workload.in_flight = next_key(c, "w");
  workload.next_try = c.mono() + kWorkloadEvery;
  const std::string& version = slot == Slot::canary ? c.spec.version : c.spec.stable_version;
  c.effects.push_back(
      {when, effect::ApplyWorkload{{c.spec.owner, slot, version, instances}, workload.in_flight}});
}

bool looks_at_instances(const ReleaseSpec& spec, const ReleaseState& state) {
  return spec.has_workload && state.exposed && is_judged(state) && state.workload.look.empty() &&
         state.workload.in_flight.empty();
}

void look_at_instances(Context& c) {
  WorkloadState& workload = c.state.workload;
  if (!looks_at_instances(c.spec, c.state) || c.mono() < workload.next_look) return;
  workload.look = next_key(c, "w");
  workload.next_look = c.mono() + kWorkloadLookEvery;
  Slot slot = workload.look_at_stable ? Slot::stable : Slot::canary;
  workload.look_at_stable = !workload.look_at_stable;
  c.effects.push_back({When::at_once, effect::ObserveWorkload{slot, workload.look}});
}

void on_workload(Context& c, const event::WorkloadOutcome& event) {
  WorkloadState& workload = c.state.workload;
  if (event.key.empty()) return;
  if (event.key == workload.look) {
    workload.look.clear();
  } else if (event.key == workload.in_flight) {
    workload.in_flight.clear();
    workload.next_try = c.mono() + kWorkloadEvery;
  } else {
    return;
  }
  if (!event.observed) return;
  (event.slot == Slot::canary ? workload.canary : workload.stable) = event.observed;
  bool before_end = is_judged(c.state) && c.state.status != ReleaseStatus::paused;
  if (event.slot == Slot::canary && event.observed->mixed && before_end) {
    pause(c, Reason::mixed_canary,
          "the canary's instances are of more than one version: its metrics mean nothing");
  }
}

}  // namespace serin::rollout::machine
