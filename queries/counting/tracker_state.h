// What a tracker remembers between two looks, as plain values: the journal keeps it.
//
//   std::string bytes = to_json(tracker.state()).dump();
//   SERIN_TRY(state, tracker_state_from_json(json));   // equal, and writes the same bytes
//
// It holds last samples and times, never a window: what was counted is in the windows given out.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "queries/window.h"

namespace serin::queries {

// An instance whose start nobody saw.
inline constexpr std::int64_t kStartedBefore = std::numeric_limits<std::int64_t>::min();
// Spacings of scrapes kept by instance: their median is its scrape interval.
inline constexpr std::size_t kSpacingsKept = 8;
// Counters kept by tracker, of instances and label sets long gone too (they may come back); over it
// the oldest are forgotten.
inline constexpr std::size_t kCountersMax = 4 * kSeriesMax;

// The last sample of one counter, or of the counters that belong together: a histogram, or sum and
// count.
struct CounterState {
  std::string key;  // its labels but for version, instance and `le`
  std::int64_t time_ms = 0;
  std::vector<double> bounds;  // histogram: `le`, ascending, without +Inf
  std::vector<double> values;  // by bound, and last the count; a plain counter: only itself
  bool operator==(const CounterState&) const = default;
};

struct InstanceState {
  Side side = Side::stable;
  std::string name;
  std::int64_t started_ms = kStartedBefore;
  std::int64_t last_ms = 0;               // end of its last window
  std::int64_t newest_ms = 0;             // newest scrape seen
  std::int64_t accounted_ms = 0;          // scrapes due up to here are counted as expected
  bool gone = false;                      // silent for so long that no scrape is expected any more
  bool forgot = false;                    // counters of it were dropped over the bound
  std::vector<std::int64_t> spacings_ms;  // the newest, oldest first
  std::vector<CounterState> counters;     // by key
  bool operator==(const InstanceState&) const = default;
};

struct TrackerState {
  std::int64_t since_ms = 0;   // what was before does not count
  std::int64_t looked_ms = 0;  // newest sample of any instance at the last look; at first since_ms
  // Least seen distance between a look and the newest sample: clocks apart, and usual lateness.
  std::optional<std::int64_t> lateness_ms;
  bool looked = false;
  bool partial = false;                  // the last answer was not whole
  bool forgot = false;                   // instances were dropped over the bound
  std::vector<InstanceState> instances;  // by (side, name)
  bool operator==(const TrackerState&) const = default;
};

Json to_json(const TrackerState& state);
// Errors: data_loss, with the place.
Result<TrackerState> tracker_state_from_json(const Json& json);

}  // namespace serin::queries
