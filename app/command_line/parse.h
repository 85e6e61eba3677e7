// The command line as a value, or why it is none.
#pragma once

#include <expected>
#include <string>

#include "app/cli/options.h"

namespace serin::app {

// Help and version texts go to stdout with status 0, errors to stderr with status 2.
struct ParseEnd {
  int status = 0;
  std::string text;
};

std::expected<Invocation, ParseEnd> parse_command_line(int argc, const char* const* argv);

}  // namespace serin::app
