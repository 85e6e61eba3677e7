// How a command says what it has to say.
#pragma once

namespace serin::app {

enum class Output { text, json };

}  // namespace serin::app
