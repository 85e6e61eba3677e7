// Which versions a service's metrics show: how the stable version of a first release is found.
//
//   auto request = versions_request(metric, versions);       // count by (version) (…)
//   SERIN_TRY(stable, only_other_version(answer, "version", "2.4.0"));
//
// It guesses nothing: two other versions are an error that names both. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analysis/templates/model.h"
#include "queries/metric_source.h"

namespace serin::analysis {

// One series for each value of the version label. Nothing where the metric is not compared by
// series (a threshold rule, a preset).
std::optional<queries::Request> versions_request(const Metric& metric, const Versions& versions);

// The only value of `label` besides `canary`. Series without the label do not count. Errors:
// failed_precondition (none, or several: they are named).
Result<std::string> only_other_version(const queries::Answer& answer, std::string_view label,
                                       std::string_view canary);

}  // namespace serin::analysis
