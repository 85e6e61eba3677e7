#include "analysis/templates/warts.h"

#include <fmt/format.h>

#include "analysis/templates/codes.h"

namespace serin::analysis {
namespace {

using config::Path;
using config::Reporter;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A first element taken without looking whether there is one.
bool takes_first(std::string_view condition) {
  return contains(condition, "result[") && !contains(condition, "len(") &&
         !contains(condition, "isNil(") && !contains(condition, "default(");
}

void name_limit(const std::optional<config::IntOrString>& limit, std::string_view field,
                std::string_view meaning, const Reporter& reporter, const Path& path) {
  if (!limit || limit->is_number() || config::has_placeholder(limit->to_string())) return;
  reporter.add(kNotANumber, path / field,
               fmt::format("'{}' is no whole number and {}", limit->to_string(), meaning));
}

void name_pattern(std::string_view pattern, const Reporter& reporter, const Path& path) {
  if (!pattern.starts_with('*')) return;
  reporter.add(
      kGlob, path / "metricName",
      fmt::format("'{}' is read as a regular expression, matches nothing and makes the run "
                  "an error",
                  pattern),
      "'.*' matches every name");
}

}  // namespace

void name_warts(const Metric& metric, const Reporter& reporter, const Path& path) {
  if (!metric.consecutive_error_limit) {
    reporter.add(
        kErrorsEndRun, path,
        fmt::format("{} errors of the provider in a row, 10 s apart whatever the interval, "
                    "end the run and return the rollout",
                    Metric::kConsecutiveErrorLimitDefault + 1),
        "set consecutiveErrorLimit, or safe: true in the template's spec");
  }
  bool decides_itself =
      metric.provider.job || metric.provider.kayenta || !metric.provider.plugin.empty();
  if (metric.success_condition.empty() && metric.failure_condition.empty()) {
    if (!decides_itself) {
      reporter.add(kNoCondition, path, "without a condition every measurement succeeds",
                   "give a successCondition or failureCondition");
    }
  } else if (metric.success_condition.empty() && !contains(metric.failure_condition, "isNaN(")) {
    reporter.add(kNanPasses, path / "failureCondition",
                 "with only a failureCondition NaN (0 requests) counts as success",
                 "add isNaN(…), or a successCondition");
  }
  for (std::string_view field : {"successCondition", "failureCondition"}) {
    std::string_view condition = field == "successCondition"
                                     ? std::string_view(metric.success_condition)
                                     : std::string_view(metric.failure_condition);
    if (!takes_first(condition)) continue;
    reporter.add(kNoData, path / field,
                 "an empty answer (no traffic yet) is an error of this condition",
                 "len(result) == 0 || …");
  }
  name_limit(metric.count, "count", "counts as not given", reporter, path);
  name_limit(metric.failure_limit, "failureLimit", "counts as 0", reporter, path);
  name_limit(metric.inconclusive_limit, "inconclusiveLimit", "counts as 0", reporter, path);
  name_limit(metric.consecutive_error_limit, "consecutiveErrorLimit", "counts as 0", reporter,
             path);
  name_limit(metric.consecutive_success_limit, "consecutiveSuccessLimit", "counts as 0", reporter,
             path);
}

void name_rule_warts(const std::vector<DryRun>& dry_run,
                     const std::vector<MeasurementRetention>& retention, const Reporter& reporter,
                     const Path& path) {
  for (std::size_t i = 0; i < dry_run.size(); ++i) {
    name_pattern(dry_run[i].metric_name, reporter, path / "dryRun" / i);
  }
  for (std::size_t i = 0; i < retention.size(); ++i) {
    name_pattern(retention[i].metric_name, reporter, path / "measurementRetention" / i);
  }
}

void name_query_warts(const Metric& metric, const Reporter& reporter, const Path& path) {
  if (!metric.provider.prometheus) return;
  const std::string& query = metric.provider.prometheus->query;
  if (!contains(query, "rate(") && !contains(query, "increase(")) return;
  reporter.add(
      kNewSeries, path / "provider" / "prometheus" / "query",
      "rate() and increase() miss the first increments of a new series, such as a canary's "
      "first errors",
      "`compare` counts them");
}

}  // namespace serin::analysis
