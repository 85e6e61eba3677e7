// Asks every query of a configuration once, and names what a document alone can't tell: servers
// that do not answer, queries that are refused or find nothing, conditions that the real answer
// can't be put to, windows too short for the real scrape interval.
//
//   lint_online(files, loaded.set, pin_options, ask, now, problems);
//
// It changes nothing anywhere. Templates are asked with the arguments that are given; those that
// need more are named, not guessed.
#pragma once

#include <vector>

#include "app/analyze/look.h"
#include "rollout/plan/load/load.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

// Adds to `problems`, with the places of the documents. `set` is what the files hold.
void lint_online(const std::vector<rollout::ConfigFile>& files, const rollout::ConfigSet& set,
                 const rollout::PinOptions& options, const AskProvider& ask, Now now,
                 config::Diagnostics& problems);

}  // namespace serin::app
