#include <array>

#include "analysis/templates/fields.h"
#include "base/config/writer.h"

namespace serin::analysis {

using config::FieldOptions;
using config::Visitor;

std::span<const std::string_view> enum_names(Direction) {
  static constexpr std::array<std::string_view, 3> kNames{"up", "down", "both"};
  return kNames;
}
std::span<const std::string_view> enum_names(NoData) {
  static constexpr std::array<std::string_view, 3> kNames{"hold", "pass", "fail"};
  return kNames;
}
std::span<const std::string_view> enum_names(OnFail) {
  static constexpr std::array<std::string_view, 3> kNames{"rollback", "pause", "notify"};
  return kNames;
}
std::span<const std::string_view> enum_names(JudgeMode) {
  static constexpr std::array<std::string_view, 2> kNames{"sequential", "fixed"};
  return kNames;
}
std::span<const std::string_view> enum_names(JudgeKind) {
  static constexpr std::array<std::string_view, 3> kNames{"sequential", "threshold", "kayenta"};
  return kNames;
}

std::string_view to_string(Direction value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(NoData value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(OnFail value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(JudgeKind value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}
std::string_view to_string(JudgeMode value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}

void fields(Visitor& v, ErrorsSpec& spec) {
  v.type("Errors", "The share of bad requests.");
  v("bad", spec.bad, "Selector of the bad requests' counter.", {.required = true});
  v("total", spec.total, "Selector of all requests' counter.", {.required = true});
}

void fields(Visitor& v, RateSpec& spec) {
  v.type("Rate", "Events per second of an instance.");
  v("count", spec.count, "Selector of the events' counter.", {.required = true});
}

void fields(Visitor& v, MeanSpec& spec) {
  v.type("Mean", "The mean of a value.");
  v("sum", spec.sum, "Selector of the sum's counter.", {.required = true});
  v("count", spec.count, "Selector of the count's counter.", {.required = true});
  v("max", spec.max, "The largest value there can be, where it is known.", {.above = 0.0});
}

void fields(Visitor& v, HistogramSpec& spec) {
  static constexpr std::array<std::string_view, 2> kForms{"buckets", "native"};
  v.type("Histogram", "A distribution, such as latency.");
  v.exactly_one(kForms);
  v("buckets", spec.buckets, "Selector of the cumulative `le` buckets.");
  v("native", spec.native, "Selector of a native histogram.");
}

void fields(Visitor& v, GaugeSpec& spec) {
  v.type("Gauge", "A value that goes up and down, one an instance.");
  v("query", spec.query, "PromQL that gives one value an instance.", {.required = true});
}

void fields(Visitor& v, Tolerate& tolerate) {
  v.type("Tolerate", "Differences that never fail.");
  v("ratio", tolerate.ratio, "Canary over stable within this is harmless.", {.minimum = 1});
  v("absolute", tolerate.absolute, "So much more is harmless.", {.minimum = 0});
  v("effect", tolerate.effect, "The least observed ratio that may fail.", {.minimum = 0});
}

void fields(Visitor& v, Acceptable& acceptable) {
  v.type("Acceptable", "Differences within which the metric may pass.");
  v("ratio", acceptable.ratio, "Canary over stable below this may pass.", {.above = 1.0});
  v("absolute", acceptable.absolute, "So much more may pass.", {.minimum = 0});
}

void fields(Visitor& v, Slo& slo) {
  v.type("Slo", "A fixed target instead of stable.");
  v("quantile", slo.quantile, "Of a histogram: which quantile.", {.maximum = 1, .above = 0.0});
  v("max", slo.max, "At most this.");
  v("min", slo.min, "At least this.");
}

void fields(Visitor& v, KayentaMetricOptions& options) {
  static constexpr std::array<std::string_view, 3> kDirections{"increase", "decrease", "either"};
  static constexpr std::array<std::string_view, 2> kNan{"remove", "replace"};
  static constexpr std::array<std::string_view, 2> kOutliers{"keep", "remove"};
  static constexpr std::array<std::string_view, 2> kMeasures{"meanRatio", "cles"};
  v.type("KayentaMetric", "How Kayenta's algorithm treats the metric.");
  v("groups", options.groups, "The groups that it counts in.");
  v("direction", options.direction, "What is worse.", {.words = kDirections});
  v("nanStrategy", options.nan_strategy, "Missing points.", {.words = kNan});
  v("outliers", options.outliers, "Points far from the others.", {.words = kOutliers});
  v("outlierFactor", options.outlier_factor, "How far.", {.above = 0.0});
  v("critical", options.critical, "Its failure fails all.");
  v("mustHaveData", options.must_have_data, "No data fails it.");
  v("muted", options.muted, "Listed, but not counted.");
  v("effectMeasure", options.effect_measure, "How effects are measured.", {.words = kMeasures});
  v("allowedIncrease", options.allowed_increase, "An increase up to this passes.");
  v("allowedDecrease", options.allowed_decrease, "A decrease down to this passes.");
  v("criticalIncrease", options.critical_increase, "An increase from this on is critical.");
  v("criticalDecrease", options.critical_decrease, "A decrease from this on is critical.");
}

namespace {

void option_fields(Visitor& v, JudgeOptions& options) {
  constexpr FieldOptions kOurs{.serin_only = true};
  v("direction", options.direction, "What is worse: up (default), down or both.", kOurs);
  v("tolerate", options.tolerate, "Differences that never fail.", kOurs);
  v("acceptable", options.acceptable, "Differences within which it may pass.", kOurs);
  v("required", options.required, "Must pass before promotion (default: errors and latency).",
    kOurs);
  v("share", options.share, "Its part of the error budget, beside the other metrics' parts.",
    {.serin_only = true, .minimum = 0});
  v("warmup", options.warmup,
    "Age of an instance before it is judged (errors, rate 0s; gauge 60s; histogram, mean 180s).",
    kOurs);
  v("noData", options.no_data, "What missing data mean: hold (default), pass or fail.", kOurs);
  v("onFail", options.on_fail, "What a failure does: rollback (default), pause or notify.", kOurs);
  v("slo", options.slo, "A fixed target instead of stable.", kOurs);
  v("minSamples", options.min_samples,
    "Canary samples (threshold rules: judged looks) needed before it may pass or fail.",
    {.serin_only = true, .minimum = 0});
  v("for", options.sustained, "A threshold rule must be broken for this long.", kOurs);
  v("mode", options.mode, "sequential (default), or fixed: one test at the end of a step.", kOurs);
  v("consecutiveFailureLimit", options.consecutive_failure_limit,
    "So many failed looks in a row are allowed.", {.serin_only = true, .minimum = 0});
  v("judge", options.judge, "sequential, threshold or kayenta.", kOurs);
  v("kayenta", options.kayenta, "With `judge: kayenta`.", kOurs);
}

// `compare` as documents write it: the kind, and options that are gathered at the metric.
struct CompareBlock {
  Compare compare;
  JudgeOptions options;
};

void fields(Visitor& v, CompareBlock& block) {
  static constexpr std::array<std::string_view, 5> kKinds{"errors", "rate", "mean", "histogram",
                                                          "gauge"};
  v.type("Compare", "Canary against stable, by statistics.");
  v.exactly_one(kKinds);
  v("errors", block.compare.errors, "The share of bad requests.");
  v("rate", block.compare.rate, "Events per second of an instance.");
  v("mean", block.compare.mean, "The mean of a value.");
  v("histogram", block.compare.histogram, "A distribution, such as latency.");
  v("gauge", block.compare.gauge, "A value that goes up and down.");
  option_fields(v, block.options);
}

// Moves what `compare` says to the metric; what both say is a problem.
void gather(Visitor& v, JudgeOptions& to, JudgeOptions& from) {
  auto move = [&](auto& target, auto& source, std::string_view name) {
    using Value = std::remove_reference_t<decltype(source)>;
    if (source == Value()) return;
    if (target != Value()) {
      v.problem(config::kNotOneOf, name, "given both at the metric and inside compare",
                "write it once");
    }
    target = std::move(source);
  };
  move(to.direction, from.direction, "direction");
  move(to.tolerate, from.tolerate, "tolerate");
  move(to.acceptable, from.acceptable, "acceptable");
  move(to.required, from.required, "required");
  move(to.share, from.share, "share");
  move(to.warmup, from.warmup, "warmup");
  move(to.no_data, from.no_data, "noData");
  move(to.on_fail, from.on_fail, "onFail");
  move(to.slo, from.slo, "slo");
  move(to.min_samples, from.min_samples, "minSamples");
  move(to.sustained, from.sustained, "for");
  move(to.mode, from.mode, "mode");
  move(to.consecutive_failure_limit, from.consecutive_failure_limit, "consecutiveFailureLimit");
  move(to.judge, from.judge, "judge");
  move(to.kayenta, from.kayenta, "kayenta");
}

constexpr std::array<std::string_view, 10> kPresetSystems{
    "istio",   "haproxy", "envoy",     "nginx-ingress", "linkerd",
    "traefik", "contour", "otel-http", "micrometer",    "prometheus"};

// `preset: {istio: latency}`.
struct PresetBlock {
  std::array<std::optional<std::string>, kPresetSystems.size()> metrics;
  std::string where;
};

void fields(Visitor& v, PresetBlock& block) {
  v.type("Preset", "A ready-made metric of a known system.");
  v.exactly_one(kPresetSystems);
  for (std::size_t i = 0; i < kPresetSystems.size(); ++i) {
    v(kPresetSystems[i], block.metrics[i], "The metric: errors, latency or traffic.");
  }
  v("where", block.where, "More matchers for its selectors: namespace=\"prod\".");
}

void preset_field(Visitor& v, Metric& metric) {
  std::optional<PresetBlock> block;
  if (metric.preset) {
    block.emplace();
    block->where = metric.preset->where;
    for (std::size_t i = 0; i < kPresetSystems.size(); ++i) {
      if (kPresetSystems[i] == metric.preset->system) block->metrics[i] = metric.preset->metric;
    }
  }
  v("preset", block, "A ready-made metric of a known system.", {.serin_only = true});
  if (!v.reading() || !block) return;
  for (std::size_t i = 0; i < kPresetSystems.size(); ++i) {
    if (block->metrics[i])
      metric.preset = Preset{std::string(kPresetSystems[i]), *block->metrics[i], block->where};
  }
}

}  // namespace

void fields(Visitor& v, Metric& metric) {
  v.type("Metric", "One thing that is watched, and what counts as a failure.");
  v("name", metric.name, "Its name, unique in the run.", {.required = true, .always = true});
  v("interval", metric.interval, "Time between looks; left out: one look (compared: 10s).");
  v("initialDelay", metric.initial_delay, "Wait before the first look.");
  v("count", metric.count, "How many looks; left out with an interval: without end.");
  v("successCondition", metric.success_condition, "An expression that is true when all is well.");
  v("failureCondition", metric.failure_condition, "An expression that is true when it is not.");
  v("failureLimit", metric.failure_limit, "So many failed looks are allowed; -1: any number.");
  v("inconclusiveLimit", metric.inconclusive_limit, "So many inconclusive looks are allowed.");
  v("consecutiveErrorLimit", metric.consecutive_error_limit,
    "So many errors of the provider in a row are allowed; left out: 4.");
  v("provider", metric.provider, "Where the values come from.");
  v("consecutiveSuccessLimit", metric.consecutive_success_limit,
    "Succeeds once so many looks in a row succeeded; 0: off.");

  std::optional<CompareBlock> block;
  if (metric.compare) block = CompareBlock{*metric.compare, {}};
  v("compare", block, "Canary against stable, by statistics.", {.serin_only = true});
  preset_field(v, metric);
  option_fields(v, metric.options);
  if (!v.reading()) return;
  if (block) {
    metric.compare = block->compare;
    gather(v, metric.options, block->options);
  }
  metric.dialect = v.dialect();
  // Argo puts arguments into the decoded metric: what it ignores is not substituted either.
  metric.written = metric.dialect == config::Dialect::argo ? config::write(metric) : v.written();
}

}  // namespace serin::analysis
