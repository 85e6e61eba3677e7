// Time as values. Nothing below base reads a clock: `now` is passed in, monotonic and wall time
// together.
//
// Instant counts CLOCK_BOOTTIME (a suspend counts) and is only comparable within one boot; WallTime
// is for query windows, records and display, never for deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace serin {

using Duration = std::chrono::nanoseconds;

struct MonotonicClock {  // names the time line only; it can't be read
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, duration>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

struct Now {
  Instant mono;
  WallTime wall;
  bool operator==(const Now&) const = default;
};

constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
Duration from_seconds(double seconds);  // saturates; NaN gives zero
constexpr std::int64_t to_unix_ms(WallTime t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}
constexpr WallTime from_unix_ms(std::int64_t ms) {
  return WallTime(std::chrono::milliseconds(ms));
}

// "2026-11-21T08:30:00Z", with ".123" where milliseconds are not zero. UTC.
std::string format_rfc3339(WallTime t);
Result<WallTime> parse_rfc3339(std::string_view text);
// Go's time.ParseDuration: "1h30m15.5s", "300ms", "-1.5h"; a bare number (but "0") is an error.
Result<Duration> parse_duration(std::string_view text);
// The shortest text that parse_duration reads back: "1m30s", "250ms", "0s".
std::string format_duration(Duration d);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
  // Changes with every boot of the machine: Instants of other boots are not comparable.
  virtual std::string boot_id() const = 0;
};

}  // namespace serin
