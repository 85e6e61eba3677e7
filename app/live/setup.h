// From a rollout's file to what runs it: the ticket of a release, its analysis. Its metric
// sources are made in sources.h, what acts for it in app/acting.
//
//   SERIN_TRY(ticket, make_ticket(plan, {.executor = user}));
//   Engine engine(config, analysis_factory());
//
// Composition only: each piece is somebody else's.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "analysis/release/policy.h"
#include "app/live/shell.h"
#include "app/record/kept.h"
#include "base/log.h"
#include "drivers/hooks/hook_runner.h"
#include "drivers/store/store.h"
#include "rollout/engine/engine.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

// Who and what is behind a release, for the history.
struct TicketOrigin {
  std::string executor{};
  std::string pipeline{};  // a link, or a name
  std::string revision{};  // of the policy: rollout::policy_revision
};

// The pinned plan is in the ticket; its time with extensions is what the analysis spreads its looks
// over. Errors: failed_precondition (a feature that is not supported yet), invalid_argument (no
// version, the same as stable).
Result<rollout::engine::Ticket> make_ticket(const rollout::PinnedPlan& plan,
                                            const TicketOrigin& origin);

// What the analysis of a release is made from. `live`: with the router's counters, and time for
// extensions.
Result<std::shared_ptr<const analysis::ReleasePolicy>> make_policy(const rollout::PinnedPlan& plan,
                                                                   const std::string& release,
                                                                   bool live);
// A rollback's ticket has none: it rests on a person's word.
// Where a release writes its own recording; null: nowhere.
using KeepRecording = std::function<std::shared_ptr<KeptFile>(const rollout::engine::Ticket&)>;
rollout::engine::MakeAnalysis analysis_factory(KeepRecording keep_recording = {});
// Whether a release may go on under an edited plan as far as router and workload go: those were
// made for the plan before. Errors: invalid_argument, naming what differs.
Status check_edit(const rollout::engine::Ticket& before, const rollout::PinnedPlan& after);
// Tickets of undone releases, out of the plan that the release before has pinned.
rollout::engine::MakeTicket ticket_factory();

// For LiveShell::Parts::hook. `runner` outlives what is returned.
LiveShell::RunHook run_hooks_by(drivers::HookRunner& runner);

// Takes away what is too old to be kept, in small steps beside all else; a failure goes to the log.
void prune_journal(store::Store& store, WallTime now, const Log& log);

// How long the plan's timed waits take; `extended`: at the most.
Duration planned_time(const rollout::Rollout& rollout, bool extended);
// The timed waits under a weight, as one. Zero where there is none.
analysis::PlannedExposure planned_exposure(const rollout::Rollout& rollout);

}  // namespace serin::app
