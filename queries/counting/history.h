// Past samples cut into windows, as if somebody had looked at every poll: dispersion and instance
// differences are learned from these.
//
//   HistoryRange range{from_ms, until_ms, /*poll_ms=*/30'000, covered_from_ms};
//   SERIN_TRY(windows, windows_from_history(comparison, versions, answer, range));
//
// It runs the same trackers, so what is said of them holds here. `up` is not used.
#pragma once

#include <cstdint>
#include <vector>

#include "queries/counting/increments.h"

namespace serin::queries {

// Windows of one call: a week at ten seconds and some.
inline constexpr std::int64_t kHistoryWindowsMax = 100'000;

struct HistoryRange {
  std::int64_t from_ms = 0;  // samples up to here are base lines
  std::int64_t until_ms = 0;
  std::int64_t poll_ms = 30'000;     // one window a poll; a last part of a poll is left out
  std::int64_t covered_from_ms = 0;  // the answer is whole from here on; not after from_ms
};

// One window a poll, empty ones too. `versions.pooled` joins instances across versions. Samples of
// `answer` after a window's end do not influence it. Errors: invalid_argument, as the trackers have
// them, and where the range is empty or needs more windows than kHistoryWindowsMax.
Result<std::vector<ComparisonWindow>> windows_from_history(const Comparison& comparison,
                                                           const Versions& versions,
                                                           const Answer& answer,
                                                           const HistoryRange& range,
                                                           std::size_t series_max = kSeriesMax);

}  // namespace serin::queries
