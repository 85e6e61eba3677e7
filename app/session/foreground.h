// What `run` and the operations that open a release share: a session shown on the terminal, line by
// line or as JSON, until it ends.
//
//   SERIN_TRY(end, run_session(loop, rng, options, std::move(store), plan, log, terminal, false));
//
// It writes to stdout, and refusals to stderr.
#pragma once

#include <memory>

#include "app/session/session.h"
#include "app/view/terminal.h"

namespace serin::app {

// Blocks until the release has ended. On a live terminal nothing times out a pause. Errors: those
// of Session::open and Session::begin.
Result<SessionEnd> run_session(AsioLoop& loop, Rng& rng, SessionOptions options,
                               std::unique_ptr<store::Store> store, const rollout::PinnedPlan& plan,
                               const Log& log, const Terminal& terminal, bool json);

}  // namespace serin::app
