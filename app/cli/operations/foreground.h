// What `run` and the operations that open a release share: a session shown on the terminal, line by
// line or as JSON, until it ends.
#pragma once

#include <memory>

#include "app/cli/exit_code.h"
#include "app/cli/options.h"
#include "app/session/session.h"
#include "app/view/terminal.h"

namespace serin::app {

// Says the error on stderr, with `json` also on stdout.
ExitCode give_up(const Error& error, Output output);

// Blocks until the release has ended. On a live terminal nothing times out a pause.
ExitCode run_session(AsioLoop& loop, Rng& rng, SessionOptions options,
                     std::unique_ptr<store::Store> store, const rollout::PinnedPlan& plan,
                     const Log& log, const Terminal& terminal, Output output);

}  // namespace serin::app
