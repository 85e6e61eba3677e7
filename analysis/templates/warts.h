// What Argo Rollouts does that people do not expect, found in its metrics: warnings for lint.
#pragma once

#include "analysis/templates/model.h"
#include "base/config/document.h"

namespace serin::analysis {

// Of one metric of an argoproj.io document at `path`.
void name_warts(const Metric& metric, const config::Reporter& reporter, const config::Path& path);

// Of dryRun and measurementRetention at `path` (the spec).
void name_rule_warts(const std::vector<DryRun>& dry_run,
                     const std::vector<MeasurementRetention>& retention,
                     const config::Reporter& reporter, const config::Path& path);

// A query by rate() or increase() does not see a series' first increments: both dialects.
void name_query_warts(const Metric& metric, const config::Reporter& reporter,
                      const config::Path& path);

}  // namespace serin::analysis
