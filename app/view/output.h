// How a command says what it has to say.
#pragma once

namespace CLI {
class App;
}

namespace serin::app {

enum class Output { text, json };

// Adds -o, --output: text or json.
void add_output(CLI::App& command, Output& output);

}  // namespace serin::app
