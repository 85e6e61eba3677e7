// The process' environment, read once where the program is put together; nothing else reads it.
#pragma once

#include <optional>
#include <string>

namespace serin {

// Nothing where the variable is not set, or the process runs with more rights than its user.
std::optional<std::string> environment_variable(const char* name);

}  // namespace serin
