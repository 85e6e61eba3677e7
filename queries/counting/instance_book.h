// Bookkeeping of an instance's scrapes: their interval, which of them were due, and which came.
//
// Used by the trackers; it looks at times of scrapes only, never at values.
#pragma once

#include <cstdint>
#include <span>

#include "queries/counting/presence.h"
#include "queries/counting/tracker_state.h"

namespace serin::queries {

// A series may be absent this many scrape intervals before the scrape that first has it.
inline constexpr double kAnsweredBefore = 2.5;
// A silent instance is expected for so many scrapes, where `up` does not tell more.
inline constexpr std::int64_t kSilentScrapesMax = 5;
// Taken for the scrape interval while no two scrapes of an instance were seen.
inline constexpr std::int64_t kIntervalAssumedMs = 60'000;

// kAnsweredBefore intervals in milliseconds; of kIntervalAssumedMs where the interval is unknown
// (0).
std::int64_t answered_before_ms(std::int64_t interval_ms);

// Adds `time_ms` of every sample in (after, until] to the ascending `times`, each once.
void merge_times(std::span<const Sample> samples, std::int64_t after, std::int64_t until,
                 std::vector<std::int64_t>& times);

// Remembers the spacings of one series' samples in (after, until], each to the sample before it.
void learn_spacings(InstanceState& instance, std::span<const Sample> samples, std::int64_t after,
                    std::int64_t until);

// The lower quartile of the spacings of all instances: scrapes that are missing make spacings
// longer, nothing makes them shorter. 0 where nothing was seen.
std::int64_t pooled_interval_ms(const TrackerState& state);
// The instance's own lower quartile from three spacings on, else `pooled_ms`.
std::int64_t interval_ms(const InstanceState& instance, std::int64_t pooled_ms);

// Counts into `window` the scrapes of one instance that were due by `server_now_ms`, and those that
// came (`times`, new ones only, ascending). Marks instances that are gone.
void count_scrapes(InstanceState& instance, std::span<const std::int64_t> times,
                   std::int64_t interval_ms, std::int64_t server_now_ms, const Presence& presence,
                   ComparisonWindow& window);

// Age at `time_ms`, in seconds; kAgeBefore where the start is unknown.
double age_s(const InstanceState& instance, std::int64_t time_ms);

}  // namespace serin::queries
