// What works, but not as people expect: warnings for lint.
//
// They judge a document alone; what only a server can tell is app/lint's business.
#pragma once

#include "analysis/templates/model.h"
#include "base/config/document.h"

namespace serin::analysis {

// The scrape interval that windows are held against where no server is asked: Prometheus' usual
// one.
inline constexpr Duration kScrapeIntervalAssumed = std::chrono::seconds(15);

// Of one metric of an argoproj.io document at `path`: what Argo Rollouts does with missing data,
// errors and odd limits.
void name_warts(const Metric& metric, const config::Reporter& reporter, const config::Path& path);

// Of metrics of both dialects: conditions that decide nothing, limits without effect, queries that
// miss or mix what they should count.
void name_shared_warts(const Metric& metric, const config::Reporter& reporter,
                       const config::Path& path);

// Of dryRun and measurementRetention at `path` (the spec). `closed`: the metrics are all that there
// will be, so that a rule has to mean one of them.
void name_rule_warts(const std::vector<DryRun>& dry_run,
                     const std::vector<MeasurementRetention>& retention,
                     const std::vector<Metric>& metrics, bool closed,
                     const config::Reporter& reporter, const config::Path& path);

}  // namespace serin::analysis
