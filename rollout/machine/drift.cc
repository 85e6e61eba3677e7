// A confirmed share that is another now: whose change is it?
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

// Sends the same state again.
void reassert(Context& c) {
  forget_delivery(c);
  ++c.state.traffic.desired.generation;
}

void accept(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  t.accepted = observed.canary;
  t.accepted_in_service = observed.canary_slot.in_service;
  t.accepted_content = observed.content;
  t.ready = {observed.stable.servers_ready, observed.canary_slot.servers_ready};
}

// Whether the share changed because servers went up or down, with the same weights. Where both
// slots are one backend the odds scale with the servers that are ready; where each is a backend of
// its own the share does not change until all of one are down.
}  // namespace

bool health_explains(const TrafficState& t, const ObservedTraffic& observed) {
  if (!observed.canary_slot.in_service) return false;
  int stable = observed.stable.servers_ready;
  int canary = observed.canary_slot.servers_ready;
  if (t.ready.stable == stable && t.ready.canary == canary) return false;
  if (canary == 0) return observed.canary.units() == 0;
  if (stable == 0) return observed.canary == Weight::full();
  if (t.ready.stable == 0 || t.ready.canary == 0) return true;  // no share to scale from
  double share = t.accepted.fraction();
  if (share >= 1) return false;
  double odds = share / (1 - share) * (static_cast<double>(canary) / t.ready.canary) /
                (static_cast<double>(stable) / t.ready.stable);
  double expected = Weight::kFull * odds / (1 + odds);
  return std::abs(observed.canary.units() - expected) <= std::max(5.0, expected / 50);
}

namespace {

void respect_drain(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  Weight before = t.accepted;
  t.desired.canary = std::min(observed.canary, t.desired.canary);
  t.desired.canary_in_service = observed.canary_slot.in_service;
  if (!t.desired.canary_in_service) t.desired.canary = Weight();
  bool rules_gone = observed.content.empty() && !t.desired.content.empty();
  if (rules_gone) t.desired.content.clear();
  overtake(t);
  ++t.desired.generation;
  t.drained = true;
  t.confirmed = true;
  t.settled_turn = t.turn;
  accept(c, observed);
  std::string what = fmt::format("somebody took the canary from {} to {} at the router{}",
                                 before.to_string(), observed.canary.to_string(),
                                 observed.canary_slot.in_service ? "" : ", out of service");
  if (rules_gone && observed.canary == before && observed.canary_slot.in_service) {
    what = "somebody took the canary's rules on content away at the router";
  }
  pause(c, Reason::external_change, what + "; serin leaves it so until a person continues");
}

void undo_raise(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  if (c.mono() < t.uncertain_until) {  // a command of ours that was thought lost
    reassert(c);
    return;
  }
  ++t.foreign_raises;
  std::string what = fmt::format("somebody raised the canary from {} to {} at the router",
                                 t.accepted.to_string(), observed.canary.to_string());
  if (observed.content != content_id(t.desired.content)) {
    what = "somebody gave the canary other rules on content at the router";
  }
  if (t.foreign_raises > 1) {
    tell(c, Severity::alert, "second-writer", what + " again: there is a second writer");
    return_to_stable(c, Cause::second_writer, what + " again: a second writer");
    return;
  }
  tell(c, Severity::warning, "external-raise", what + "; undone");
  reassert(c);
}

}  // namespace

void check_drift(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  if (c.state.status == ReleaseStatus::rolling_back) {
    // More is taken down again, whoever raised it; less is on the way to zero.
    if (matches(t.desired, observed)) return;
    bool more = observed.canary > t.desired.canary || !observed.content.empty() ||
                (observed.canary_slot.in_service && !t.desired.canary_in_service);
    if (more) {
      reassert(c);
    } else {
      t.desired.canary = observed.canary;
      t.desired.canary_in_service = observed.canary_slot.in_service;
      accept(c, observed);
    }
    return;
  }
  if (observed.router_instance != t.instance && !observed.router_instance.empty() &&
      !t.instance.empty()) {
    tell(
        c, Severity::info, "router-restarted",
        fmt::format("the router was restarted or reloaded and gives the canary {}; {} is set again",
                    observed.canary.to_string(), t.desired.canary.to_string()));
    t.instance = observed.router_instance;
    t.settled_turn.reset();  // what its configuration gives says nothing of a person
    reassert(c);
    return;
  }
  bool same_service = observed.canary_slot.in_service == t.desired.canary_in_service;
  if (observed.content != content_id(t.desired.content)) {
    bool less = observed.content.empty() || (!same_service && t.desired.canary_in_service) ||
                (observed.canary < t.accepted && !health_explains(t, observed));
    less ? respect_drain(c, observed) : undo_raise(c, observed);
    return;
  }
  if (observed.canary == t.accepted && same_service) {
    accept(c, observed);
    return;
  }
  if (!same_service) {
    observed.canary_slot.in_service ? undo_raise(c, observed) : respect_drain(c, observed);
    return;
  }
  if (health_explains(t, observed)) {
    // More than planned is put right by the driver, which knows the servers. Less is left alone,
    // unless stable has more of them than when the share was set.
    const int off = observed.canary.units() - t.desired.canary.units();
    const int tolerated = tolerance_units(t.desired.canary);
    const bool grown = observed.stable.servers_ready > t.ready.stable &&
                       observed.canary_slot.servers_ready >= t.ready.canary && !t.drained;
    accept(c, observed);
    if (off > tolerated || (grown && off < -tolerated)) reassert(c);
    return;
  }
  observed.canary < t.accepted ? respect_drain(c, observed) : undo_raise(c, observed);
}

void check_unconfirmed(Context& c, const ObservedTraffic& observed) {
  TrafficState& t = c.state.traffic;
  if (c.state.status == ReleaseStatus::rolling_back || t.drained) return;
  // Before the first confirmation, and after a reload, there is no share to compare with.
  if (t.instance.empty() || observed.router_instance != t.instance) return;
  bool in_service = observed.canary_slot.in_service;
  bool out = !in_service && t.accepted_in_service && t.desired.canary_in_service;
  bool less = observed.canary < std::min(t.accepted, t.desired.canary);
  // While other rules are on their way a router may have none for a moment.
  bool changing = !t.in_flight.empty() && t.accepted_content != content_id(t.desired.content);
  bool rules_out = !t.accepted_content.empty() && !t.desired.content.empty() &&
                   observed.content.empty() && !changing;
  if (out || rules_out || (less && !health_explains(t, observed))) respect_drain(c, observed);
}

}  // namespace serin::rollout::machine
