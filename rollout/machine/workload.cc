// Instances: asked for until they are there.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "rollout/machine/phases.h"

namespace serin::rollout::machine {

void want_workload(Context& c, Slot slot, int instances, When when) {
  WorkloadState& workload = c.state.workload;
  if (!workload.in_flight.empty() || c.mono() < workload.next_try) return;
  if (when == When::after_durable && c.state.store_failed) return;
  bool copying = c.state.status == ReleaseStatus::promoting && c.state.promotion.copying;
  ask_workload(
      c,
      {c.spec.owner, slot, slot == Slot::canary || copying ? c.spec.version : c.spec.stable_version,
       instances},
      when);
}

void ask_workload(Context& c, DesiredWorkload desired, When when) {
  WorkloadState& workload = c.state.workload;
  SERIN_ASSERT(workload.in_flight.empty());
  workload.look.clear();
  workload.in_flight = next_key(c, "w");
  workload.stable_last = desired.slot == Slot::stable;
  workload.next_try = c.mono() + kWorkloadEvery;
  c.effects.push_back({when, effect::ApplyWorkload{std::move(desired), workload.in_flight}});
}

int instances_for(const Context& c, Weight weight) {
  const std::optional<CanaryScale>& scale = c.state.scale;
  if (!scale) return c.spec.canary_instances;
  if (scale->replicas) return *scale->replicas;
  std::int64_t units = (scale->weight ? *scale->weight : weight).units();
  std::int64_t all = c.state.start.stable_instances;
  return std::max(1, static_cast<int>((units * all + Weight::kFull - 1) / Weight::kFull));
}

namespace {

bool holds(const std::optional<ObservedWorkload>& slot, int instances, bool exactly) {
  return slot && slot->ready >= instances && !slot->mixed &&
         (!exactly || slot->instances == instances);
}

}  // namespace

bool is_scaled(Context& c, int instances, bool exactly) {
  WorkloadState& workload = c.state.workload;
  bool canary = holds(workload.canary, instances, exactly);
  bool stable = true;
  if (has_baseline(c)) {
    if (!baseline_begun(c)) return false;
    c.state.baseline.fresh = exactly ? instances : std::max(instances, c.state.baseline.fresh);
    stable = holds(workload.stable, stable_wanted(c.state), exactly);
  }
  if (canary && stable) return true;
  // By turns, so that both start at the same time.
  bool stable_first = !stable && (canary || !workload.stable_last);
  stable_first ? want_workload(c, Slot::stable, stable_wanted(c.state), When::after_durable)
               : want_workload(c, Slot::canary, instances, When::after_durable);
  return false;
}

namespace {

std::string scaling_place(const Context& c) {
  if (c.state.status == ReleaseStatus::promoting) return "the promotion";
  return fmt::format("step {}", c.state.step + 1);
}

std::string counted(const std::optional<ObservedWorkload>& slot) {
  if (!slot) return "nothing is known of it";
  if (slot->mixed) return "of more than one version";
  return fmt::format("{} there, {} ready", slot->instances, slot->ready);
}

bool is_copying(const Context& c) {
  return c.state.status == ReleaseStatus::promoting &&
         c.state.promotion.stage == PromotionStage::copy;
}

// Of stable's instances while they are brought to the new version.
std::string copied_so_far(const Context& c, int wanted) {
  const std::optional<ObservedWorkload>& stable = c.state.workload.stable;
  std::string text =
      fmt::format("stable: {} of {} wanted, {}", wanted, c.spec.version, counted(stable));
  if (stable && !stable->version.empty() && stable->version != c.spec.version) {
    text += " of " + stable->version;
  }
  const SlotState& seen = c.state.traffic.observed->stable;
  if (seen.health_known && seen.servers_ready < wanted) {
    text += fmt::format("; the router has {} of stable's {} servers ready", seen.servers_ready,
                        seen.servers_total);
  }
  return text;
}

// What a scaling waits for.
std::string scaling_sentence(const Context& c, int wanted) {
  const WorkloadState& workload = c.state.workload;
  std::string sentence = fmt::format("{} waits for instances: ", scaling_place(c));
  sentence += is_copying(c)
                  ? copied_so_far(c, wanted)
                  : fmt::format("canary: {} wanted, {}", wanted, counted(workload.canary));
  if (has_baseline(c) && c.state.status == ReleaseStatus::progressing) {
    sentence +=
        fmt::format("; stable: {} wanted, {} of them fresh to compare with, {}",
                    stable_wanted(c.state), c.state.baseline.fresh, counted(workload.stable));
  }
  if (!workload.problem.empty()) sentence += fmt::format(" ({})", workload.problem);
  return sentence;
}

// What a person can do then.
std::string scaling_advice(const Context& c) {
  if (is_copying(c)) {
    return fmt::format("resume asks for them again, abort brings stable back to {}",
                       c.spec.stable_version);
  }
  if (c.state.status == ReleaseStatus::promoting) return "resume asks for them again";
  return "resume asks for them again, continue goes on with those that are there";
}

std::string refused_instances(const Context& c, Slot slot) {
  if (slot == Slot::canary) return "the canary's instances";
  if (is_copying(c)) return fmt::format("stable's instances of {}", c.spec.version);
  return fresh_instances(c);
}

}  // namespace

void wait_for_instances(Context& c, int wanted) {
  Timer& timer = c.state.timer;
  if (!timer.scaling_from) timer.scaling_from = timer.looked;
  const Duration waited = timer.looked - *timer.scaling_from;
  if (waited >= c.spec.start_deadline) {
    pause(c, Reason::capacity,
          fmt::format("{}, since {}; {}", scaling_sentence(c, wanted),
                      format_duration(c.spec.start_deadline), scaling_advice(c)));
  } else if (waited >= kStartLate && !timer.scaling_told) {
    timer.scaling_told = true;
    tell(c, Severity::warning, "scaling-late",
         fmt::format("{}, since {}", scaling_sentence(c, wanted), format_duration(kStartLate)));
  }
}

void on_refused(Context& c, Slot slot, const std::string& error) {
  ReleaseState& state = c.state;
  if (!is_active(state) || state.status == ReleaseStatus::rolling_back) return;
  std::string what = refused_instances(c, slot);
  if (state.start.stage == StartStage::instances) {
    return_to_stable(c, Cause::refused, fmt::format("{} can't be started: {}", what, error));
    return;
  }
  const bool scales =
      state.status == ReleaseStatus::progressing || is_copying(c) ||
      (state.status == ReleaseStatus::promoting && state.promotion.stage == PromotionStage::scale);
  if (!scales) return;
  pause(
      c, Reason::capacity,
      fmt::format("{}: {} can't be had: {}; {}", scaling_place(c), what, error, scaling_advice(c)));
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
  if (event.key.empty() || (event.key != workload.look && event.key != workload.in_flight)) return;
  if (is_terminal(c.state.status)) {
    note_removal(c, event.slot, event.error);
  } else {
    workload.problem = event.error;
  }
  if (event.key == workload.look) {
    workload.look.clear();
  } else {
    workload.in_flight.clear();
    bool stable = event.slot == Slot::stable && event.result == Outcome::done;
    if (stable && c.state.status == ReleaseStatus::promoting) c.state.promotion.copied = true;
    if (stable && c.state.back.restore_stable) {
      c.state.back.restore_stable =
          event.observed && event.observed->ready < c.state.start.stable_instances;
    }
    workload.next_try = c.mono() + kWorkloadEvery;
    if (event.refused) on_refused(c, event.slot, event.error);
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
