// serin history, serin events, serin audit.
#include "app/cli/commands.h"
#include "app/cli/tools.h"
#include "app/history/commands.h"

namespace serin::app {

ExitCode command_history(const HistoryOptions& options, const Terminal& terminal) {
  return end_of(show_history(options, terminal));
}
ExitCode command_events(const EventsOptions& options, const Terminal& terminal) {
  return end_of(show_events(options, terminal));
}
ExitCode command_audit(const AuditOptions& options, const Terminal& terminal) {
  return end_of(show_audit(options, terminal));
}

}  // namespace serin::app
