// A command with a time limit whose output is wanted, on the loop.
//
//   run_command(loop, {.argv = {"systemctl", "is-active", "shop"}}, deadline,
//               [](Result<CommandResult> result) { result->exit_code; result->output; });
//
// No shell is involved unless argv names one. At the deadline the command is killed with its
// children; one that ended by itself may leave children behind (a service that it started), which
// go on. It feeds no input.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/result.h"

namespace serin {

class AsioLoop;

inline constexpr std::size_t kCommandOutputMax = 64U << 10U;  // bytes of stdout and of stderr, each

struct CommandOptions {
  std::vector<std::string> argv;                           // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env{};  // added to serin's
  std::string directory{};                                 // "" stays
};

struct CommandResult {
  int exit_code = 0;  // -1 where a signal ended it
  int signal = 0;
  std::string output;  // stdout; what goes beyond kCommandOutputMax is thrown away
  std::string errors;  // stderr, likewise
  bool truncated = false;
};

// Calls `done` once, on the loop, never from within the call. Errors: not_found, permission_denied,
// unavailable (can't be started), deadline_exceeded (killed), cancelled (killed). Thread: loop.
Cancellation run_command(AsioLoop& loop, const CommandOptions& options, Instant deadline,
                         std::move_only_function<void(Result<CommandResult>)> done);

}  // namespace serin
