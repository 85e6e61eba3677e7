#include "analysis/run/assess.h"

#include <limits>

#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using config::Dialect;
using config::IntOrString;

const WallTime kStart(1'700'000'000s);

MetricResult after(std::vector<Phase> phases, Duration apart = 10s) {
  MetricResult result;
  WallTime at = kStart;
  for (Phase phase : phases) {
    Measurement measurement = measured(phase);
    measurement.finished_at = at;
    count_measurement(result, measurement, at);
    result.measurements.push_back(std::move(measurement));
    at += apart;
  }
  return result;
}

TEST(AssessMetric, CountsByPhase) {
  MetricResult result = after({Phase::successful, Phase::failed, Phase::error, Phase::inconclusive,
                               Phase::running, Phase::successful, Phase::successful});
  EXPECT_EQ(result.count, 5);
  EXPECT_EQ(result.successful, 3);
  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(result.error, 1);
  EXPECT_EQ(result.inconclusive, 1);
  EXPECT_EQ(result.consecutive_success, 2);
  EXPECT_EQ(result.consecutive_error, 0);
}

TEST(AssessMetric, NothingMeasuredIsPendingUntilTheRunEnds) {
  const Metric metric = metric_named("m");
  EXPECT_EQ(assess_metric(metric, {}, false), Phase::pending);
  EXPECT_EQ(assess_metric(metric, {}, true), Phase::successful);
  EXPECT_EQ(assess_metric(metric, after({Phase::running}), true), Phase::running);
}

TEST(AssessMetric, LimitsAreExceededNotReached) {
  Metric metric = metric_named("m", "10s");
  metric.failure_limit = IntOrString(1);
  EXPECT_EQ(assess_metric(metric, after({Phase::failed}), false), Phase::running);
  EXPECT_EQ(assess_metric(metric, after({Phase::failed, Phase::failed}), false), Phase::failed);
  EXPECT_EQ(reason(metric, after({Phase::failed, Phase::failed})), "failed (2) > failureLimit (1)");
  const std::vector<Phase> four(4, Phase::error);
  const std::vector<Phase> five(5, Phase::error);
  EXPECT_EQ(assess_metric(metric, after(four), false), Phase::running);
  EXPECT_EQ(assess_metric(metric, after(five), false), Phase::error);
  EXPECT_EQ(reason(metric, after(five)), "consecutiveErrors (5) > consecutiveErrorLimit (4)");
}

TEST(AssessMetric, InsideOneMetricTheLaterLimitWins) {
  Metric metric = metric_named("m", "10s");
  metric.consecutive_error_limit = IntOrString(0);
  const MetricResult all = after({Phase::failed, Phase::inconclusive, Phase::error});
  EXPECT_EQ(assess_metric(metric, all, false), Phase::error);
  metric.consecutive_error_limit = IntOrString(1);
  EXPECT_EQ(assess_metric(metric, all, false), Phase::inconclusive);
}

TEST(AssessMetric, EnoughSuccessesInARowEndIt) {
  Metric metric = metric_named("m", "10s");
  metric.count = IntOrString(4);
  metric.failure_limit = IntOrString(2);
  metric.consecutive_success_limit = IntOrString(2);
  EXPECT_EQ(assess_metric(metric, after({Phase::successful, Phase::successful}), false),
            Phase::successful);
  const MetricResult flapping =
      after({Phase::successful, Phase::failed, Phase::successful, Phase::failed});
  EXPECT_EQ(assess_metric(metric, flapping, false), Phase::inconclusive);
  metric.failure_limit = IntOrString(-1);
  EXPECT_EQ(assess_metric(metric, flapping, false), Phase::failed);
}

TEST(AssessMetric, CountReachedIsSuccessEvenWithFailures) {
  Metric metric = metric_named("m", "10s");
  metric.count = IntOrString(3);
  metric.failure_limit = IntOrString(3);
  EXPECT_EQ(assess_metric(metric, after({Phase::failed, Phase::failed, Phase::failed}), false),
            Phase::successful);
}

TEST(AssessMetric, ByItsOwnRulesErrorsAndMissingDataOnlyHold) {
  Metric metric = metric_named("m", "10s", Dialect::serin);
  EXPECT_EQ(assess_metric(metric, after(std::vector<Phase>(50, Phase::error)), false),
            Phase::running);
  EXPECT_EQ(assess_metric(metric, after(std::vector<Phase>(50, Phase::no_data)), false),
            Phase::running);
  metric.count = IntOrString(2);
  EXPECT_EQ(
      assess_metric(metric, after({Phase::no_data, Phase::successful, Phase::no_data}), false),
      Phase::running);
  metric.consecutive_error_limit = IntOrString(2);
  EXPECT_EQ(assess_metric(metric, after(std::vector<Phase>(3, Phase::error)), false), Phase::error);
}

TEST(AssessMetric, FailuresInARow) {
  Metric metric = metric_named("m", "10s", Dialect::serin);
  metric.options.consecutive_failure_limit = 1;
  EXPECT_EQ(assess_metric(metric, after({Phase::failed, Phase::successful, Phase::failed}), false),
            Phase::running);
  const MetricResult two = after({Phase::failed, Phase::no_data, Phase::error, Phase::failed});
  EXPECT_EQ(assess_metric(metric, two, false), Phase::failed) << "no data breaks no streak";
  EXPECT_EQ(reason(metric, two), "consecutiveFailures (2) > consecutiveFailureLimit (1)");
  // A failureLimit that is spelt out counts beside it.
  metric.failure_limit = IntOrString(1);
  EXPECT_EQ(assess_metric(metric, after({Phase::failed, Phase::successful, Phase::failed}), false),
            Phase::failed);
}

TEST(AssessMetric, FailingForATime) {
  Metric metric = metric_named("m", "10s", Dialect::serin);
  metric.options.sustained = config::DurationText("30s");
  EXPECT_EQ(assess_metric(metric, after(std::vector<Phase>(3, Phase::failed)), false),
            Phase::running);
  EXPECT_EQ(assess_metric(metric, after(std::vector<Phase>(4, Phase::failed)), false),
            Phase::failed);
  EXPECT_EQ(assess_metric(metric,
                          after({Phase::failed, Phase::failed, Phase::successful, Phase::failed,
                                 Phase::failed, Phase::failed}),
                          false),
            Phase::running);
  EXPECT_EQ(reason(metric, after(std::vector<Phase>(4, Phase::failed))),
            "failing for 30s >= for (30s)");
  EXPECT_EQ(assess_metric(
                metric,
                after({Phase::failed, Phase::no_data, Phase::error, Phase::error, Phase::no_data}),
                false),
            Phase::running)
      << "time without data is not time of failing";
}

TEST(AssessMetric, ALeastNumberOfMeasurements) {
  Metric metric = metric_named("m", "10s", Dialect::serin);
  metric.options.min_samples = 3;
  EXPECT_EQ(assess_metric(metric, after({Phase::failed, Phase::failed}), false), Phase::running);
  EXPECT_EQ(
      assess_metric(metric, after({Phase::failed, Phase::successful, Phase::successful}), false),
      Phase::failed);
  metric.count = IntOrString(1);
  EXPECT_EQ(assess_metric(metric, after({Phase::successful}), false), Phase::running);
}

TEST(RunWorst, OrderOfPhases) {
  const Phase order[] = {Phase::successful,   Phase::running, Phase::pending,
                         Phase::inconclusive, Phase::error,   Phase::failed};
  for (std::size_t i = 0; i < std::size(order); ++i) {
    for (std::size_t k = 0; k < std::size(order); ++k) {
      EXPECT_EQ(is_worse(order[i], order[k]), i > k);
    }
  }
}

}  // namespace
}  // namespace serin::analysis
