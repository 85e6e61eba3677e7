#include "analysis/judges/threshold/threshold.h"

#include <gtest/gtest.h>

#include <limits>

#include "analysis/judges/threshold/measure.h"

namespace serin::analysis {
namespace {

using conditions::Value;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
const conditions::Surroundings kNowhere{};

Metric rule_of(std::string success, std::string failure,
               config::Dialect dialect = config::Dialect::argo) {
  Metric metric;
  metric.name = "m";
  metric.success_condition = std::move(success);
  metric.failure_condition = std::move(failure);
  metric.dialect = dialect;
  return metric;
}

Phase phase_of(const Metric& metric, const Value& value) {
  return ThresholdRule(metric).judge(value, kNowhere).phase;
}

TEST(ThresholdRule, WithoutConditionsEverythingSucceeds) {
  EXPECT_EQ(phase_of(rule_of("", ""), Value::reals({})), Phase::successful);
  EXPECT_EQ(phase_of(rule_of("", ""), Value()), Phase::successful);
}

TEST(ThresholdRule, OneConditionIsTheOppositeOfTheOther) {
  EXPECT_EQ(phase_of(rule_of("result > 1", ""), Value::real(2)), Phase::successful);
  EXPECT_EQ(phase_of(rule_of("result > 1", ""), Value::real(1)), Phase::failed);
  EXPECT_EQ(phase_of(rule_of("", "result > 1"), Value::real(2)), Phase::failed);
  EXPECT_EQ(phase_of(rule_of("", "result > 1"), Value::real(1)), Phase::successful);
}

TEST(ThresholdRule, FailureWinsAndNeitherIsInconclusive) {
  const Metric both = rule_of("result > 1", "result > 2");
  EXPECT_EQ(phase_of(both, Value::real(3)), Phase::failed);
  EXPECT_EQ(phase_of(both, Value::real(2)), Phase::successful);
  EXPECT_EQ(phase_of(both, Value::real(1)), Phase::inconclusive);
}

TEST(ThresholdRule, NanByArgosRules) {
  EXPECT_EQ(phase_of(rule_of("result >= 0.95", ""), Value::real(kNan)), Phase::failed);
  EXPECT_EQ(phase_of(rule_of("", "result >= 0.05"), Value::real(kNan)), Phase::successful);
  EXPECT_EQ(phase_of(rule_of("result < 1", "result >= 1"), Value::real(kNan)), Phase::inconclusive);
}

TEST(ThresholdRule, ErrorsNameTheConditionAndTheReason) {
  ThresholdRule rule(rule_of("result[0] > 1", ""));
  EXPECT_EQ(rule.judge(Value::reals({}), kNowhere).message,
            "could not evaluate successCondition \"result[0] > 1\": metric result is nil or empty: "
            "no data returned from the metric provider");
  EXPECT_EQ(rule.judge(Value::real(1), kNowhere).message,
            "could not evaluate successCondition \"result[0] > 1\": type float64[int] is "
            "undefined");
  ThresholdRule failure(rule_of("true", "result > 'a'"));
  EXPECT_EQ(failure.judge(Value::real(1), kNowhere).message,
            "could not evaluate failureCondition \"result > 'a'\": invalid operation: > "
            "(mismatched types float64 and string)");
  // The success condition is evaluated first.
  EXPECT_EQ(phase_of(rule_of("result", "true"), Value::real(1)), Phase::error);
}

TEST(ThresholdRule, NoDataNeverPassesOrFailsBySerinsRules) {
  for (const Metric& metric :
       {rule_of("result[0] < 0.8", "", config::Dialect::serin),
        rule_of("", "result[0] >= 0.8", config::Dialect::serin),
        rule_of("len(result) == 0 || result[0] < 0.8", "", config::Dialect::serin)}) {
    EXPECT_EQ(phase_of(metric, Value::reals({})), Phase::no_data);
    EXPECT_EQ(phase_of(metric, Value()), Phase::no_data);
    EXPECT_EQ(phase_of(metric, Value::reals({kNan, kNan})), Phase::no_data);
    EXPECT_EQ(phase_of(metric, Value::reals({kNan, 0.1})), Phase::no_data);
    EXPECT_NE(phase_of(metric, Value::reals({0.1, kNan})), Phase::no_data);
  }
}

TEST(ThresholdRule, AGuardAgainstNanIsRespected) {
  const Metric metric = rule_of("all(result, isNaN(#) || # < 5)", "", config::Dialect::serin);
  EXPECT_EQ(phase_of(metric, Value::reals({1, kNan})), Phase::successful);
  EXPECT_EQ(phase_of(metric, Value::reals({7, kNan})), Phase::failed);
  EXPECT_EQ(
      phase_of(rule_of("all(result, # < 5)", "", config::Dialect::serin), Value::reals({1, kNan})),
      Phase::no_data);
}

TEST(ThresholdRule, NoDataMayBeToldToPassOrFail) {
  Metric metric = rule_of("result[0] < 0.8", "", config::Dialect::serin);
  metric.options.no_data = NoData::pass;
  EXPECT_EQ(phase_of(metric, Value::reals({})), Phase::successful);
  metric.options.no_data = NoData::fail;
  EXPECT_EQ(phase_of(metric, Value::reals({kNan})), Phase::failed);
  EXPECT_EQ(phase_of(metric, Value::reals({0.1})), Phase::successful);
}

TEST(Measure, ShowsValuesAndErrors) {
  ThresholdRule rule(rule_of("result[0] < 1", ""));
  queries::Answer answer;
  answer.series.push_back({queries::Labels(), {{1000, 0.25}}});
  answer.series.push_back({queries::Labels(), {{1000, 1e21}}});
  EXPECT_EQ(measure(rule, answer, kNowhere),
            (MeasureOutcome{Phase::successful, "", "[0.25,1000000000000000000000]"}));
  const MeasureOutcome down = measure(rule, fail(Code::unavailable, "refused"), kNowhere);
  EXPECT_EQ(down, (MeasureOutcome{Phase::error, "refused", ""}));
  EXPECT_EQ(value_text(Value::real(kNan)), "NaN");
  EXPECT_EQ(value_text(Value::text("ok")), "ok");
}

}  // namespace
}  // namespace serin::analysis
