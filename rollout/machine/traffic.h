// Traffic as the machine handles it: a desired state that is sent until it is read back. Private.
#pragma once

#include "rollout/machine/context.h"

namespace serin::rollout::machine {

// Whatever is in flight is no longer what is wanted: a raise is remembered until its outcome.
void overtake(TrafficState& traffic);

// What is wanted counts as neither sent nor confirmed: it is sent at the next occasion.
void forget_delivery(Context& c);

// Makes (weight, in_service) what is wanted. Nothing happens where it is wanted already.
void want_traffic(Context& c, Weight weight, bool in_service);
// The same with another mark: "" gives the route back.
void want_traffic_as(Context& c, std::string owner, Weight weight, bool in_service);

// The rules on content that hold where the release stands: its own, and those of the header routes
// up to the current step.
std::vector<MatchRule> content_of(const Context& c);
// Wants the rules that hold now, with the share as it is.
void want_content(Context& c);

// Whether what is wanted may be sent, once its time has come.
bool may_send(const ReleaseState& state);

// Sends what is wanted, where it is not confirmed and may be sent now.
void deliver(Context& c);

// What is wanted gives the canary more than it is known to have.
bool is_raise(const TrafficState& traffic);
// Whether what is wanted is held back for a while after a restart.
bool waits_for_calm(const ReleaseState& state);

void on_outcome(Context& c, const event::TrafficOutcome& outcome);
void on_observed(Context& c, const event::TrafficObserved& event);

// Confirmed state that no longer is what is observed: health, a restart of the proxy, a person, a
// second writer.
void check_drift(Context& c, const ObservedTraffic& observed);

// A command that is not confirmed, and a route that has less than before it: a person's drain.
void check_unconfirmed(Context& c, const ObservedTraffic& observed);

// Whether a share other than the accepted one is due to servers that went up or down since.
bool health_explains(const TrafficState& traffic, const ObservedTraffic& observed);

// True where the read-back means what is wanted.
bool matches(const DesiredTraffic& desired, const ObservedTraffic& observed);
// By how much a router's granularity may miss `weight`; 0 for 0.
int tolerance_units(Weight weight);

// All of the canary's servers are down as the router sees them.
bool is_all_down(const SlotState& canary);

}  // namespace serin::rollout::machine
