#include "rollout/machine/traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "rollout/machine/phases.h"
#include "rollout/traffic/open_routes.h"

namespace serin::rollout::machine {
namespace {

void confirm(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  t.confirmed = true;
  t.seen_again = false;
  t.settled_turn = t.turn;
  c.state.judged_step = -1;  // what was judged before is not of this traffic
  t.accepted = observed.canary;
  t.accepted_in_service = observed.canary_slot.in_service;
  t.accepted_content = observed.content;
  t.ready = {observed.stable.servers_ready, observed.canary_slot.servers_ready};
  t.instance = observed.router_instance;
  t.late_told = false;
}

void note(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  t.observed = observed;
  t.observed_at = c.now;
  if (t.unreachable_told) tell(c, Severity::info, "router-back", "the router answers again");
  t.unreachable_since.reset();
  t.unreachable_told = false;
}

// While a release returns, return-to-stable-late says it.
void note_silence(Context& c, const std::string& why) {
  TrafficState& t = c.state.traffic;
  if (!t.unreachable_since) t.unreachable_since = c.mono();
  const bool quiet = t.unreachable_told || is_terminal(c.state.status) ||
                     c.state.status == ReleaseStatus::rolling_back;
  if (quiet || c.mono() - *t.unreachable_since < kRouterSilent) return;
  t.unreachable_told = true;
  tell(c, Severity::alert, "router-down",
       fmt::format("the router has not answered for {}: {}; the release holds, and what the canary "
                   "gets is not known",
                   format_duration(kRouterSilent), why));
}

bool is_foreign(const Context& c, const ObservedTraffic& observed) {
  return !observed.owner.empty() && observed.owner != c.spec.owner;
}

std::string foreign_mark(const ObservedTraffic& observed) {
  return fmt::format("the route carries the mark of '{}'", observed.owner);
}

// Another owner holds the route: from here on it is theirs, and serin writes no more.
void lose_route(Context& c, const std::string& what) {
  std::string sentence = what +
                         ": another controller writes it, so this release writes no more and the "
                         "canary's traffic is that controller's";
  c.state.back.cause = Cause::route_lost;
  c.state.back.sentence = sentence;
  c.state.traffic.claimed = false;
  overtake(c.state.traffic);  // what waits to be sent is not sent
  tell(c, Severity::alert, "route-lost", sentence);
  end(c, ReleaseStatus::failed, std::move(sentence));
}

}  // namespace

int tolerance_units(Weight weight) {
  if (weight.units() == 0) return 0;
  return std::clamp(weight.units() / 4, 5, 50);
}

bool matches(const DesiredTraffic& desired, const ObservedTraffic& observed) {
  if (observed.content != content_id(desired.content)) return false;
  if (observed.owner != desired.owner && !observed.owner.empty()) return false;
  if (desired.canary.units() == 0) {
    return observed.canary.units() == 0 &&
           observed.canary_slot.in_service == desired.canary_in_service;
  }
  return observed.canary_slot.in_service &&
         std::abs(observed.canary.units() - desired.canary.units()) <=
             tolerance_units(desired.canary);
}

bool gives_traffic(const ReleaseSpec& spec, const DesiredTraffic& desired) {
  return desired.canary.units() > 0 || (!spec.match.empty() && !desired.content.empty()) ||
         std::ranges::any_of(desired.content, &MatchRule::is_mirror);
}

bool is_all_down(const SlotState& canary) {
  return canary.in_service && canary.health_known && canary.servers_ready == 0;
}

bool is_raise(const TrafficState& t) {
  if (t.desired.canary.units() == 0 && !t.desired.canary_in_service) return false;
  if (!t.observed) return true;
  if (!t.desired.content.empty() && t.observed->content != content_id(t.desired.content)) {
    return true;
  }
  return t.desired.canary > t.observed->canary ||
         (t.desired.canary_in_service && !t.observed->canary_slot.in_service);
}

bool waits_for_calm(const ReleaseState& state) {
  if (state.status != ReleaseStatus::rolling_back) return is_raise(state.traffic);
  // What is kept for want of stable's capacity may be more than there is by now.
  return state.traffic.desired.canary.units() > 0;
}

void overtake(TrafficState& t) {
  if (!t.in_flight.empty() && t.in_flight_gives) t.stale_raise = t.in_flight;
  t.in_flight.clear();
  t.in_flight_gives = false;
}

void forget_delivery(Context& c) {
  TrafficState& t = c.state.traffic;
  t.confirmed = false;
  t.seen_again = false;
  t.attempt = 0;
  t.next_try = c.mono();
  t.unconfirmed_since = c.mono();
  t.late_told = false;
}

void want_traffic(Context& c, Weight weight, bool in_service) {
  want_traffic_as(c, c.spec.owner, weight, in_service);
}

void want_traffic_as(Context& c, std::string owner, Weight weight, bool in_service) {
  TrafficState& t = c.state.traffic;
  Duration drain = in_service ? Duration{} : c.spec.drain;
  bool splits = in_service && owner == c.spec.owner && weight < Weight::full();
  std::vector<MatchRule> content = splits ? content_of(c) : std::vector<MatchRule>();
  if (t.desired.generation > 0 && t.desired.owner == owner && t.desired.canary == weight &&
      t.desired.canary_in_service == in_service && t.desired.content == content) {
    return;
  }
  overtake(t);
  if (weight < t.accepted || (t.accepted_in_service && !in_service) ||
      (!t.accepted_content.empty() && content.empty())) {
    t.settled_turn.reset();
  }
  std::string gives_back;
  if (owner.empty()) {
    gives_back =
        c.state.start.stage == StartStage::clear ? c.state.start.stale_owner : c.spec.owner;
  }
  bool lease = c.spec.lease && !owner.empty();
  t.desired = {.owner = std::move(owner),
               .generation = t.desired.generation + 1,
               .canary = weight,
               .canary_in_service = in_service,
               .gives_back = std::move(gives_back),
               .lease = lease,
               .content = std::move(content),
               .drain = drain};
  forget_delivery(c);
}

std::vector<MatchRule> content_of(const Context& c) {
  const ReleaseState& state = c.state;
  bool paused =
      state.status == ReleaseStatus::paused && state.resume_to == ReleaseStatus::progressing;
  bool steps = state.status == ReleaseStatus::progressing || paused;
  if (!steps || state.start.stage != StartStage::started) return {};
  OpenRoutes open;
  for (int i = 0; i <= state.step && i < c.steps_count(); ++i) {
    const ReleaseStep& step = c.spec.steps[static_cast<std::size_t>(i)];
    bool reached = i < state.step || state.timer.prepared;
    if (is_route(step.kind) && reached) open.set(step.route, step.content);
  }
  std::vector<MatchRule> content = c.spec.match;
  std::ranges::copy(open.rules(), std::back_inserter(content));
  // What a person took away, or an edit of the plan since, is given back by a person's word alone.
  if (state.traffic.drained && state.traffic.desired.content != content) return {};
  return content;
}

void want_content(Context& c) {
  TrafficState& t = c.state.traffic;
  if (t.desired.owner != c.spec.owner) return;
  if (!t.desired.canary_in_service && t.desired.content.empty()) return;
  want_traffic(c, t.desired.canary, t.desired.canary_in_service);
}

bool may_send(const ReleaseState& state) {
  const TrafficState& t = state.traffic;
  bool seen = t.attempt == 0 || t.seen_turn == t.turn;
  // What is kept for want of stable's capacity is not given back where it is gone already.
  if (state.status == ReleaseStatus::rolling_back) return t.desired.canary.units() == 0 || seen;
  // What was observed before a restart says nothing: less may be there by now.
  if (state.recovering) return t.desired.canary.units() == 0 && !t.desired.canary_in_service;
  // What puts the canary in service is not repeated without a look at what became of it: somebody
  // may have drained meanwhile.
  if (!is_raise(t)) return seen || !t.desired.canary_in_service;
  // One raise at a time: an overtaken one must end first, or it could land last.
  if (state.store_failed || !t.stale_raise.empty()) return false;
  return seen;
}

void deliver(Context& c) {
  TrafficState& t = c.state.traffic;
  if (t.confirmed || t.desired.generation == 0) return;
  if (!t.in_flight.empty() || c.mono() < t.next_try) return;
  if (!may_send(c.state)) return;
  if (c.mono() < c.state.calm_until && waits_for_calm(c.state)) return;
  bool returning = c.state.status == ReleaseStatus::rolling_back;
  bool raise = !returning && is_raise(t);
  ++t.attempt;
  ++t.turn;
  t.in_flight = fmt::format("t{}.{}", t.desired.generation, t.attempt);
  t.in_flight_gives = raise || t.desired.canary.units() > 0 || !t.desired.content.empty();
  t.next_try = c.mono() + backoff(t.attempt, returning ? kReturnRetryMax : kRetryMax);
  t.claimed = t.claimed || t.desired.owner == c.spec.owner;
  if (gives_traffic(c.spec, t.desired) && t.desired.owner == c.spec.owner) c.state.exposed = true;
  c.effects.push_back(
      {raise ? When::after_durable : When::at_once, effect::ApplyTraffic{t.desired, t.in_flight}});
}

void on_outcome(Context& c, const event::TrafficOutcome& outcome) {
  TrafficState& t = c.state.traffic;
  if (outcome.key.empty()) return;
  bool unknown = outcome.result == Outcome::unknown;
  if (outcome.key == t.stale_raise) {
    t.stale_raise.clear();
    ++t.turn;
    if (unknown) t.uncertain_until = c.mono() + kUncertain;
    // It may have landed after the command that overtook it: that one is sent once more.
    if (outcome.result != Outcome::dropped) forget_delivery(c);
    return;
  }
  if (outcome.key != t.in_flight) return;
  bool gave = t.in_flight_gives;
  t.in_flight.clear();
  t.in_flight_gives = false;
  ++t.turn;
  switch (outcome.result) {
    case Outcome::done:
      if (!outcome.observed) break;
      note(c, *outcome.observed);
      if (is_foreign(c, *outcome.observed) && t.desired.owner == c.spec.owner) {
        lose_route(c, foreign_mark(*outcome.observed));
        return;
      }
      if (matches(t.desired, *outcome.observed)) confirm(c, *outcome.observed);
      break;
    case Outcome::failed:
      if (outcome.foreign_owner) {
        c.state.remainder.hand_back = false;
        if (!is_terminal(c.state.status)) lose_route(c, outcome.error);
        return;
      }
      if (!t.unreachable_since) t.unreachable_since = c.mono();
      break;
    case Outcome::unknown:
      if (gave) t.uncertain_until = c.mono() + kUncertain;
      break;
    case Outcome::dropped:
      break;
  }
}

void on_observed(Context& c, const event::TrafficObserved& event) {
  TrafficState& t = c.state.traffic;
  if (!event.observed) {
    note_silence(c, event.error);
    return;
  }
  const ObservedTraffic& observed = *event.observed;
  note(c, observed);
  if (is_terminal(c.state.status)) {
    if (!c.state.remainder.hand_back) return;
    if (observed.owner != c.spec.owner) {
      c.state.remainder.hand_back = false;  // the mark is gone, or somebody else's by now
    } else if (event.turn == t.turn && t.in_flight.empty()) {
      t.next_try = c.mono();
    }
    return;
  }
  if (c.state.start.stage < StartStage::clear) {
    look_at_route(c, event);
    return;
  }
  // Between the exchange and its outcome the slots may have changed their meaning.
  if (is_exchanging(c.state) && !c.state.recovering) return;
  bool cleared =
      c.state.start.stage == StartStage::clear && observed.owner == c.state.start.stale_owner;
  if (is_foreign(c, observed) && !cleared) {
    lose_route(c, foreign_mark(observed));
    return;
  }
  if (c.state.recovering) {
    recover_traffic(c, observed);
    return;
  }
  bool current = event.turn == t.turn;
  if (t.confirmed) {
    if (!current) return;  // read before a command or its outcome: too old to compare
    if (matches(t.desired, observed)) t.seen_again = true;
    check_drift(c, observed);
    return;
  }
  if (!current || t.attempt == 0 || !t.in_flight.empty()) {
    // Too old for what is wanted now, but not to show that somebody drained what was there.
    if (t.settled_turn && event.turn >= *t.settled_turn) check_unconfirmed(c, observed);
    return;
  }
  t.seen_turn = t.turn;
  if (matches(t.desired, observed)) {
    confirm(c, observed);
    t.seen_again = true;
  } else {
    check_unconfirmed(c, observed);
  }
}

}  // namespace serin::rollout::machine
