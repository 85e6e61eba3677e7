#include "analysis/templates/metric_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/conditions/condition.h"
#include "analysis/templates/codes.h"
#include "analysis/templates/faults.h"
#include "base/text/shorten.h"
#include "queries/presets/presets.h"
#include "queries/selector.h"

namespace serin::analysis {
namespace {

using config::Path;
using config::Reporter;

constexpr std::size_t kMetricNameMax = 63;
constexpr std::size_t kNameShownMax = 2 * kMetricNameMax;  // bytes of one that is refused

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

class Checker {
 public:
  Checker(const Metric& metric, const Reporter& reporter, const Path& path)
      : metric_(metric), reporter_(reporter), path_(path) {}

  void run() {
    name();
    counts();
    if (metric_.compare && metric_.preset) {
      wrong("preset", "a metric has compare or preset, not both");
    } else if (metric_.compared()) {
      compared();
    } else {
      threshold();
    }
  }

 private:
  void add(const Rule& rule, std::string_view field, std::string message, std::string hint = "") {
    reporter_.add(rule, place_of(field), std::move(message), std::move(hint));
  }
  void wrong(std::string_view field, std::string message, std::string hint = "") {
    add(kMetric, field, std::move(message), std::move(hint));
  }

  // The field at the metric, or inside `compare` where the document wrote it there.
  Path place_of(std::string_view field) const {
    if (field.empty()) return path_;
    bool inside = !metric_.written.contains(field) && metric_.written["compare"].contains(field);
    return inside ? path_ / "compare" / field : path_ / field;
  }

  // A field of which a part waits for its arguments.
  bool waits(std::string_view field) const {
    for (const Json* block : {&metric_.written, &metric_.written["compare"]}) {
      const Json* value = block->find(field);
      if (value != nullptr && config::has_placeholder(value->dump())) return true;
    }
    return false;
  }

  void name() {
    const std::string& name = metric_.name;
    if (config::has_placeholder(name)) return;
    bool fits = !name.empty() && name.size() <= kMetricNameMax && is_word(name.front()) &&
                is_word(name.back()) && std::ranges::all_of(name, [](char c) {
                  return is_word(c) || c == '-' || c == '_' || c == '.';
                });
    if (fits) return;
    add(kBadName, "name",
        fmt::format("'{}' can't be a metric's name", shortened(name, kNameShownMax)),
        fmt::format("1 to {} letters, digits, '-', '_' and '.', a letter or digit at both ends",
                    kMetricNameMax));
  }

  void counts() {
    if (auto interval = metric_.interval.value(); interval && *interval <= Duration::zero()) {
      wrong("interval", "the interval must be longer than 0");
    }
    whole(metric_.count, "count");
    whole(metric_.failure_limit, "failureLimit");
    whole(metric_.inconclusive_limit, "inconclusiveLimit");
    whole(metric_.consecutive_error_limit, "consecutiveErrorLimit");
    whole(metric_.consecutive_success_limit, "consecutiveSuccessLimit");
  }

  void whole(const std::optional<config::IntOrString>& value, std::string_view field) {
    if (!value || value->is_number() || config::has_placeholder(value->to_string())) return;
    add(config::kInvalidValue, field, fmt::format("'{}' is no whole number", value->to_string()));
  }

  void threshold() {
    for (const Fault& fault : faults_of(metric_, Placeholders::left_alone))
      wrong(fault.field, fault.message);
    bool decides_itself = metric_.provider.job || metric_.provider.kayenta ||
                          metric_.provider.alertmanager || !metric_.provider.plugin.empty();
    if (metric_.success_condition.empty() && metric_.failure_condition.empty() && !decides_itself) {
      wrong("", "nothing says what a failure is",
            "give compare, preset, successCondition or failureCondition");
    }
    if (metric_.provider.prometheus && metric_.provider.prometheus->query.empty()) {
      wrong("provider", "a threshold rule needs provider.prometheus.query");
    }
    const JudgeOptions& options = metric_.options;
    refuse(options.direction.has_value(), "direction");
    refuse(options.tolerate != Tolerate(), "tolerate");
    refuse(options.acceptable != Acceptable(), "acceptable");
    refuse(options.share.has_value(), "share");
    refuse(!options.warmup.empty(), "warmup");
    refuse(options.slo.has_value(), "slo");
    refuse(options.mode.has_value(), "mode");
    if (options.judge && *options.judge != JudgeKind::threshold) {
      wrong("judge", "without compare only `judge: threshold` is possible");
    }
  }

  void refuse(bool given, std::string_view field) {
    if (given) wrong(field, fmt::format("'{}' belongs to compared metrics", field));
  }

  void compared() {
    auto useless = [&](bool given, std::string_view field) {
      if (given) wrong(field, fmt::format("'{}' does not apply to compared metrics", field));
    };
    useless(!metric_.success_condition.empty(), "successCondition");
    useless(!metric_.failure_condition.empty(), "failureCondition");
    useless(metric_.count.has_value(), "count");
    useless(metric_.failure_limit.has_value(), "failureLimit");
    useless(metric_.inconclusive_limit.has_value(), "inconclusiveLimit");
    useless(metric_.consecutive_success_limit.has_value(), "consecutiveSuccessLimit");
    useless(!metric_.options.sustained.empty(), "for");
    useless(metric_.options.consecutive_failure_limit.has_value(), "consecutiveFailureLimit");
    if (metric_.provider.count() > 1) wrong("provider", "multiple providers specified");
    if (metric_.provider.count() == 1 && !metric_.provider.prometheus &&
        !metric_.provider.haproxy) {
      wrong("provider",
            fmt::format("compared metrics are asked of prometheus or haproxy, not of {}",
                        metric_.provider.kind()));
    }
    if (metric_.options.judge == JudgeKind::threshold) {
      wrong("judge", "compared metrics are judged by `sequential` or `kayenta`");
    }
    kayenta();
    if (metric_.provider.prometheus && !metric_.provider.prometheus->query.empty()) {
      wrong("provider", "a compared metric's query is made from compare; leave provider.query out");
    }
    if (metric_.preset && !waits("preset")) preset(*metric_.preset);
    if (metric_.compare && metric_.compare->count() == 1) kind(*metric_.compare);
  }

  void kayenta() {
    const JudgeOptions& options = metric_.options;
    if (options.judge != JudgeKind::kayenta) {
      if (options.kayenta) wrong("kayenta", "these options belong to `judge: kayenta`");
      return;
    }
    if (options.mode) wrong("mode", "`mode` says how serin's own judges test; leave it out");
    if (options.slo) wrong("slo", "Kayenta's algorithm compares with stable; it knows no target");
    if (!options.kayenta || options.kayenta->groups.empty()) {
      wrong("kayenta", "a metric in no group counts nowhere: name one in kayenta.groups");
    }
  }

  void preset(const Preset& given) {
    const auto found = queries::find_preset(given.system, given.metric);
    if (!found) {
      wrong("preset", found.error().message);
    } else if (const auto selectors = queries::scoped(**found, given.where); !selectors) {
      wrong("preset", selectors.error().message);
    }
  }

  void kind(const Compare& compare) {
    if (compare.errors) {
      selector(compare.errors->bad, Path() / "errors" / "bad");
      selector(compare.errors->total, Path() / "errors" / "total");
    } else if (compare.rate) {
      selector(compare.rate->count, Path() / "rate" / "count");
    } else if (compare.mean) {
      selector(compare.mean->sum, Path() / "mean" / "sum");
      selector(compare.mean->count, Path() / "mean" / "count");
    } else if (compare.histogram) {
      selector(compare.histogram->buckets, Path() / "histogram" / "buckets");
      selector(compare.histogram->native, Path() / "histogram" / "native");
    }
    margins();
    target();
  }

  void selector(const std::string& text, const Path& field) {
    if (text.empty() || config::has_placeholder(text)) return;
    auto parsed = queries::Selector::parse(text);
    if (parsed) return;
    reporter_.add(kSelector, path_ / "compare" / field, parsed.error().message);
  }

  void margins() {
    if (waits("tolerate") || waits("acceptable")) return;
    MetricRules rules = rules_of(metric_);
    bool shift = rules.kind == CompareKind::histogram && !rules.slo;
    if (!shift && rules.effect < 1) {
      wrong("tolerate", fmt::format("effect {} is below 1: an effect is a ratio", rules.effect));
    }
    if (!(rules.acceptable_ratio > rules.tolerate_ratio)) {
      wrong("acceptable", fmt::format("acceptable.ratio {} must lie above tolerate.ratio {}",
                                      rules.acceptable_ratio, rules.tolerate_ratio));
    }
    bool room = shift ? rules.acceptable_absolute > rules.tolerate_absolute
                      : rules.acceptable_absolute >= rules.tolerate_absolute;
    if (!room) {
      wrong("acceptable", fmt::format("acceptable.absolute {} must lie above tolerate.absolute {}",
                                      rules.acceptable_absolute, rules.tolerate_absolute));
    }
  }

  void target() {
    const auto& slo = metric_.options.slo;
    if (!slo || waits("slo")) return;
    bool histogram = metric_.compare->histogram.has_value();
    if (slo->max.has_value() == slo->min.has_value()) {
      wrong("slo", "a target has exactly one of max and min");
    }
    if (histogram != slo->quantile.has_value()) {
      wrong("slo", histogram ? "the target of a histogram names a quantile and its max"
                             : "quantile belongs to histograms");
    }
    if (histogram && slo->min) wrong("slo", "the target of a histogram is a max");
    if (slo->max.value_or(0) < 0 || slo->min.value_or(0) < 0) {
      wrong("slo", "a target is not negative");
    }
    if (metric_.compare->errors && slo->max.value_or(0) > 1) {
      wrong("slo", "a share of errors is at most 1", "0.01 is 1 %");
    }
  }

  const Metric& metric_;
  const Reporter& reporter_;
  const Path& path_;
};

// What is wrong with a condition for the answers that this metric can get.
std::optional<conditions::Problem> problem_of(const std::string& condition, const Metric& metric) {
  if (condition.empty() || config::has_placeholder(condition)) return std::nullopt;
  if (!metric.provider.prometheus) return conditions::Condition(condition).problem();
  // A vector, or one number.
  auto problem = conditions::check_expression(condition, conditions::Kind::reals);
  return problem ? conditions::check_expression(condition, conditions::Kind::real) ? problem
                                                                                   : std::nullopt
                 : std::nullopt;
}

}  // namespace

void check_conditions(const Metric& metric, const Reporter& reporter, const Path& path) {
  bool argo = metric.dialect == config::Dialect::argo;
  auto report = [&](const std::optional<conditions::Problem>& problem, const Path& at) {
    if (!problem) return;
    reporter.add(argo ? kBadCondition : kCondition, at,
                 fmt::format("{} (at {}:{} of the expression)", problem->message, problem->line,
                             problem->column));
  };
  report(problem_of(metric.success_condition, metric), path / "successCondition");
  report(problem_of(metric.failure_condition, metric), path / "failureCondition");
  if (!metric.provider.prometheus || !metric.provider.prometheus->range_query) return;
  const RangeQuery& range = *metric.provider.prometheus->range_query;
  Path at = path / "provider" / "prometheus" / "rangeQuery";
  for (auto [text, field] : {std::pair(&range.start, "start"), std::pair(&range.end, "end")}) {
    if (text->empty() || config::has_placeholder(*text)) continue;
    report(conditions::check_expression(*text, conditions::Kind::unknown,
                                        conditions::Environment::time_range),
           at / field);
  }
}

void check_serin_metric(const Metric& metric, const Reporter& reporter, const Path& path) {
  Checker(metric, reporter, path).run();
}

}  // namespace serin::analysis
