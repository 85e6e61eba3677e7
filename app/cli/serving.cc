// serin serve, and the commands that ask it: what they say becomes an exit status.
#include <cstdio>

#include "app/cli/commands.h"
#include "app/serving/commands.h"

namespace serin::app {
namespace {

ExitCode refuse(const Error& error) {
  if (error.code == Code::cancelled) {
    std::fputs("serin: interrupted; the release goes on\n", stderr);
    return ExitCode::interrupted;
  }
  std::fprintf(stderr, "serin: %s\n", error.to_string().c_str());
  return exit_code_of(error);
}

ExitCode end_of(const Status& status) {
  return status ? ExitCode::ok : refuse(status.error());
}

ExitCode end_of(const Result<Awaited>& awaited) {
  if (!awaited) return refuse(awaited.error());
  switch (*awaited) {
    case Awaited::promoted:
      return ExitCode::ok;
    case Awaited::rolled_back:
      return ExitCode::rolled_back;
    case Awaited::inconclusive:
      return ExitCode::inconclusive;
    case Awaited::aborted:
      return ExitCode::aborted;
    case Awaited::refused:
      return ExitCode::refused;
    case Awaited::timed_out:
      break;
  }
  return ExitCode::timeout;
}

}  // namespace

ExitCode command_serve(const ServeOptions& options) {
  return end_of(serve(options));
}
ExitCode command_token(const TokenOptions& options) {
  return end_of(manage_tokens(options));
}
ExitCode command_list(const ListOptions& options, const Terminal& terminal) {
  return end_of(show_list(options, terminal));
}
ExitCode command_watch(const WatchOptions& options, const Terminal& terminal) {
  auto interrupted = watch_release(options, terminal);
  if (!interrupted) return refuse(interrupted.error());
  return *interrupted ? refuse({Code::cancelled, ""}) : ExitCode::ok;
}
ExitCode command_status(const StatusOptions& options, const Terminal& terminal) {
  return end_of(await_release(options, terminal));
}
ExitCode command_release(const ReleaseOptions& options, const Terminal& terminal) {
  return end_of(start_release(options, terminal));
}

}  // namespace serin::app
