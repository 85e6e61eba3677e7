#include "analysis/judges/threshold/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace serin::analysis {
namespace {

using conditions::Condition;
using conditions::Kind;
using conditions::Surroundings;
using conditions::Value;

bool is_nan(const Value& value) {
  return value.kind() == Kind::real && std::isnan(value.as_real());
}

bool is_nil_or_empty(const Value& result) {
  return result.holds_nothing() || (is_array(result.kind()) && result.size() == 0);
}

// Nothing that could be judged.
bool holds_no_data(const Value& result) {
  if (is_nil_or_empty(result) || is_nan(result)) return true;
  return result.kind() == Kind::reals &&
         std::ranges::all_of(result.as_reals(), [](double value) { return std::isnan(value); });
}

Judged evaluation_error(std::string_view kind, const Condition& condition, const Value& result,
                        const Error& error) {
  std::string_view reason = error.message;
  if (is_nil_or_empty(result)) {
    reason = "metric result is nil or empty: no data returned from the metric provider";
  }
  return {Phase::error,
          fmt::format("could not evaluate {} \"{}\": {}", kind, condition.text(), reason)};
}

// Failure wins over success; neither is inconclusive; what has no condition is the other's
// opposite.
Phase phase_of(std::optional<bool> success, std::optional<bool> failure) {
  bool good = success.value_or(!failure.value_or(false));
  bool bad = failure.value_or(!success.value_or(true));
  if (bad) return Phase::failed;
  return good ? Phase::successful : Phase::inconclusive;
}

}  // namespace

ThresholdRule::ThresholdRule(const Metric& metric)
    : safe_(metric.dialect == config::Dialect::serin),
      no_data_(metric.options.no_data.value_or(NoData::hold)) {
  if (!metric.success_condition.empty()) success_.emplace(metric.success_condition);
  if (!metric.failure_condition.empty()) failure_.emplace(metric.failure_condition);
  if (success_ || failure_) return;
  // These decide by themselves where no condition does.
  if (metric.provider.job) success_.emplace("result.exitCode == 0");
  if (metric.provider.alertmanager) success_.emplace("result.firing == 0");
}

Judged ThresholdRule::judge(const Value& result, const Surroundings& surroundings) {
  return safe_ ? judge_safely(result, surroundings) : judge_as_argo(result, surroundings);
}

Judged ThresholdRule::judge_as_argo(const Value& result, const Surroundings& surroundings) {
  std::optional<bool> success;
  std::optional<bool> failure;
  if (success_) {
    auto holds = success_->evaluate(result, surroundings);
    if (!holds) return evaluation_error("successCondition", *success_, result, holds.error());
    success = *holds;
  }
  if (failure_) {
    auto holds = failure_->evaluate(result, surroundings);
    if (!holds) return evaluation_error("failureCondition", *failure_, result, holds.error());
    failure = *holds;
  }
  return {phase_of(success, failure), {}};
}

Judged ThresholdRule::judge_safely(const Value& result, const Surroundings& surroundings) {
  auto nothing = [this](std::string message) -> Judged {
    switch (no_data_) {
      case NoData::hold:
        return {Phase::no_data, std::move(message)};
      case NoData::pass:
        return {Phase::successful, std::move(message)};
      case NoData::fail:
        return {Phase::failed, std::move(message)};
    }
    return {Phase::no_data, std::move(message)};
  };
  if (holds_no_data(result)) {
    return nothing(is_nil_or_empty(result) ? "the query answered nothing"
                                           : "the query answered NaN only");
  }
  std::optional<bool> success;
  std::optional<bool> failure;
  conditions::Observed observed;
  if (success_) {
    auto holds = success_->evaluate(result, surroundings, &observed);
    if (!holds) return evaluation_error("successCondition", *success_, result, holds.error());
    success = *holds;
  }
  if (failure_) {
    auto holds = failure_->evaluate(result, surroundings, &observed);
    if (!holds) return evaluation_error("failureCondition", *failure_, result, holds.error());
    failure = *holds;
  }
  // A comparison with NaN is false whichever way it is written: it says nothing.
  if (observed.compared_nan) return nothing("the condition compares a value that is NaN");
  return {phase_of(success, failure), {}};
}

}  // namespace serin::analysis
