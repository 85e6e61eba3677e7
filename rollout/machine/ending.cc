// The end of a release, and what is left to do after it. Nothing here gives the canary traffic.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {

void end(Context& c, ReleaseStatus status, std::string sentence) {
  ReleaseState& state = c.state;
  TrafficState& t = state.traffic;
  set_status(c, status, Reason::none, std::move(sentence));
  state.ended = c.now.wall;
  if (state.start.stage >= StartStage::claim && !c.spec.restored) run_aside(c, HookPoint::end);
  state.recovering = false;
  state.sources_down_since.reset();
  state.sources_told = false;
  bool swapped = status == ReleaseStatus::succeeded && c.spec.promotion == PromoteBy::swap;
  state.remainder.hand_back = t.claimed;
  if (t.claimed) {
    // After a swap the canary slot is the one that was stable: it stays ready, without traffic.
    bool keep = status == ReleaseStatus::succeeded && !swapped;
    // What is not confirmed was not given yet, and isn't given now.
    Weight kept = t.confirmed ? t.desired.canary : std::min(t.desired.canary, t.accepted);
    bool in_service = swapped || (keep && (t.confirmed || t.accepted_in_service));
    want_traffic_as(c, "", keep ? kept : Weight(), in_service);
  }
  end_baseline(c);
  if (!c.spec.has_workload || !t.claimed) return;
  bool cleans = status == ReleaseStatus::succeeded && c.spec.promotion != PromoteBy::manual &&
                step_of_promotion(c.spec, StepKind::cleanup);
  if (cleans) log_own_step(c, StepKind::cleanup, StepOutcome::current);
  if (swapped) {
    // Its last requests have the drain's time.
    state.remainder.stop_canary_at = c.mono() + (cleans ? c.spec.drain : c.spec.warm);
    state.workload.canary.reset();  // what was known is the other slot's
  } else if (status != ReleaseStatus::succeeded || c.spec.promotion == PromoteBy::copy) {
    state.remainder.stop_canary_at = c.mono() + c.spec.drain;
  }
}

void remaining(Context& c) {
  ReleaseState& state = c.state;
  TrafficState& t = state.traffic;
  Remainder& remainder = state.remainder;
  if (remainder.hand_back && t.confirmed) remainder.hand_back = false;
  if (remainder.hand_back && t.in_flight.empty() && c.mono() >= t.next_try) {
    if (++remainder.attempts > kHandBackMax) {
      remainder.hand_back = false;
      tell(c, Severity::warning, "mark-left",
           fmt::format("the mark '{}' could not be taken off the route; the next release takes it "
                       "over",
                       c.spec.owner));
    } else {
      deliver(c);
      // Sent again only once the route was seen to carry our mark still: it may be another's.
      t.next_try = Instant::max();
    }
  }
  remove_baseline(c);
  if (!remainder.stop_canary_at || c.mono() < *remainder.stop_canary_at) return;
  if (state.workload.canary && state.workload.canary->instances == 0) {
    remainder.stop_canary_at.reset();
    auto cleanup = step_of_promotion(c.spec, StepKind::cleanup);
    bool cleaning =
        cleanup && state.log[static_cast<std::size_t>(*cleanup)].outcome == StepOutcome::current;
    if (cleaning) log_own_step(c, StepKind::cleanup, StepOutcome::done);
    return;
  }
  want_workload(c, Slot::canary, 0, When::at_once);
}

void on_superseded(Context& c) {
  if (!is_terminal(c.state.status)) return;
  c.state.remainder = {};
  c.state.asides.clear();
  c.state.traffic.next_try = Instant::max();
}

}  // namespace serin::rollout::machine
