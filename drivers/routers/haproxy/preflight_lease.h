// Whether the canary would leave by itself if serin were gone. Pure.
//
// Map layout: the frontend takes the canary's share from the map only while the lease's backend is
// up, else the share under KEY.base. Weights layout: the canary's servers track the lease's server.
#pragma once

#include <string>
#include <vector>

#include "drivers/routers/haproxy/options.h"
#include "drivers/routers/haproxy/readback.h"

namespace serin::drivers {

struct ReadConfig;

// Without serin the canary is out after so long, by the checks' interval and count.
inline constexpr Duration kLeaseTimeMax = std::chrono::milliseconds(2500);

// Refusals, each with the lines to write; none where the lease is as it must be, or where the
// options name none.
std::vector<std::string> refusals_of_lease(const HaproxyOptions& options,
                                           const HaproxyReadback& now, const ReadConfig& config);

}  // namespace serin::drivers
