// Brings an engine to where the journal says it was, and keeps the journal short.
#pragma once

#include <string>

#include "base/random.h"
#include "base/result.h"
#include "drivers/store/store.h"
#include "rollout/engine/engine.h"

namespace serin::app {

// The last snapshot, then every record after it. Errors: data_loss (run `serin journal check`),
// those of Reader.
Status restore_engine(rollout::engine::Engine& engine, const std::string& directory);

// The ticket of that release, or of the newest release of the rollout of that name, as the store
// has it. Errors: not_found; those of Reader.
Result<rollout::engine::Ticket> stored_ticket(const std::string& directory,
                                              const std::string& name);

// A release has ended: its entry, and a snapshot of the engine so that its records need not be read
// again.
store::Batch end_of_release(const rollout::engine::Engine& engine, const std::string& release);
store::ReleaseEntry entry_of(const rollout::engine::Engine& engine, const std::string& release);

// A name that no other store has, kept in the directory: part of every mark on a route. Errors:
// unavailable.
Result<std::string> instance_name(const std::string& directory, Rng& rng);

}  // namespace serin::app
