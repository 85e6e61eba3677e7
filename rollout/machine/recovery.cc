// After a restart: the canary's share becomes the lesser of journal and route, and never more.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

// Downtime counts towards nothing, and after a reboot the old instants mean nothing: all of them
// move by the time that nobody looked.
void rebase(ReleaseState& state, Now now) {
  Duration gap = now.mono - state.last_look.mono;
  auto shift = [&](Instant& instant) {
    if (instant != Instant{} && instant != Instant::max()) instant += gap;
  };
  auto shift_optional = [&](std::optional<Instant>& instant) {
    if (instant) shift(*instant);
  };
  TrafficState& t = state.traffic;
  for (Instant* instant :
       {&t.uncertain_until, &t.next_try, &t.unconfirmed_since, &state.start.since,
        &state.start.next_try, &state.workload.next_try, &state.workload.next_look,
        &state.promotion.next_try, &state.back.since.mono, &state.since.mono, &t.observed_at.mono,
        &state.created.mono}) {
    shift(*instant);
  }
  shift_optional(t.unreachable_since);
  shift_optional(state.start.ready_since);
  shift_optional(state.back.drain_until);
  shift_optional(state.remainder.stop_canary_at);
  shift_optional(state.remainder.stop_fresh_at);
  shift_optional(state.sources_down_since);
  state.last_look = now;
}

}  // namespace

void on_recovered(Context& c) {
  ReleaseState& state = c.state;
  TrafficState& t = state.traffic;
  rebase(state, c.now);
  // No outcome of the time before will come. A command may still be on its way.
  const bool unknown =
      t.in_flight_gives || c.mono() < t.uncertain_until || (state.recovering && t.attempt > 0);
  if (t.in_flight_gives || !t.stale_raise.empty()) t.uncertain_until = c.mono() + kUncertain;
  t.in_flight.clear();
  t.in_flight_gives = false;
  t.stale_raise.clear();
  t.attempt = 0;
  t.next_try = c.mono();
  t.turn += kGenerationGap;
  t.desired.generation += t.desired.generation == 0 ? 0 : kGenerationGap;
  state.workload.in_flight.clear();
  state.workload.look.clear();
  state.workload.next_look = c.mono();
  state.workload.next_try = c.mono();
  state.start.asked = false;
  repeat_hooks(c);
  state.start.ready_since.reset();
  state.promotion.uncertain = state.promotion.uncertain || state.promotion.in_flight;
  state.promotion.in_flight = false;
  state.promotion.next_try = c.mono();
  state.judged_step = -1;
  state.calm_until = c.mono() + kRecoverySettle;
  state.store_failed = false;
  if (is_terminal(state.status)) {
    // Whether the mark is still there is seen first.
    if (state.remainder.hand_back) t.next_try = Instant::max();
    return;
  }
  if (state.status == ReleaseStatus::rolling_back) {
    t.confirmed = false;
    t.seen_again = false;
    t.unconfirmed_since = c.mono();
    t.uncertain_until = c.mono() + kUncertain;
    // What is kept for want of stable's capacity is not given again before the route was read.
    if (t.desired.canary.units() > 0) t.attempt = 1;
    return;
  }
  // Roles that may have been exchanged make the route unreadable: the exchange is asked for again.
  if (state.promotion.stage == PromotionStage::exchange) return;
  state.recovering = t.desired.generation > 0;
  // The route says whether what was commanded last was carried out, as far as it can.
  if (state.recovering && unknown) t.attempt = 1;
}

void recover_traffic(Context& c, const ObservedTraffic& observed) {
  ReleaseState& state = c.state;
  TrafficState& t = state.traffic;
  state.recovering = false;
  bool was_confirmed = t.confirmed;
  bool commanded = t.attempt > 0;  // at the end, and nobody knows what came of it
  bool in_service = observed.canary_slot.in_service;
  t.confirmed = false;
  t.unconfirmed_since = c.mono();
  t.late_told = false;
  t.attempt = 0;
  t.settled_turn.reset();
  auto keep = [&] {
    t.confirmed = true;
    state.judged_step = -1;  // what was judged before is not of this traffic
    t.settled_turn = t.turn;
    t.seen_again = true;
    t.accepted = observed.canary;
    t.accepted_in_service = in_service;
    t.accepted_content = observed.content;
    t.ready = {observed.stable.servers_ready, observed.canary_slot.servers_ready};
    t.instance = observed.router_instance;
  };
  if (matches(t.desired, observed)) return keep();
  // Neither what is recorded nor what a command was to change.
  bool other_rules = !observed.content.empty() &&
                     observed.content != content_id(t.desired.content) &&
                     (was_confirmed || observed.content != t.accepted_content);
  bool no_rules = observed.content.empty() && !t.desired.content.empty();
  bool more = observed.canary > t.desired.canary || (in_service && !t.desired.canary_in_service) ||
              other_rules;
  // A raise that was carried out after all and drained since leaves the same as one that was not.
  bool unclear = commanded && (observed.canary.units() == 0 || no_rules);
  bool out = !in_service && t.accepted_in_service && t.desired.canary_in_service;
  bool less_share =
      observed.canary < std::min(t.accepted, t.desired.canary) && !health_explains(t, observed);
  bool less_rules = (no_rules || other_rules) && !t.accepted_content.empty();
  if (more && (out || less_share || less_rules || (!was_confirmed && unclear))) {
    const Weight recorded = t.desired.canary;
    t.desired.canary_in_service = t.desired.canary_in_service && in_service;
    t.desired.canary = t.desired.canary_in_service ? std::min(observed.canary, recorded) : Weight();
    if (no_rules || other_rules) t.desired.content.clear();
    ++t.desired.generation;
    t.drained = true;
    pause(c, Reason::recovered,
          fmt::format("after a restart the canary had {}{}{}, recorded are {}: it gets the less of "
                      "both, {}{}, until a person continues",
                      observed.canary.to_string(), in_service ? "" : " and was out of service",
                      no_rules      ? " without its rules"
                      : other_rules ? " and other rules"
                                    : "",
                      recorded.to_string(), t.desired.canary.to_string(),
                      no_rules || other_rules ? " and no rules on content" : ""));
    return;  // deliver() lowers it at once
  }
  if (more) {
    tell(c, Severity::warning, "recovered-lowered",
         fmt::format("after a restart the canary had {}{}, recorded are {}: lowered",
                     observed.canary.to_string(),
                     observed.content.empty() ? "" : " and rules on content",
                     t.desired.canary.to_string()));
    return;  // deliver() lowers it at once
  }
  bool as_before = observed.canary == t.accepted && in_service == t.accepted_in_service &&
                   (!no_rules || t.accepted_content.empty());
  if (!was_confirmed && as_before && !unclear) {
    t.settled_turn = t.turn;
    return;  // the recorded raise was never carried out: it is due as any step is
  }
  if (was_confirmed && health_explains(t, observed)) return keep();
  std::string sentence = fmt::format(
      "after a restart the canary had {}{}, recorded are {}: {}; serin leaves it so until a person "
      "continues",
      observed.canary.to_string(), in_service ? "" : " and was out of service",
      t.desired.canary.to_string(),
      !was_confirmed && as_before
          ? "that was commanded at the end, and was not carried out or was taken back"
          : "somebody or something took it down meanwhile");
  t.desired.canary = in_service ? observed.canary : Weight();
  t.desired.canary_in_service = in_service;
  if (observed.content.empty()) t.desired.content.clear();
  ++t.desired.generation;
  t.drained = true;
  keep();
  pause(c, Reason::recovered, std::move(sentence));
}

}  // namespace serin::rollout::machine
