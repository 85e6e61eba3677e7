// The operations of people as commands, for parse.cc.
#pragma once

#include "app/operate/options.h"

namespace CLI {
class App;
}

namespace serin::app {

// One command an operation; the chosen one fills `options`, which outlives `app`.
void add_operations(CLI::App& app, OperationOptions& options);
// `edit`; `arguments` get the texts of --set.
void add_edit(CLI::App& app, EditOptions& options, std::vector<std::string>& arguments);

}  // namespace serin::app
