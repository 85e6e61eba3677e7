// Asks a running serin by the control socket in its state directory: one line of JSON each way.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"

namespace serin::app {

inline constexpr const char* kControlSocket = "serin.sock";

// Errors: unavailable (nothing runs there: says how to start it), and what the other side refused,
// with its message; `answer`, where given, receives the refusal's details ("allowed": operations
// that would be).
Result<Json> ask_control(const std::string& state_directory, const Json& request,
                         Json* details = nullptr);

// The name of the user who runs this process, for the record.
std::string user_name();

}  // namespace serin::app
