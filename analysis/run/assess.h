// What the counters of a metric mean, and what all metrics of a run mean together.
//
//   Phase phase = assess_metric(metric, result, terminating);
//   std::string why = reason(metric, result);    // "failed (2) > failureLimit (1)"
//
// Pure functions. argoproj.io metrics follow Argo Rollouts to the letter; where several limits are
// exceeded at once the later one of failure, inconclusive and error counts. serin.dev metrics never
// end for want of data or because a provider fails, and may ask for failures in a row, for a time
// of failing, or for a least number of measurements.
#pragma once

#include <string>

#include "analysis/run/status.h"
#include "analysis/templates/model.h"
#include "base/time.h"

namespace serin::analysis {

// Adds a completed measurement to the counters; one that goes on changes none of them.
void count_measurement(MetricResult& result, const Measurement& measurement, WallTime now);

// `terminating`: the run is ending, so that what has not failed is successful.
Phase assess_metric(const Metric& metric, const MetricResult& result, bool terminating);

// Which limit was exceeded; "" where none is.
std::string reason(const Metric& metric, const MetricResult& result);

// As what the run's summary counts a metric that has ended. In argoproj.io runs one that exceeded
// no limit counts as successful, even where its count ended before the successes in a row were
// there.
Phase summarised(const Metric& metric, const MetricResult& result);

// A metric that counts has ended badly: no new measurements.
bool has_ended_badly(const RunStatus& status);

// By serin's rules, not Argo's.
inline bool is_safe(const Metric& metric) {
  return metric.dialect == config::Dialect::serin;
}

}  // namespace serin::analysis
