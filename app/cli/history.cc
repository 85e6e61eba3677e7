// serin history, serin events, serin audit.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/history/commands.h"

namespace serin::app {
namespace {

ExitCode end_of(const Status& status) {
  if (status) return ExitCode::ok;
  std::fprintf(stderr, "serin: %s\n", status.error().to_string().c_str());
  return exit_code_of(status.error());
}

}  // namespace

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
