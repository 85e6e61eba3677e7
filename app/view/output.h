// How a command says what it has to say.
#pragma once

namespace CLI {
class App;
}

namespace serin::app {

enum class Output { text, json, junit };

// Adds -o, --output: text or json; junit where the command has verdicts to give as cases.
void add_output(CLI::App& command, Output& output, bool has_junit = false);

}  // namespace serin::app
