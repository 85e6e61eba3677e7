// Values as YAML text that people read: block style, two spaces, members in their order, the same
// bytes for the same value. Whatever a reader could take for something else stands in double
// quotes.
#pragma once

#include <string>

#include "base/json.h"

namespace serin::rollout {

std::string to_yaml(const Json& value);

}  // namespace serin::rollout
