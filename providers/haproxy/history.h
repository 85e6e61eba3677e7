// What was read lately, as raw range vectors: a metrics server's memory, as far as serin needs one.
//
//   history.add(now, readings);
//   Result<queries::Answer> answer = history.answer("up{server=~\"v1|v2\"}[60s]", now);
//
// It keeps the newest kSamplesMax samples of a series, forgets series that were not read for
// kHistoryMax, and evaluates no PromQL beyond plain selectors over a range.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "providers/haproxy/counters.h"
#include "queries/samples.h"

namespace serin::haproxy {

inline constexpr Duration kHistoryMax = std::chrono::minutes(15);
inline constexpr std::size_t kSamplesMax = 1'000;  // of one series
inline constexpr std::size_t kHistorySeriesMax = 20'000;

// Thread: one owner.
class History {
 public:
  // Times ascend; readings of a time that is not later than the last are left out. Errors:
  // invalid_argument, where there are more series than kHistorySeriesMax.
  Status add(WallTime time, const std::vector<Reading>& readings);
  // Errors: invalid_argument (no plain range-vector selector, more than queries::kSeriesMax
  // series).
  Result<queries::Answer> answer(const std::string& text, WallTime now) const;
  std::size_t series_count() const { return series_.size(); }

 private:
  std::map<queries::Labels, std::deque<queries::Sample>> series_;
};

}  // namespace serin::haproxy
