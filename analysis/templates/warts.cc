#include "analysis/templates/warts.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/conditions/text/pattern.h"
#include "analysis/hints/condition_hints.h"
#include "analysis/hints/query_hints.h"
#include "analysis/templates/codes.h"

namespace serin::analysis {
namespace {

using config::Path;
using config::Reporter;

// One of a metric's two conditions.
struct NamedCondition {
  std::string_view field;
  const std::string& text;
  ConditionHints hints;
};

std::vector<NamedCondition> conditions_of(const Metric& metric) {
  std::vector<NamedCondition> conditions;
  auto add = [&](std::string_view field, const std::string& text) {
    // `true` is a way to say that a metric is only watched.
    if (text.empty() || text == "true" || text == "false" || config::has_placeholder(text)) return;
    conditions.push_back({field, text, condition_hints(text)});
  };
  add("successCondition", metric.success_condition);
  add("failureCondition", metric.failure_condition);
  return conditions;
}

bool decides_itself(const Metric& metric) {
  return metric.provider.job || metric.provider.kayenta || !metric.provider.plugin.empty();
}

void name_limit(const std::optional<config::IntOrString>& limit, std::string_view field,
                std::string_view meaning, const Reporter& reporter, const Path& path) {
  if (!limit || limit->is_number() || config::has_placeholder(limit->to_string())) return;
  reporter.add(kNotANumber, path / field,
               fmt::format("'{}' is no whole number and {}", limit->to_string(), meaning));
}

// What Argo's one-sided conditions make of NaN: neither half of a comparison holds.
void name_nan(const Metric& metric, const NamedCondition& condition, const Reporter& reporter,
              const Path& path) {
  bool other = condition.field == "successCondition" ? !metric.failure_condition.empty()
                                                     : !metric.success_condition.empty();
  if (other || condition.hints.on_nan == Said::error) return;
  const bool asked = condition.text.find("isNaN(") != std::string::npos;
  bool good = (condition.hints.on_nan == Said::yes) == (condition.field == "successCondition");
  if (good) {
    reporter.add(kNanPasses, path / condition.field,
                 fmt::format("with only a {} NaN (0 requests) counts as success", condition.field),
                 asked ? "leave isNaN(…) out, or negate it, where no requests are no good sign"
                       : "add isNaN(…), or the other condition");
  } else if (!asked) {
    reporter.add(
        kNanFails, path / condition.field,
        fmt::format("with only a {} NaN (0 requests) counts as a failure", condition.field),
        "add isNaN(…), or the other condition");
  }
}

void name_missing_data(const Metric& metric, const NamedCondition& condition,
                       const Reporter& reporter, const Path& path) {
  const ConditionHints& hints = condition.hints;
  if (metric.provider.prometheus && !hints.on_scalar && hints.on_empty == Said::error) {
    reporter.add(
        kNoData, path / condition.field,
        "an empty answer (no traffic yet) is an error of this condition",
        condition.field == "failureCondition" ? "len(result) > 0 && …" : "len(result) == 0 || …");
  }
  bool may_be_nil =
      metric.provider.datadog || (metric.provider.web && !metric.provider.web->json_path.empty());
  if (may_be_nil && hints.on_nil == Said::error) {
    reporter.add(kNoData, path / condition.field,
                 "an answer without a value (null) is an error of this condition",
                 "default(result, 0) …");
  }
}

// A vector for a condition on one number: only scalar(…), time() and numbers answer one.
void name_wrong_shape(const Metric& metric, const NamedCondition& condition,
                      const Reporter& reporter, const Path& path) {
  if (!metric.provider.prometheus || !condition.hints.on_scalar) return;
  const std::string& query = metric.provider.prometheus->query;
  if (query.find("scalar(") != std::string::npos || series_in(query).empty()) return;
  reporter.add(kBadCondition, path / condition.field,
               "the query answers a vector, which this condition can't be asked of",
               "result[0] … is its first value");
}

void name_pattern(std::string_view pattern, const std::vector<Metric>& metrics, bool closed,
                  const Reporter& reporter, const Path& path) {
  if (pattern.starts_with('*')) {
    reporter.add(
        kGlob, path / "metricName",
        fmt::format("'{}' is read as a regular expression, matches nothing and makes the run "
                    "an error",
                    pattern),
        "'.*' matches every name");
    return;
  }
  if (!closed || config::has_placeholder(pattern)) return;
  conditions::Pattern compiled = conditions::compile_pattern(pattern);
  bool means =
      compiled.compiled != nullptr && std::ranges::any_of(metrics, [&](const Metric& metric) {
        return config::has_placeholder(metric.name) ||
               conditions::search(*compiled.compiled, metric.name);
      });
  if (means) return;
  reporter.add(kRuleWithoutMetric, path / "metricName",
               fmt::format("'{}' matches no metric, which makes the run an error", pattern));
}

void name_limits_without_effect(const Metric& metric, const Reporter& reporter, const Path& path) {
  int count = metric.count ? metric.count->integer() : 0;
  if (count <= 0 || metric.consecutive_success_limit_value() > 0) return;
  auto check = [&](const std::optional<config::IntOrString>& limit, std::string_view field,
                   std::string_view what) {
    if (!limit || limit->integer() < count) return;
    reporter.add(kNeverFails, path / field,
                 fmt::format("{} {} looks of {} are allowed: the metric always succeeds",
                             limit->integer(), what, count),
                 fmt::format("a limit below count ({})", count));
  };
  check(metric.failure_limit, "failureLimit", "failed");
  check(metric.inconclusive_limit, "inconclusiveLimit", "inconclusive");
}

void name_series(const AskedSeries& series, const Reporter& reporter, const Path& path) {
  if (needs_two_scrapes(series) && series.window && *series.window < 2 * kScrapeIntervalAssumed) {
    reporter.add(kShortWindow, path,
                 fmt::format("{}({}[{}]) needs two scrapes in its window; at a scrape interval of "
                             "{} it often has one, and then answers nothing",
                             series.function, series.metric, format_duration(*series.window),
                             format_duration(kScrapeIntervalAssumed)),
                 "a window of four scrape intervals");
  }
  if (is_latency(series) && !tells_failures(series)) {
    reporter.add(kLatencyOfFailures, path,
                 fmt::format("'{}' counts failed requests too: quick failures make latency look "
                             "better",
                             series.metric),
                 "a matcher on the status, such as code!~\"5..\"");
  }
}

// Each series once, where a query names it twice.
void name_query(const std::string& query, const Reporter& reporter, const Path& path) {
  std::vector<std::string> named;
  for (const AskedSeries& series : series_in(query)) {
    std::string key = fmt::format("{} {} {}", series.metric, series.function,
                                  series.window.value_or(Duration::zero()).count());
    if (std::ranges::find(named, key) != named.end()) continue;
    named.push_back(std::move(key));
    name_series(series, reporter, path);
  }
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
  if (metric.success_condition.empty() && metric.failure_condition.empty() &&
      !decides_itself(metric)) {
    reporter.add(kNoCondition, path, "without a condition every measurement succeeds",
                 "give a successCondition or failureCondition");
  }
  for (const NamedCondition& condition : conditions_of(metric)) {
    if (!condition.hints.compiles) continue;
    name_missing_data(metric, condition, reporter, path);
    if (metric.provider.prometheus) name_nan(metric, condition, reporter, path);
  }
  name_limit(metric.count, "count", "counts as not given", reporter, path);
  name_limit(metric.failure_limit, "failureLimit", "counts as 0", reporter, path);
  name_limit(metric.inconclusive_limit, "inconclusiveLimit", "counts as 0", reporter, path);
  name_limit(metric.consecutive_error_limit, "consecutiveErrorLimit", "counts as 0", reporter,
             path);
  name_limit(metric.consecutive_success_limit, "consecutiveSuccessLimit", "counts as 0", reporter,
             path);
}

void name_shared_warts(const Metric& metric, const Reporter& reporter, const Path& path) {
  for (const NamedCondition& condition : conditions_of(metric)) {
    if (!condition.hints.compiles) continue;
    if (condition.hints.never) {
      reporter.add(kNeverTrue, path / condition.field, "no number makes this condition true");
    }
    if (condition.hints.always) {
      reporter.add(kAlwaysTrue, path / condition.field, "every answer makes this condition true");
    }
    name_wrong_shape(metric, condition, reporter, path);
  }
  name_limits_without_effect(metric, reporter, path);
  if (!metric.provider.prometheus) return;
  const std::string& query = metric.provider.prometheus->query;
  Path at = path / "provider" / "prometheus" / "query";
  name_query(query, reporter, at);
  if (std::ranges::none_of(series_in(query), needs_two_scrapes)) return;
  reporter.add(kNewSeries, at,
               "rate() and increase() miss the first increments of a new series, such as a "
               "canary's first errors",
               "`compare` counts them");
}

void name_rule_warts(const std::vector<DryRun>& dry_run,
                     const std::vector<MeasurementRetention>& retention,
                     const std::vector<Metric>& metrics, bool closed, const Reporter& reporter,
                     const Path& path) {
  for (std::size_t i = 0; i < dry_run.size(); ++i) {
    name_pattern(dry_run[i].metric_name, metrics, closed, reporter, path / "dryRun" / i);
  }
  for (std::size_t i = 0; i < retention.size(); ++i) {
    name_pattern(retention[i].metric_name, metrics, closed, reporter,
                 path / "measurementRetention" / i);
  }
}

}  // namespace serin::analysis
