// A window of a compared metric: what the instances of the two versions did between two looks, as
// increments.
//
// It is what queries/increments makes of raw samples and what a sequential judge takes: no PromQL
// behind it, no statistics before it. Exposures and events of an instance come from the same
// scrapes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "queries/samples.h"

namespace serin::queries {

enum class Side { stable, canary };

struct InstanceWindow {
  std::string instance;
  Side side = Side::stable;
  std::int64_t from_ms =
      0;  // the window covers (from_ms, to_ms], both times of samples of this instance
  std::int64_t to_ms = 0;
  double age_s = 0;  // age of the instance at to_ms, since it was first seen or started; large if
                     // it was there before
  double total = 0;  // errors: requests; rate: instance-seconds; mean: count
  double bad = 0;    // errors: bad requests; rate: events; mean: sum of values
  std::vector<double>
      buckets;  // histogram: increments a bucket, not cumulative, last is above the last bound
  std::vector<Sample> gauge;  // gauge: every sample in (from_ms, to_ms]
  bool operator==(const InstanceWindow&) const = default;
};

struct ComparisonWindow {
  std::vector<InstanceWindow>
      instances;  // ordered by (side, instance); an instance without new samples is absent
  std::vector<double> bounds;           // histogram: upper bounds `le`, ascending, without +Inf
  double scrapes_expected[2] = {0, 0};  // by Side: scrapes due in the window over its instances
  double scrapes_seen[2] = {0, 0};
  double scrape_interval_s = 0;   // as seen in the samples; 0 if unknown
  int first_samples_dropped = 0;  // base lines of series whose start is unknown
  int resets = 0;
  int clamped = 0;  // buckets whose increment came out negative
  bool operator==(const ComparisonWindow&) const = default;
};

Json to_json(const ComparisonWindow& window);
Result<ComparisonWindow> comparison_window_from_json(const Json& json);

}  // namespace serin::queries
