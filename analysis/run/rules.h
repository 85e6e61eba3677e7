// Which metrics a run's dryRun and measurementRetention rules mean: unanchored regular expressions
// on names.
//
//   Result<std::vector<bool>> dry = dry_run_metrics(spec);       // one a metric
//
// A rule that means no metric is an error, as in Argo Rollouts; a text that is no expression means
// none.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/templates/model.h"
#include "base/result.h"

namespace serin::analysis {

// Errors: invalid_argument, "dryRun[0]: Rule didn't match any metric name(s)".
Result<std::vector<bool>> dry_run_metrics(const AnalysisRunSpec& spec);
// How many measurements to keep of each metric. Errors: as above for measurementRetention.
Result<std::vector<std::int64_t>> retained_measurements(const AnalysisRunSpec& spec);

}  // namespace serin::analysis
