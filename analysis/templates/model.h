// Analysis templates and runs as values: the full field set of Argo Rollouts and serin's own.
//
//   for (const Metric& metric : run.metrics) {
//     Duration every = metric.interval.value_or(Duration::zero());
//     std::optional<int> count = metric.effective_count();
//   }
//
// Texts may hold `{{args.x}}` until resolve.h puts the arguments in. Nothing here validates
// (validation.h), merges (merge.h) or reads documents (read.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/templates/compare.h"
#include "analysis/templates/providers.h"
#include "base/config/metadata.h"
#include "base/config/values.h"
#include "base/json.h"

namespace serin::analysis {

// A ready-made metric of a known system: `preset: {istio: latency}`. Pinning puts its selectors in
// place of it (presets.h).
struct Preset {
  std::string system;  // istio, haproxy, …: see queries/presets
  std::string metric;
  std::string where;  // more matchers, `namespace="prod"`
  bool operator==(const Preset&) const = default;
};

struct Metric {
  static constexpr int kConsecutiveErrorLimitDefault = 4;

  std::string name;
  config::DurationText interval;       // not given: one measurement
  config::DurationText initial_delay;  // after the run's start
  std::optional<config::IntOrString> count;
  std::string success_condition;
  std::string failure_condition;
  std::optional<config::IntOrString> failure_limit;
  std::optional<config::IntOrString> inconclusive_limit;
  std::optional<config::IntOrString> consecutive_error_limit;
  std::optional<config::IntOrString> consecutive_success_limit;
  Provider provider;

  // serin.dev only.
  std::optional<Compare> compare;
  std::optional<Preset> preset;
  JudgeOptions options;

  // By which rules this metric is judged: of its template, or serin's where `safe` was asked for.
  config::Dialect dialect = config::Dialect::argo;
  // The metric as JSON, as written: what substitution works on.
  Json written;

  // What the counters are compared with; a text that is no number counts as 0, as in Argo.
  int failure_limit_value() const;  // default 0; -1: disabled
  int inconclusive_limit_value() const;
  int consecutive_error_limit_value() const;    // default kConsecutiveErrorLimitDefault
  int consecutive_success_limit_value() const;  // 0: disabled
  // Measurements after which the metric ends: empty means without end (an interval and no count).
  std::optional<int> effective_count() const;
  // True for canary against stable or a target by statistics, false for threshold rules.
  bool compared() const { return compare.has_value() || preset.has_value(); }
  bool operator==(const Metric&) const = default;
};

struct SecretKeyRef {
  std::string name;
  std::string key;
  bool operator==(const SecretKeyRef&) const = default;
};

struct ValueFrom {
  std::optional<SecretKeyRef> secret_key_ref;
  std::string field_ref;                // `fieldRef.fieldPath`; "" where not given
  std::string pod_template_hash_value;  // Stable | Latest, in a Rollout's arguments only
  bool operator==(const ValueFrom&) const = default;
};

// Without value and valueFrom: an argument that somebody must supply.
struct Argument {
  std::string name;
  std::optional<std::string> value;
  std::optional<ValueFrom> value_from;
  bool operator==(const Argument&) const = default;
};

// metricName is an unanchored regular expression.
struct DryRun {
  std::string metric_name;
  bool operator==(const DryRun&) const = default;
};

struct MeasurementRetention {
  static constexpr int kLimitDefault = 10;
  std::string metric_name;
  std::int32_t limit = 0;  // 0 or less: kLimitDefault
  bool operator==(const MeasurementRetention&) const = default;
};

struct TemplateRef {
  std::string template_name;
  bool cluster_scope = false;
  bool operator==(const TemplateRef&) const = default;
};

// How the series of the two versions are told apart.
struct Versions {
  std::string label = "version";
  std::string canary = "{{args.canary}}";
  std::string stable = "{{args.stable}}";
  std::string instance = "instance";  // the label that names an instance
  bool operator==(const Versions&) const = default;
};

// Kayenta's scoring over the metrics that it judges.
struct KayentaScoring {
  double pass = 95;
  double marginal = 75;
  std::map<std::string, double> group_weights;
  bool operator==(const KayentaScoring&) const = default;
};

struct TemplateSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  std::vector<TemplateRef> templates;

  // serin.dev, but `safe` is also read in argoproj.io documents: serin's rules over Argo's.
  std::optional<bool> safe;
  std::optional<Versions> versions;
  std::optional<double> false_rollback_rate;  // a default for the Rollout's
  std::optional<KayentaScoring> kayenta;
  bool operator==(const TemplateSpec&) const = default;
};

struct AnalysisTemplate {
  config::Dialect dialect = config::Dialect::argo;
  bool cluster_scope = false;  // kind ClusterAnalysisTemplate
  config::Metadata metadata;
  TemplateSpec spec;
  bool operator==(const AnalysisTemplate&) const = default;
};

struct TtlStrategy {
  std::optional<std::int32_t> seconds_after_completion;
  std::optional<std::int32_t> seconds_after_failure;
  std::optional<std::int32_t> seconds_after_success;
  bool operator==(const TtlStrategy&) const = default;
};

struct AnalysisRunSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  bool terminate = false;
  std::optional<TtlStrategy> ttl_strategy;
  std::optional<bool> safe;
  std::optional<Versions> versions;
  std::optional<double> false_rollback_rate;
  std::optional<KayentaScoring> kayenta;
  bool operator==(const AnalysisRunSpec&) const = default;
};

struct AnalysisRun {
  config::Dialect dialect = config::Dialect::argo;
  config::Metadata metadata;
  AnalysisRunSpec spec;
  bool operator==(const AnalysisRun&) const = default;
};

// Every default filled in, by kind; a warm-up that is a placeholder or no duration counts as not
// given. For a histogram `tolerate.absolute`, `tolerate.effect` and `acceptable.absolute` are
// shifts in standard deviations of the normal scores and `acceptable.ratio` is the tail's; for the
// others ratios are canary over stable and `absolute` is in the metric's own unit.
MetricRules rules_for(CompareKind kind, const JudgeOptions& options);
// The same for a metric whose `compare` names exactly one kind (asserted).
MetricRules rules_of(const Metric& metric);

}  // namespace serin::analysis
