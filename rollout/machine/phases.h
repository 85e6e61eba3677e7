// The parts of the machine, by the phase that each looks after. Each does what follows from the
// state now, and nothing where nothing follows. Private.
#pragma once

#include "rollout/machine/context.h"

namespace serin::rollout::machine {

// Pending and Starting.
void on_start(Context& c, const event::Start& event);
void on_preflighted(Context& c, const event::Preflighted& event);
void look_at_route(Context& c, const event::TrafficObserved& event);
void starting(Context& c);
// True once the canary's instances are there and ready for traffic; they are brought up here where
// a step of the plan was to do it.
bool bring_up(Context& c);

// Progressing.
void stepping(Context& c);
void enter_step(Context& c, int index);
void check_approval_timeout(Context& c);

// Judgements, in every phase.
void on_judged(Context& c, const event::Judged& event);
void check_sources(Context& c);
// The guard on instances: all of the canary are down.
void check_instances(Context& c);

// Promoting.
void begin_promotion(Context& c, bool word);
void promoting(Context& c);
void on_exchanged(Context& c, const event::RolesExchanged& event);

// RollingBack.
void return_to_stable(Context& c, Cause cause, std::string sentence, bool hard = false);
// The same for what was judged or seen: while the roles may be changing, once it is known that they
// have not; nothing where they have.
void fail_release(Context& c, Cause cause, std::string sentence);
void returning(Context& c);

// After the end.
void end(Context& c, ReleaseStatus status, std::string sentence);
void remaining(Context& c);
void on_superseded(Context& c);

// Restart.
void on_recovered(Context& c);
// The route as it was found after a restart.
void recover_traffic(Context& c, const ObservedTraffic& observed);

// Instances.
void want_workload(Context& c, Slot slot, int instances, When when);
// True once the canary slot has so many ready instances, and no other number where `exactly`;
// they are asked for.
bool is_scaled(Context& c, int instances, bool exactly);
// By the last setCanaryScale, at this share of the traffic.
int instances_for(const Context& c, Weight weight);
bool looks_at_instances(const ReleaseSpec& spec, const ReleaseState& state);
void look_at_instances(Context& c);
void on_workload(Context& c, const event::WorkloadOutcome& event);

// Hooks. True once the one of this point has succeeded, or there is none; it is started here.
bool hook_passed(Context& c, HookPoint point);
// One that nothing waits for: started now, or after a restart again.
void run_aside(Context& c, HookPoint point);
void run_asides(Context& c);
void on_hook(Context& c, const event::HookOutcome& event);

// Operations.
void on_operated(Context& c, const event::Operated& event);

}  // namespace serin::rollout::machine
