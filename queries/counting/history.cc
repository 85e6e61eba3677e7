#include "queries/counting/history.h"

#include <fmt/format.h>

namespace serin::queries {

class History {
 public:
  template <class T>
  static Result<std::vector<ComparisonWindow>> run(Result<T> made, const Answer& answer,
                                                   const HistoryRange& range,
                                                   std::size_t series_max) {
    SERIN_TRY(tracker, std::move(made));
    SERIN_TRY(index, SeriesIndex::build(answer, tracker.rules_, series_max));
    if constexpr (std::is_same_v<T, GaugeTracker>) SERIN_CHECK(GaugeTracker::check_single(index));
    std::vector<ComparisonWindow> windows;
    windows.reserve(static_cast<std::size_t>((range.until_ms - range.from_ms) / range.poll_ms));
    for (std::int64_t now = range.from_ms + range.poll_ms; now <= range.until_ms;
         now += range.poll_ms) {
      typename T::Cut cut{now, range.covered_from_ms, now, !answer.warnings.empty()};
      windows.push_back(tracker.advance(index, Presence(), cut));
    }
    return windows;
  }
};

Result<std::vector<ComparisonWindow>> windows_from_history(const Comparison& comparison,
                                                           const Versions& versions,
                                                           const Answer& answer,
                                                           const HistoryRange& range,
                                                           std::size_t series_max) {
  if (range.poll_ms <= 0 || range.until_ms < range.from_ms ||
      range.covered_from_ms > range.from_ms) {
    return fail(Code::invalid_argument,
                "a history's range needs covered_from <= from <= until and a poll above zero");
  }
  std::int64_t count = (range.until_ms - range.from_ms) / range.poll_ms;
  if (count > kHistoryWindowsMax) {
    return fail(Code::invalid_argument,
                fmt::format("a history of {} windows is longer than {}: take a longer poll or less "
                            "history",
                            count, kHistoryWindowsMax));
  }
  if (comparison.kind == Comparison::Kind::gauge) {
    return History::run(GaugeTracker::create(comparison, versions, range.from_ms, series_max),
                        answer, range, series_max);
  }
  return History::run(CounterTracker::create(comparison, versions, range.from_ms, series_max),
                      answer, range, series_max);
}

}  // namespace serin::queries
