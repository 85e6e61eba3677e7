// A window of a compared metric: what the instances of the two versions did between two looks, as
// increments.
//
//   SERIN_TRY(window, tracker.look(look));
//   for (const InstanceWindow& i : window.instances) add(i.side, i.total, i.bad);
//
// It is what queries/increments makes of raw samples and what a sequential judge takes: no PromQL
// behind it, no statistics before it. Exposures and events of an instance come from the same
// scrapes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "queries/samples.h"

namespace serin::queries {

enum class Side { stable, canary };

std::string_view to_string(Side side);

// The age of an instance that was there before anybody looked: older than any warm-up.
inline constexpr double kAgeBefore = 1e9;

struct InstanceWindow {
  std::string instance;
  Side side = Side::stable;
  // The window covers (from_ms, to_ms], both times of samples of this instance; of one that has
  // just started, from_ms is its start as far as it is known, at most one scrape interval before
  // its first sample.
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  // Age of the instance at to_ms, since it started or was first seen; kAgeBefore if there before.
  double age_s = 0;
  // errors: requests; rate: instance-seconds; mean and histogram: count; gauge: 0.
  double total = 0;
  // errors: bad requests; rate: events; mean: sum of values.
  double bad = 0;
  // histogram: increments a bucket, not cumulative; the last is above the last bound.
  std::vector<double> buckets;
  // gauge: every sample in (from_ms, to_ms].
  std::vector<Sample> gauge;
  bool operator==(const InstanceWindow&) const = default;
};

struct ComparisonWindow {
  // Ordered by (side, instance); an instance without new samples is absent.
  std::vector<InstanceWindow> instances;
  // histogram: upper bounds `le`, ascending, without +Inf; those that all live instances share.
  std::vector<double> bounds;
  // By Side: scrapes due in the window over its instances, and those of them that were seen.
  double scrapes_expected[2] = {0, 0};
  double scrapes_seen[2] = {0, 0};
  double scrape_interval_s = 0;   // as seen in the samples; 0 if unknown
  int first_samples_dropped = 0;  // base lines of series whose start is unknown
  int resets = 0;
  int clamped = 0;  // buckets whose increment came out negative
  bool operator==(const ComparisonWindow&) const = default;
};

// Only what is not empty or zero is written. Reads back to an equal window. Errors: data_loss, with
// the place.
Json to_json(const ComparisonWindow& window);
Result<ComparisonWindow> comparison_window_from_json(const Json& json);

}  // namespace serin::queries
