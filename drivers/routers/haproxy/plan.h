// Which commands bring a proxy from what was read to what is wanted. Pure.
//
// Commands of one line take effect one after the other, microseconds apart; they are put in an
// order in which the canary's share is never above both the old and the new one, and the slots
// never are without any weight.
#pragma once

#include <string>
#include <vector>

#include "drivers/routers/haproxy/conversation.h"
#include "drivers/routers/haproxy/options.h"
#include "drivers/routers/haproxy/readback.h"

namespace serin::drivers {

// Takes the canary out of service: everything to stable, then `weight 0; state maint` for each of
// its servers. Sent whatever the state was, so that it may rest on an old readback: only names are
// taken from it.
void plan_leave(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk);

// Where no stable server is up: brings those back that a reload disabled because the file still
// calls them the canary's.
void plan_regain(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk);

// Brings canary servers that are out of service back, without traffic, and down until their health
// checks pass: `weight 0; state ready; health down`; stable ones that a reload disabled likewise.
// Returns the paths of those that must pass. HAProxy itself would take a server for up until checks
// fail.
std::vector<std::string> plan_ready(const HaproxyOptions& options, const HaproxyReadback& now,
                                    Conversation& talk);

// Takes the canary's share away where the lease lapsed: it must not come back with the lease alone.
void plan_quiet(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk);

// Sets the canary's share; says nothing where it is set already. Map layout: `leased` says what is
// left of it without serin, nothing or all. Errors: see weights_for.
Status plan_split(const HaproxyOptions& options, const HaproxyReadback& now, rollout::Weight share,
                  bool leased, Conversation& talk);

// Brings the match rules in force to those wanted; says nothing where they are. Errors:
// failed_precondition (rules, and no map for them), invalid_argument (a rule that can't be said).
Status plan_content(const HaproxyOptions& options, const HaproxyReadback& now,
                    const std::vector<rollout::MatchRule>& rules, Conversation& talk);

// Map layout: what is left without serin becomes all of stable's.
void plan_base(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk);

// The map's value that gives all to the slot that is stable.
int stable_units(const HaproxyOptions& options);

}  // namespace serin::drivers
