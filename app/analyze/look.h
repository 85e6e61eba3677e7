// One look at one metric: what is asked, what comes back, what a threshold rule says of it.
//
//   SERIN_TRY(look, look_at(pinned, now, ask));
//   look.parts[0].request.text;  look.outcome->phase;  look.series["2.4.0"];
//
// For commands that look once (`serin query`, `serin lint --online`). A compared metric needs more
// than one look for a verdict; here it only shows which versions have series.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judges/threshold/measure.h"
#include "queries/metric_source.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

// Asks and waits.
using AskProvider = std::function<Result<queries::Answer>(
    const analysis::Provider& provider, const queries::Request& request, Duration timeout)>;

struct MetricLook {
  struct Part {
    queries::Request request;
    Result<queries::Answer> answer;
  };
  std::vector<Part> parts;
  // Threshold rules: what this look would count as.
  std::optional<analysis::MeasureOutcome> outcome;
  // Compared metrics: how many series the answer has of each version; other values of the label
  // too.
  std::map<std::string, std::size_t> series;
  bool compared = false;
};

// Errors: invalid_argument (a metric that can't be asked), failed_precondition (no provider).
Result<MetricLook> look_at(const rollout::PinnedMetric& pinned, Now now, const AskProvider& ask);

}  // namespace serin::app
