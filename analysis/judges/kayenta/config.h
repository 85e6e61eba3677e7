// Kayenta's own configuration of a metric: the untyped map `analysisConfigurations.canary`.
//
//   auto options = read_canary_options(*Json::parse(R"({"direction": "increase"})"), "latency");
//
// Unknown words mean what they mean to Kayenta: the default. A value of the wrong type would end
// Kayenta's whole judgement with a class cast; here it is one error that names the metric and the
// key.
#pragma once

#include <string_view>

#include "analysis/templates/compare.h"
#include "base/json.h"
#include "base/result.h"

namespace serin::analysis::kayenta {

// `canary` is the map, or null for all defaults. All faults are in one message (invalid_argument).
Result<KayentaMetricOptions> read_canary_options(const Json& canary, std::string_view metric);

// What makes options unusable: an outlier factor that is not above 0 where outliers are removed.
Status check_options(const KayentaMetricOptions& options, std::string_view metric);

}  // namespace serin::analysis::kayenta
