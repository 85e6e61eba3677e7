#include "base/environment.h"

#include <cstdlib>

namespace serin {

std::optional<std::string> environment_variable(const char* name) {
  const char* value = ::secure_getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace serin
