// apply and delete on the command line.
#pragma once

#include "app/editing/options.h"

namespace CLI {
class App;
}

namespace serin::app {

void add_editing_commands(CLI::App& app, ApplyOptions& apply, DeleteOptions& gone);

}  // namespace serin::app
