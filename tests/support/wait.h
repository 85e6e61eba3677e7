// Waiting for something outside the process, which can't call back.
#pragma once

#include <functional>

#include "base/time.h"

namespace serin::test {

inline constexpr Duration kPatience = std::chrono::seconds(30);  // more than a busy machine needs

// Asks `condition` again and again until it holds; false where it did not within `patience`.
// Blocks.
bool wait_until(const std::function<bool()>& condition, Duration patience = kPatience);

}  // namespace serin::test
