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
// The same of whatever version, at once: nothing is in flight (asserted).
void ask_workload(Context& c, DesiredWorkload desired, When when);
// True once the canary slot has so many ready instances, and no other number where `exactly`, and
// stable as many fresh ones beside its own where they are compared; they are asked for.
bool is_scaled(Context& c, int instances, bool exactly);
// In mid-release nothing else ends the wait for so many instances, of the canary or, while the
// promotion copies, of stable: after ReleaseSpec::start_deadline a person is asked.
void wait_for_instances(Context& c, int wanted);
// Instances of this slot can't be, however often they are asked for.
void on_refused(Context& c, Slot slot, const std::string& error);
// By the last setCanaryScale, at this share of the traffic.
int instances_for(const Context& c, Weight weight);
bool looks_at_instances(const ReleaseSpec& spec, const ReleaseState& state);
void look_at_instances(Context& c);
void on_workload(Context& c, const event::WorkloadOutcome& event);

// Fresh instances of stable to compare with. Whether this release has them.
bool has_baseline(const Context& c);
// True once stable's own number is known, so that fresh ones can be asked for beside it.
bool baseline_begun(Context& c);
// Stable's own instances, and:
int stable_own(const ReleaseState& state);
// All that the stable slot is meant to hold now: its own, and fresh ones.
int stable_wanted(const ReleaseState& state);
// "2 fresh instances of stable to compare with (baseline: fresh)".
std::string fresh_instances(const Context& c);
// What the start waits for, of them; "" where it is something else.
std::string baseline_sentence(const Context& c);
// The router lists fewer servers of stable than it has instances with them.
bool lacks_servers(const Context& c);
// The end: they are no longer wanted, and taken away once their time has come.
void end_baseline(Context& c);
void remove_baseline(Context& c);
// What came of asking for that is told, once, where it is an error.
void note_removal(Context& c, Slot slot, const std::string& error);

// Hooks. True once the one of this point has succeeded, or there is none; it is started here.
bool hook_passed(Context& c, HookPoint point);
// One that nothing waits for: started now, or after a restart again.
void run_aside(Context& c, HookPoint point);
void run_asides(Context& c);
// After a restart: what became of those that ran is not known, they run again.
void repeat_hooks(Context& c);
void on_hook(Context& c, const event::HookOutcome& event);

// Operations.
void on_operated(Context& c, const event::Operated& event);

}  // namespace serin::rollout::machine
