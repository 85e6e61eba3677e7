// Instances: asked for until they are there.
#include <fmt/format.h>

#include "rollout/machine/phases.h"

namespace serin::rollout::machine {

void want_workload(Context& c, Slot slot, int instances, When when) {
  WorkloadState& workload = c.state.workload;
  if (!workload.in_flight.empty() || c.mono() < workload.next_try) return;
  if (when == When::after_durable && c.state.store_failed) return;
  workload.in_flight = next_key(c, "w");
  workload.next_try = c.mono() + kWorkloadEvery;
  const std::string& version = slot == Slot::canary ? c.spec.version : c.spec.stable_version;
  c.effects.push_back(
      {when, effect::ApplyWorkload{{c.spec.owner, slot, version, instances}, workload.in_flight}});
}

void on_workload(Context& c, const event::WorkloadOutcome& event) {
  WorkloadState& workload = c.state.workload;
  if (event.key != workload.in_flight || event.key.empty()) return;
  workload.in_flight.clear();
  workload.next_try = c.mono() + kWorkloadEvery;
  if (!event.observed) return;
  (event.slot == Slot::canary ? workload.canary : workload.stable) = event.observed;
  bool before_end = is_judged(c.state) && c.state.status != ReleaseStatus::paused;
  if (event.slot == Slot::canary && event.observed->mixed && before_end) {
    pause(c, Reason::mixed_canary,
          "the canary's instances are of more than one version: its metrics mean nothing");
  }
}

}  // namespace serin::rollout::machine
