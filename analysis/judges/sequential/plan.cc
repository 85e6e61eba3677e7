#include "analysis/judges/sequential/plan.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "analysis/stats/start_mixture.h"

namespace serin::analysis {
namespace {

constexpr double kBudgetMax = 0.5;
constexpr int kEpochMax = 60;

Status check(const SequentialMetric& metric) {
  const MetricRules& rules = metric.rules;
  auto wrong = [&](std::string what) {
    return fail(Code::invalid_argument, fmt::format("metric '{}': {}", metric.name, what));
  };
  for (double value : {rules.tolerate_ratio, rules.tolerate_absolute, rules.effect,
                       rules.acceptable_ratio, rules.acceptable_absolute, rules.share}) {
    if (!std::isfinite(value) || value < 0)
      return wrong("margins and shares are numbers from 0 on");
  }
  if (rules.tolerate_ratio < 1) return wrong("tolerate.ratio is at least 1");
  const bool shift = rules.kind == CompareKind::histogram && !rules.slo;
  if (shift) {
    if (!(rules.acceptable_absolute > rules.tolerate_absolute)) {
      return wrong("acceptable.absolute lies above tolerate.absolute");
    }
  }
  if (!(rules.acceptable_ratio > rules.tolerate_ratio)) {
    return wrong("acceptable.ratio lies above tolerate.ratio");
  }
  if (rules.min_samples < 0) return wrong("minSamples is not negative");
  if (metric.polls_planned < 0 || metric.polls_planned > stats::kPlannedPollsMax) {
    return wrong(fmt::format("planned looks are from 0 to {}", stats::kPlannedPollsMax));
  }
  if (!std::isfinite(metric.value_max) || metric.value_max < 0) {
    return wrong("a bound of values is not negative");
  }
  if (!rules.slo) return {};
  const Slo& slo = *rules.slo;
  if (slo.max && slo.min) return wrong("slo takes max or min, not both");
  const double target = slo.max.value_or(slo.min.value_or(-1));
  if (!std::isfinite(target) || target < 0) return wrong("slo needs a max or min from 0 on");
  if (rules.kind == CompareKind::histogram) {
    if (!slo.quantile || !(*slo.quantile > 0 && *slo.quantile < 1) || !slo.max) {
      return wrong("slo of a histogram needs a quantile between 0 and 1, and max");
    }
  } else if (!(target > 0) && !(rules.tolerate_absolute > 0)) {
    return wrong("slo with target 0 needs a tolerate.absolute above 0");
  }
  return {};
}

template <class Enum>
Result<Enum> read_enum(const Json& json, std::string_view field,
                       std::initializer_list<Enum> values) {
  for (Enum value : values) {
    if (json[field].string() == to_string(value)) return value;
  }
  return fail(Code::data_loss, fmt::format("field '{}' has an unknown value", field));
}

Json to_json(const MetricRules& rules) {
  Json json = Json::object();
  json.set("kind", to_string(rules.kind))
      .set("direction", to_string(rules.direction))
      .set("tolerateRatio", rules.tolerate_ratio)
      .set("tolerateAbsolute", rules.tolerate_absolute)
      .set("effect", rules.effect)
      .set("acceptableRatio", rules.acceptable_ratio)
      .set("acceptableAbsolute", rules.acceptable_absolute)
      .set("required", rules.required)
      .set("share", rules.share)
      .set("warmupSeconds", to_seconds(rules.warmup))
      .set("noData", to_string(rules.no_data))
      .set("onFail", to_string(rules.on_fail))
      .set("mode", to_string(rules.mode))
      .set("minSamples", rules.min_samples);
  if (rules.slo) {
    json.set("slo", Json::object()
                        .set("quantile", rules.slo->quantile)
                        .set("max", rules.slo->max)
                        .set("min", rules.slo->min));
  }
  return json;
}

Result<MetricRules> rules_from_json(const Json& json) {
  MetricRules rules;
  SERIN_TRY(kind, read_enum(json, "kind",
                            {CompareKind::errors, CompareKind::rate, CompareKind::mean,
                             CompareKind::histogram, CompareKind::gauge}));
  SERIN_TRY(direction,
            read_enum(json, "direction", {Direction::up, Direction::down, Direction::both}));
  SERIN_TRY(no_data, read_enum(json, "noData", {NoData::hold, NoData::pass, NoData::fail}));
  SERIN_TRY(on_fail, read_enum(json, "onFail", {OnFail::rollback, OnFail::pause, OnFail::notify}));
  SERIN_TRY(mode, read_enum(json, "mode", {JudgeMode::sequential, JudgeMode::fixed}));
  rules.kind = kind;
  rules.direction = direction;
  rules.no_data = no_data;
  rules.on_fail = on_fail;
  rules.mode = mode;
  rules.tolerate_ratio = json["tolerateRatio"].number(-1);
  rules.tolerate_absolute = json["tolerateAbsolute"].number(-1);
  rules.effect = json["effect"].number(-1);
  rules.acceptable_ratio = json["acceptableRatio"].number(-1);
  rules.acceptable_absolute = json["acceptableAbsolute"].number(-1);
  rules.required = json["required"].boolean();
  rules.share = json["share"].number(-1);
  rules.warmup = from_seconds(json["warmupSeconds"].number());
  rules.min_samples = json["minSamples"].integer();
  if (const Json* slo = json.find("slo")) {
    auto value = [&](const char* name) {
      const Json& member = (*slo)[name];
      return member.is_number() ? std::optional(member.number()) : std::nullopt;
    };
    rules.slo = Slo{value("quantile"), value("max"), value("min")};
  }
  return rules;
}

}  // namespace

Status validate(const SequentialPlan& plan) {
  if (plan.metrics.empty() || plan.metrics.size() > kSequentialMetricsMax) {
    return fail(Code::invalid_argument,
                fmt::format("a sequential judge takes 1 to {} metrics, not {}",
                            kSequentialMetricsMax, plan.metrics.size()));
  }
  for (double budget : {plan.alpha, plan.beta}) {
    if (!(budget > 0 && budget <= kBudgetMax)) {
      return fail(Code::invalid_argument, "alpha and beta lie above 0 and at most at 0.5");
    }
  }
  if (plan.epoch < 0 || plan.epoch > kEpochMax) {
    return fail(Code::invalid_argument,
                fmt::format("metrics were changed more than {} times in one release", kEpochMax));
  }
  if (plan.polls_planned < 1 || plan.polls_planned > stats::kPlannedPollsMax) {
    return fail(Code::invalid_argument,
                fmt::format("planned looks are from 1 to {}", stats::kPlannedPollsMax));
  }
  std::set<std::string_view> names;
  for (const SequentialMetric& metric : plan.metrics) {
    if (!names.insert(metric.name).second) {
      return fail(Code::invalid_argument, fmt::format("two metrics named '{}'", metric.name));
    }
    SERIN_CHECK(check(metric));
  }
  return {};
}

std::vector<double> normalised_shares(const SequentialPlan& plan) {
  std::vector<double> shares;
  double sum = 0;
  for (const SequentialMetric& metric : plan.metrics) {
    shares.push_back(metric.rules.on_fail == OnFail::notify ? 0 : metric.rules.share);
    sum += shares.back();
  }
  for (double& share : shares) share = sum > 0 ? share / sum : 0;
  return shares;
}

Json to_json(const SequentialPlan& plan) {
  Json metrics = Json::array();
  for (const SequentialMetric& metric : plan.metrics) {
    metrics.push(Json::object()
                     .set("name", metric.name)
                     .set("rules", to_json(metric.rules))
                     .set("polls", metric.polls_planned)
                     .set("valueMax", metric.value_max));
  }
  return Json::object()
      .set("metrics", std::move(metrics))
      .set("alpha", plan.alpha)
      .set("beta", plan.beta)
      .set("boundary", plan.boundary == stats::Boundary::exact ? "exact" : "calibrated")
      .set("polls", plan.polls_planned)
      .set("epoch", plan.epoch);
}

Result<SequentialPlan> sequential_plan_from_json(const Json& json) {
  SequentialPlan plan;
  for (const Json& item : json["metrics"].items()) {
    SequentialMetric metric;
    metric.name = item["name"].string();
    auto rules = rules_from_json(item["rules"]);
    if (!rules) return std::unexpected(std::move(rules).error().with(metric.name));
    metric.rules = *std::move(rules);
    metric.polls_planned = static_cast<int>(item["polls"].integer());
    metric.value_max = item["valueMax"].number();
    plan.metrics.push_back(std::move(metric));
  }
  plan.alpha = json["alpha"].number();
  plan.beta = json["beta"].number();
  const auto boundary = json["boundary"].string();
  if (boundary != "exact" && boundary != "calibrated") {
    return fail(Code::data_loss, "field 'boundary' has an unknown value");
  }
  plan.boundary = boundary == "exact" ? stats::Boundary::exact : stats::Boundary::calibrated;
  plan.polls_planned = static_cast<int>(json["polls"].integer());
  plan.epoch = static_cast<int>(json["epoch"].integer());
  SERIN_CHECK(validate(plan));
  return plan;
}

}  // namespace serin::analysis
