// What HAProxy's set-up must not be for shares to mean anything. Pure.
#pragma once

#include <string_view>

#include "drivers/routers/haproxy/options.h"
#include "drivers/routers/haproxy/readback.h"

namespace serin::drivers {

// Refusals name the line to change. `stat` is the answer to `show stat` (the algorithm of each
// backend is in it).
rollout::Preflight preflight_of(const HaproxyOptions& options, const HaproxyReadback& now,
                                std::string_view stat);

}  // namespace serin::drivers
