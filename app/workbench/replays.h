// What a policy would have decided over a recording that came with the request.
#pragma once

#include <optional>
#include <string>

#include "app/replay/setup.h"
#include "app/workbench/workbench.h"

namespace serin::app {

// Of a recording, unpacked.
inline constexpr std::size_t kReplayBytesMax = std::size_t{64} << 20U;
inline constexpr std::size_t kReplaySamplesMax = 5'000'000;
// Of the way there that the answer tells, for charts.
inline constexpr int kReplayPointsMax = 300;

struct ReplayRequest {
  std::string recording{};          // bytes, plain or gzip
  std::optional<WallTime> start{};  // not given: where the canary appears
  std::optional<Duration> until{};  // since the start
};

// {"verdict":…,"t_s":…,"metric":…,"sentence":…,"steps":[…],"metrics":[…],"start":…,"looks":…,
// "series":…,"recorded_samples":…,"bad_requests":…,"samples":{"error-rate":[…]}}. Errors:
// invalid_argument and data_loss (the recording), deadline_exceeded.
Result<Json> replayed(const ReplaySetup& setup, const ReplayRequest& request,
                      const Workbench::Limit& limit);

}  // namespace serin::app
