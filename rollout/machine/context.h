// What the parts of the machine share: one step's view of a release, and the small verbs. Private.
#pragma once

#include <string>
#include <vector>

#include "rollout/machine/machine.h"

namespace serin::rollout::machine {

struct Context {
  const ReleaseSpec& spec;
  ReleaseState& state;
  Now now;
  std::vector<Effect>& effects;

  Instant mono() const { return now.mono; }
  int steps_count() const { return steps_before_promotion(spec); }
};

// Notifications are best effort and never wait.
void tell(Context& c, Severity severity, std::string event, std::string sentence);

void set_status(Context& c, ReleaseStatus status, Reason reason, std::string sentence);

// From any active status; a pause of another reason is replaced, where it goes back to stays.
void pause(Context& c, Reason reason, std::string sentence);

// In the plan, or past it, and not on the way back: FAIL returns to stable from here.
bool is_judged(const ReleaseState& state);
bool is_active(const ReleaseState& state);
// The roles are being exchanged: the canary may be stable already.
bool is_exchanging(const ReleaseState& state);

// Nothing may advance: the store is down, the route is not read yet, or metrics are down.
bool is_held(const ReleaseState& state);

// Ready instances that the canary slot needs to take all traffic.
int instances_needed(const Context& c);

// The weight that the plan, or a person, wants at the current step.
Weight target_weight(const Context& c);

void log_step(Context& c, int index, StepOutcome outcome);
// Of the promotion's own step of that kind, where the plan has one.
void log_own_step(Context& c, StepKind kind, StepOutcome outcome);
// Of the current step, where it waits for an approval.
void log_approval(Context& c, ApprovalStatus status);

std::string next_key(Context& c, std::string prefix);

// 100 ms, 200 ms, … up to `max`.
Duration backoff(std::uint64_t attempt, Duration max);

}  // namespace serin::rollout::machine
