// What the exit status says: stable, documented in docs/reference, tested.
#pragma once

#include <span>

#include "app/cli/options.h"
#include "app/session/session.h"
#include "base/result.h"

namespace serin::app {

enum class ExitCode {
  ok = 0,             // done; promoted; nothing found
  error = 1,          // I/O and everything not named below
  usage = 2,          // the command line is wrong
  invalid_input = 3,  // a file does not validate
  refused = 4,        // not found, or not permitted in this status
  auth = 5,
  unreachable = 6,  // server, router or metrics can't be reached
  rolled_back = 10,
  aborted = 11,       // by a person
  inconclusive = 12,  // not enough evidence, or no data
  timeout = 13,
  unexpected = 20,  // a replay's expectation was not met
  interrupted = 130,
};

// All of them, in order.
std::span<const ExitCode> exit_codes();

// The status that tells of an error.
ExitCode exit_code_of(const Error& error);

// … and of a release's end.
ExitCode exit_code_of(SessionEnd end);

// Says the error on stderr, as JSON also on stdout; its status.
ExitCode give_up(const Error& error, Output output);

}  // namespace serin::app
