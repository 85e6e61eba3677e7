// What a PromQL text asks for, as far as its habits can be judged: its selectors, their windows and
// the functions around them.
//
//   for (const AskedSeries& series :
//   series_in("sum(rate(http_requests_total{code=~\"5..\"}[1m]))"))
//     series.metric;      // http_requests_total; labels {"code"}; window 1m; function "rate"
//
// It reads tokens, not PromQL: a wrong text gives what can be recognised. Placeholders are taken
// for names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace serin::analysis {

struct AskedSeries {
  std::string metric;               // "" where it is chosen by labels alone
  std::vector<std::string> labels;  // with a matcher, __name__ left out
  std::optional<Duration> window;   // `[5m]`; nothing without one, or where it is a placeholder
  std::string function;             // the innermost call around it: "rate"; "" without one
};

std::vector<AskedSeries> series_in(std::string_view promql);

// PromQL's durations: "5m", "1h30m", "1d", "2w". Nothing where the text is none.
std::optional<Duration> promql_duration(std::string_view text);

// Counts the increase of a counter over its window, so that it needs two scrapes in it.
bool needs_two_scrapes(const AskedSeries& series);
// Measures how long requests take.
bool is_latency(const AskedSeries& series);
// Has a matcher on a label that tells good answers from bad ones.
bool tells_failures(const AskedSeries& series);

}  // namespace serin::analysis
