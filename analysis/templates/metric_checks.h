// What a metric of a serin.dev document must be: its fields fit together, its selectors can be
// asked, its margins leave room.
#pragma once

#include "analysis/templates/model.h"
#include "base/config/document.h"

namespace serin::analysis {

// Conditions and bounds of range queries that can't be evaluated whatever the answer is: errors in
// serin's dialect, warnings in Argo's, where they show at every measurement.
void check_conditions(const Metric& metric, const config::Reporter& reporter,
                      const config::Path& path);

void check_serin_metric(const Metric& metric, const config::Reporter& reporter,
                        const config::Path& path);

}  // namespace serin::analysis
