// When time alone may change a release.
#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

class Earliest {
 public:
  void add(Instant when) {
    if (when != Instant::max() && (!when_ || when < *when_)) when_ = when;
  }
  void add(const std::optional<Instant>& when) {
    if (when) add(*when);
  }
  std::optional<Instant> get() const { return when_; }

 private:
  std::optional<Instant> when_;
};

void add_timer(Earliest& earliest, const ReleaseSpec& spec, const ReleaseState& state) {
  if (!state.traffic.confirmed || is_held(state)) return;
  std::optional<Duration> planned;
  if (state.status == ReleaseStatus::promoting && state.promotion.stage == PromotionStage::verify) {
    planned = spec.verify;
  } else if (state.status == ReleaseStatus::progressing &&
             state.step < static_cast<int>(spec.steps.size())) {
    const ReleaseStep& step = spec.steps[static_cast<std::size_t>(state.step)];
    if (step.kind == StepKind::pause) planned = step.duration;
  }
  if (!planned) return;
  Duration end = state.timer.looked < *planned ? *planned : 2 * *planned;
  if (state.timer.looked < end) earliest.add(state.last_look.mono + (end - state.timer.looked));
}

void add_workload(Earliest& earliest, const ReleaseState& state) {
  if (state.workload.in_flight.empty()) earliest.add(state.workload.next_try);
}

}  // namespace

std::optional<Instant> next_wakeup(const ReleaseSpec& spec, const ReleaseState& state) {
  Earliest earliest;
  const TrafficState& t = state.traffic;
  if (is_terminal(state.status)) {
    const Remainder& remainder = state.remainder;
    if (remainder.hand_back && t.in_flight.empty()) earliest.add(t.next_try);
    for (const auto& stop : {remainder.stop_canary_at, remainder.stop_fresh_at}) {
      if (stop && state.workload.in_flight.empty()) {
        earliest.add(std::max(*stop, state.workload.next_try));
      }
    }
    return earliest.get();
  }
  if (state.start.stage == StartStage::idle) return std::nullopt;
  earliest.add(state.last_look.mono + kHeartbeat);
  if (state.status == ReleaseStatus::pending && state.start.stage == StartStage::preflight &&
      !state.start.asked) {
    earliest.add(state.start.next_try);
  }
  if (!t.confirmed && t.desired.generation > 0 && t.in_flight.empty() && may_send(state)) {
    earliest.add(waits_for_calm(state) ? std::max(t.next_try, state.calm_until) : t.next_try);
  }
  if (state.start.ready_since && state.start.stage == StartStage::ready) {
    earliest.add(*state.start.ready_since + spec.ready_for);
  }
  if (state.status == ReleaseStatus::rolling_back) {
    if (t.confirmed) earliest.add(t.uncertain_until);
    earliest.add(state.back.drain_until);
  }
  if (state.status == ReleaseStatus::promoting) {
    if (state.promotion.stage == PromotionStage::exchange && !state.promotion.in_flight) {
      earliest.add(state.promotion.next_try);
    }
    if (state.promotion.stage == PromotionStage::scale) add_workload(earliest, state);
  }
  if (state.start.stage == StartStage::instances) add_workload(earliest, state);
  if (looks_at_instances(spec, state)) earliest.add(state.workload.next_look);
  add_timer(earliest, spec, state);
  return earliest.get();
}

}  // namespace serin::rollout::machine
