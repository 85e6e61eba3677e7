#include "analysis/run/rules.h"

#include <fmt/format.h>

#include "analysis/conditions/text/pattern.h"

namespace serin::analysis {
namespace {

// Calls `apply` with the index of every metric that rule `index` of `list` means.
template <class Apply>
Status each_match(const AnalysisRunSpec& spec, std::string_view list, std::size_t index,
                  std::string_view pattern, Apply apply) {
  conditions::Pattern compiled = conditions::compile_pattern(pattern);
  bool matched = false;
  for (std::size_t i = 0; compiled.compiled != nullptr && i < spec.metrics.size(); ++i) {
    if (!conditions::search(*compiled.compiled, spec.metrics[i].name)) continue;
    matched = true;
    apply(i);
  }
  if (matched) return {};
  return fail(Code::invalid_argument,
              fmt::format("{}[{}]: Rule didn't match any metric name(s)", list, index));
}

}  // namespace

Result<std::vector<bool>> dry_run_metrics(const AnalysisRunSpec& spec) {
  std::vector<bool> dry(spec.metrics.size(), false);
  for (std::size_t i = 0; i < spec.dry_run.size(); ++i) {
    SERIN_CHECK(each_match(spec, "dryRun", i, spec.dry_run[i].metric_name,
                           [&](std::size_t metric) { dry[metric] = true; }));
  }
  return dry;
}

Result<std::vector<std::int64_t>> retained_measurements(const AnalysisRunSpec& spec) {
  std::vector<std::int64_t> kept(spec.metrics.size(), MeasurementRetention::kLimitDefault);
  for (std::size_t i = 0; i < spec.measurement_retention.size(); ++i) {
    const MeasurementRetention& rule = spec.measurement_retention[i];
    SERIN_CHECK(
        each_match(spec, "measurementRetention", i, rule.metric_name, [&](std::size_t metric) {
          kept[metric] = rule.limit > 0 ? rule.limit : MeasurementRetention::kLimitDefault;
        }));
  }
  return kept;
}

}  // namespace serin::analysis
