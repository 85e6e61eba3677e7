#include "analysis/templates/model.h"

#include <array>
#include <utility>

#include "base/assert.h"

namespace serin::analysis {
namespace {

int value_or(const std::optional<config::IntOrString>& value, int fallback) {
  return value ? value->integer() : fallback;
}

// The margins and waiting times that a kind has unless the document says otherwise.
// Source: statistics, sections 3.1 to 3.5 (margins, minimum effects), 5 (shares), 6.1 (warm-up).
MetricRules defaults_of(CompareKind kind) {
  MetricRules rules;
  rules.kind = kind;
  switch (kind) {
    case CompareKind::errors:
      rules.tolerate_ratio = 1.02;
      rules.tolerate_absolute = 0.0005;
      rules.effect = 1.05;
      rules.acceptable_ratio = 1.5;
      rules.acceptable_absolute = 0.002;
      rules.required = true;
      rules.share = 2;
      break;
    case CompareKind::rate:
      rules.tolerate_ratio = 1.02;
      rules.effect = 1.05;
      rules.acceptable_ratio = 1.5;
      rules.share = 2;
      break;
    case CompareKind::mean:
      rules.tolerate_ratio = 1.02;
      rules.effect = 1.04;
      rules.acceptable_ratio = 1.2;
      rules.required = true;
      rules.warmup = std::chrono::seconds(180);
      break;
    case CompareKind::histogram:
      // A shift is counted in standard deviations of the normal scores, the tail as a ratio.
      rules.effect = 0.03;
      rules.acceptable_ratio = 2;
      rules.acceptable_absolute = 0.25;
      rules.required = true;
      rules.share = 2;
      rules.warmup = std::chrono::seconds(180);
      break;
    case CompareKind::gauge:
      rules.tolerate_ratio = 1.02;
      rules.effect = 1.04;
      rules.acceptable_ratio = 1.2;
      rules.warmup = std::chrono::seconds(60);
      break;
  }
  return rules;
}

}  // namespace

std::string_view to_string(CompareKind kind) {
  constexpr std::array<std::string_view, 5> kNames{"errors", "rate", "mean", "histogram", "gauge"};
  return kNames.at(static_cast<std::size_t>(kind));
}

int Provider::count() const {
  int count = static_cast<int>(plugin.size());
  auto add = [&](const auto& provider) { count += provider ? 1 : 0; };
  add(prometheus), add(kayenta), add(web), add(datadog), add(wavefront), add(new_relic), add(job);
  add(cloud_watch), add(graphite), add(influxdb), add(skywalking), add(haproxy);
  add(alertmanager);
  return count;
}

std::string_view Provider::kind() const {
  if (prometheus) return "prometheus";
  if (kayenta) return "kayenta";
  if (web) return "web";
  if (datadog) return "datadog";
  if (wavefront) return "wavefront";
  if (new_relic) return "newRelic";
  if (job) return "job";
  if (cloud_watch) return "cloudWatch";
  if (graphite) return "graphite";
  if (influxdb) return "influxdb";
  if (skywalking) return "skywalking";
  if (haproxy) return "haproxy";
  if (alertmanager) return "alertmanager";
  if (!plugin.empty()) return "plugin";
  return "";
}

int Compare::count() const {
  return int{errors.has_value()} + int{rate.has_value()} + int{mean.has_value()} +
         int{histogram.has_value()} + int{gauge.has_value()};
}

std::optional<CompareKind> Compare::kind() const {
  if (errors) return CompareKind::errors;
  if (rate) return CompareKind::rate;
  if (mean) return CompareKind::mean;
  if (histogram) return CompareKind::histogram;
  if (gauge) return CompareKind::gauge;
  return std::nullopt;
}

int Metric::failure_limit_value() const {
  return value_or(failure_limit, 0);
}
int Metric::inconclusive_limit_value() const {
  return value_or(inconclusive_limit, 0);
}
int Metric::consecutive_error_limit_value() const {
  return value_or(consecutive_error_limit, kConsecutiveErrorLimitDefault);
}
int Metric::consecutive_success_limit_value() const {
  return value_or(consecutive_success_limit, 0);
}

std::optional<int> Metric::effective_count() const {
  if (int given = value_or(count, 0); given != 0) return given;
  return interval.empty() ? std::optional<int>(1) : std::nullopt;
}

MetricRules rules_for(CompareKind kind, const JudgeOptions& options) {
  MetricRules rules = defaults_of(kind);
  if (kind == CompareKind::histogram && options.slo) {
    // A share of slow requests against a target: the margins are those of a share.
    MetricRules share = defaults_of(CompareKind::errors);
    rules.tolerate_ratio = share.tolerate_ratio;
    rules.tolerate_absolute = share.tolerate_absolute;
    rules.effect = share.effect;
    rules.acceptable_ratio = share.acceptable_ratio;
    rules.acceptable_absolute = share.acceptable_absolute;
  }
  auto take = [](auto& target, const auto& given) {
    if (given) target = *given;
  };
  take(rules.direction, options.direction);
  take(rules.tolerate_ratio, options.tolerate.ratio);
  take(rules.tolerate_absolute, options.tolerate.absolute);
  take(rules.effect, options.tolerate.effect);
  take(rules.acceptable_ratio, options.acceptable.ratio);
  take(rules.acceptable_absolute, options.acceptable.absolute);
  take(rules.required, options.required);
  take(rules.share, options.share);
  take(rules.warmup, options.warmup.value());
  take(rules.no_data, options.no_data);
  take(rules.on_fail, options.on_fail);
  take(rules.mode, options.mode);
  take(rules.min_samples, options.min_samples);
  rules.slo = options.slo;
  return rules;
}

MetricRules rules_of(const Metric& metric) {
  SERIN_ASSERT(metric.compare && metric.compare->kind());
  return rules_for(*metric.compare->kind(), metric.options);
}

}  // namespace serin::analysis
