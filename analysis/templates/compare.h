// What a compared metric asks for: canary against stable (or against a fixed target), and what
// counts as worse.
//
// Values as written, optional where the document may leave them out; MetricRules (rules.h) is the
// same with every default filled in. No statistics here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/judgement.h"
#include "base/config/values.h"

namespace serin::analysis {

enum class Direction { up, down, both };  // what is worse
enum class NoData { hold, pass, fail };
enum class JudgeMode { sequential, fixed };  // fixed: one classical test at the end of a step
enum class JudgeKind { sequential, threshold, kayenta };
enum class CompareKind { errors, rate, mean, histogram, gauge };
std::string_view to_string(Direction direction);
std::string_view to_string(NoData no_data);
std::string_view to_string(OnFail on_fail);
std::string_view to_string(JudgeMode mode);
std::string_view to_string(JudgeKind kind);
std::string_view to_string(CompareKind kind);

// Selectors (`http_requests_total{code=~"5.."}`) are asked as raw range vectors.
struct ErrorsSpec {
  std::string bad;
  std::string total;
  bool operator==(const ErrorsSpec&) const = default;
};

struct RateSpec {
  std::string count;  // events, judged per instance-second
  bool operator==(const RateSpec&) const = default;
};

struct MeanSpec {
  std::string sum;
  std::string count;
  std::optional<double> max;  // the largest value there can be, where it is known
  bool operator==(const MeanSpec&) const = default;
};

struct HistogramSpec {  // exactly one of
  std::string buckets;  // classic `le` buckets
  std::string native;
  bool operator==(const HistogramSpec&) const = default;
};

struct GaugeSpec {
  std::string query;  // one value an instance
  bool operator==(const GaugeSpec&) const = default;
};

// Null margin: differences within it never fail. `effect` is the least observed effect that may
// fail.
struct Tolerate {
  std::optional<double> ratio;
  std::optional<double> absolute;
  std::optional<double> effect;
  bool operator==(const Tolerate&) const = default;
};

// Within this the metric may pass.
struct Acceptable {
  std::optional<double> ratio;
  std::optional<double> absolute;
  bool operator==(const Acceptable&) const = default;
};

// A fixed target instead of stable: with `quantile`, that quantile is at most `max`; without, the
// share (errors), rate, mean or gauge itself is at most `max` (or at least `min`).
struct Slo {
  std::optional<double> quantile;
  std::optional<double> max;
  std::optional<double> min;
  bool operator==(const Slo&) const = default;
};

struct KayentaMetricOptions {
  std::vector<std::string> groups;
  std::string direction = "either";     // increase | decrease | either
  std::string nan_strategy = "remove";  // remove | replace
  std::string outliers = "keep";        // keep | remove
  double outlier_factor = 3;
  bool critical = false;
  bool must_have_data = false;
  bool muted = false;
  std::string effect_measure = "meanRatio";  // meanRatio | cles
  std::optional<double> allowed_increase;
  std::optional<double> allowed_decrease;
  std::optional<double> critical_increase;
  std::optional<double> critical_decrease;
  bool operator==(const KayentaMetricOptions&) const = default;
};

// How a metric is judged. The document may write these at the metric or inside `compare`; reading
// gathers them at the metric.
struct JudgeOptions {
  std::optional<Direction> direction;
  Tolerate tolerate;
  Acceptable acceptable;
  std::optional<bool> required;
  std::optional<double> share;
  config::DurationText warmup;
  std::optional<NoData> no_data;
  std::optional<OnFail> on_fail;
  std::optional<Slo> slo;
  std::optional<std::int64_t> min_samples;  // exposures of the canary before it may pass or fail
  config::DurationText sustained;           // `for`: a threshold rule must be broken this long
  std::optional<JudgeMode> mode;
  std::optional<std::int64_t> consecutive_failure_limit;
  std::optional<JudgeKind> judge;
  std::optional<KayentaMetricOptions> kayenta;
  bool operator==(const JudgeOptions&) const = default;
};

// Exactly one of the five is given in a valid metric.
struct Compare {
  std::optional<ErrorsSpec> errors;
  std::optional<RateSpec> rate;
  std::optional<MeanSpec> mean;
  std::optional<HistogramSpec> histogram;
  std::optional<GaugeSpec> gauge;
  int count() const;
  // Empty where none is given; the first where several are.
  std::optional<CompareKind> kind() const;
  bool operator==(const Compare&) const = default;
};

// Everything explicit: what the judges use.
struct MetricRules {
  CompareKind kind = CompareKind::errors;
  Direction direction = Direction::up;
  double tolerate_ratio = 1;     // ρ
  double tolerate_absolute = 0;  // δ
  double effect = 1;             // least observed ratio that may fail
  double acceptable_ratio = 1;   // ρ_P
  double acceptable_absolute = 0;
  bool required = false;
  double share = 1;  // not normalised over the metrics
  Duration warmup{};
  NoData no_data = NoData::hold;
  OnFail on_fail = OnFail::rollback;
  JudgeMode mode = JudgeMode::sequential;
  std::int64_t min_samples = 0;
  std::optional<Slo> slo;
  bool operator==(const MetricRules&) const = default;
};

}  // namespace serin::analysis
