// The options that say where the serin is that a command asks.
#pragma once

#include <string>

#include "app/remote/options.h"

namespace CLI {
class App;
}

namespace serin::app {

// --state, --server and what belongs to it. `state_help` says what the directory is for.
void add_remote(CLI::App& command, Remote& remote, const std::string& state_help);

// SERIN_SERVER and SERIN_TOKEN_FILE, where the command line names neither a server nor a directory,
// and no token.
void take_environment(Remote& remote);

}  // namespace serin::app
