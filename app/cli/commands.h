// The commands. Each returns the exit status; results go to stdout, messages and progress to stderr.
#pragma once

#include "app/cli/exit_code.h"
#include "app/cli/options.h"

namespace serin::app {

ExitCode command_version(const VersionOptions& options);

}  // namespace serin::app
