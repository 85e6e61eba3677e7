// The commands that read what the journal keeps for people, beside a serin that runs or without
// one. Results go to stdout.
#pragma once

#include "app/history/options.h"
#include "app/view/terminal.h"
#include "base/result.h"

namespace serin::app {

// Errors: not_found (no journal, nothing of that name), and those of store::Reader.
Status show_history(const HistoryOptions& options, const Terminal& terminal);
Status show_audit(const AuditOptions& options, const Terminal& terminal);
// With --follow it returns once the release has ended, or after SIGINT or SIGTERM.
Status show_events(const EventsOptions& options, const Terminal& terminal);

}  // namespace serin::app
