// OpenMetrics text with a time on every sample: what `promtool tsdb create-blocks-from openmetrics`
// reads, and a person can write.
//
//   SERIN_TRY(series, parse_openmetrics("up{job=\"shop\"} 1 1700000000\n# EOF\n"));
//   std::string text = to_openmetrics(series);
//
// Types, units, help and exemplars are read over. Samples without a time are errors: nothing could
// be made of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queries/samples.h"

namespace serin::providers {

// Errors: data_loss with the line (from 1) and what was expected; invalid_argument (more than
// kRecordingSeriesMax series).
Result<std::vector<queries::Series>> parse_openmetrics(std::string_view text);

// `name{labels}` as parse_openmetrics reads it, alone. Errors: data_loss.
Result<queries::Labels> parse_series_name(std::string_view text);

// Series by name and labels, samples in time, "# EOF" at the end. Times in seconds with
// milliseconds. A series without a name is left out.
std::string to_openmetrics(std::span<const queries::Series> series);

}  // namespace serin::providers
