// Which instances answered their scrapes, and when they started, from the metrics server's own
// series `up` and the clients' `process_start_time_seconds`.
//
//   Presence presence = Presence::of(answer, rules);
//   if (const PresentInstance* i = presence.find(Side::canary, "pod-7")) i->answered_before(t);
//
// Both are optional: without them an instance's own series tell. An instance is not judged by `up`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "queries/counting/series_index.h"

namespace serin::queries {

inline constexpr std::string_view kUpMetric = "up";
inline constexpr std::string_view kStartMetric = "process_start_time_seconds";

struct PresentInstance {
  Side side = Side::stable;
  std::string_view name;
  std::vector<std::int64_t> answered_ms;  // scrapes that it answered, ascending
  std::int64_t newest_ms = 0;             // newest scrape, answered or not
  // Start of its process, where exactly one process says so.
  std::optional<std::int64_t> started_ms;

  // The newest scrape before `time_ms` that it answered.
  std::optional<std::int64_t> answered_before(std::int64_t time_ms) const;
};

class Presence {
 public:
  // `answer` must outlive the result; nullptr or an answer that is no matrix yields nothing at all.
  // Series without the label of the instance tell nothing.
  static Presence of(const Answer* answer, const SeriesRules& rules);
  const PresentInstance* find(Side side, std::string_view name) const;
  // Newest scrape of any instance of the side; nothing where `up` does not tell this side apart.
  std::optional<std::int64_t> newest_ms(Side side) const {
    return newest_ms_[static_cast<std::size_t>(side)];
  }

 private:
  std::optional<std::int64_t> newest_ms_[2];
  std::vector<PresentInstance> instances_;  // ascending in (side, name)
};

}  // namespace serin::queries
