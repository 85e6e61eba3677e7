#include "analysis/run/threshold_run.h"

#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using config::Dialect;
using config::DurationText;
using config::IntOrString;

const conditions::ZoneSource kNoZones{};

Metric prometheus_metric(std::string name, std::string query, Dialect dialect = Dialect::serin) {
  Metric metric = metric_named(std::move(name), "10s", dialect);
  metric.success_condition = "result[0] < 0.05";
  metric.provider = {};
  metric.provider.prometheus.emplace().query = std::move(query);
  return metric;
}

Now at(Duration elapsed) {
  return {Instant(1h) + elapsed, WallTime(1'700'000'000s) + elapsed};
}

queries::Answer vector_of(std::vector<double> values) {
  queries::Answer answer;
  for (double value : values) answer.series.push_back({{}, {{1'700'000'000'000, value}}});
  return answer;
}

ThresholdRun run_of(std::vector<Metric> metrics) {
  return {std::make_shared<const AnalysisRunSpec>(spec_of(std::move(metrics))), "run", at(0s)};
}

// Moves to the run's next wake-up and asks; the asks of the first moment that has any.
std::vector<ThresholdAsk> next_asks(ThresholdRun& run, Duration& elapsed) {
  for (int i = 0; i < 10; ++i) {
    auto asks = run.due(at(elapsed), kNoZones);
    if (!asks.empty() || run.machine().completed()) return asks;
    const auto wakeup = run.machine().next_wakeup();
    if (!wakeup) return {};
    elapsed = std::max(elapsed, *wakeup - Instant(1h));
  }
  return {};
}

TEST(ThresholdRun, AsksTheQueryAndJudgesTheAnswer) {
  Metric metric = prometheus_metric("errors", "error_share");
  metric.provider.prometheus->timeout = 7;
  metric.failure_limit = IntOrString(1);
  ThresholdRun run = run_of({metric});
  Duration elapsed{};
  auto asks = next_asks(run, elapsed);
  ASSERT_EQ(asks.size(), 1U);
  queries::Request request;
  request.text = "error_share";
  EXPECT_EQ(asks[0].request, request);
  EXPECT_EQ(asks[0].timeout, 7s);
  queries::Answer answer = vector_of({0.01});
  answer.warnings = {"partial", "old"};
  run.answered(0, answer, at(elapsed), kNoZones);
  const MetricResult& result = *run.machine().status().find("errors");
  EXPECT_EQ(result.successful, 1);
  EXPECT_EQ(result.measurements[0].value, "[0.01]");
  EXPECT_EQ(result.measurements[0].metadata.at("warnings"), "\"partial\", \"old\"");
  for (int failure = 0; failure < 2; ++failure) {
    ASSERT_EQ(next_asks(run, elapsed).size(), 1U);
    run.answered(0, vector_of({0.2}), at(elapsed), kNoZones);
  }
  EXPECT_EQ(run.machine().status().phase, Phase::failed);
  EXPECT_EQ(run.machine().findings().at(0).action, OnFail::rollback);
}

TEST(ThresholdRun, AsksASpanWhereOneIsGiven) {
  Metric metric = prometheus_metric("errors", "error_share");
  metric.provider.prometheus->range_query = RangeQuery{"now() - duration('5m')", "now()", "30s"};
  ThresholdRun run = run_of({metric});
  Duration elapsed{};
  auto asks = next_asks(run, elapsed);
  ASSERT_EQ(asks.size(), 1U);
  EXPECT_EQ(asks[0].request.kind, queries::Request::Kind::range);
  EXPECT_EQ(asks[0].request.end, at(elapsed).wall);
  EXPECT_EQ(asks[0].request.start, at(elapsed).wall - 5min);
  EXPECT_EQ(asks[0].request.step, 30s);
}

TEST(ThresholdRun, AQuestionThatCantBePutIsAnError) {
  Metric metric = prometheus_metric("errors", "error_share", Dialect::argo);
  metric.consecutive_error_limit = IntOrString(0);
  metric.provider.prometheus->range_query = RangeQuery{"1", "now()", "30s"};
  ThresholdRun run = run_of({metric});
  Duration elapsed{};
  EXPECT_TRUE(next_asks(run, elapsed).empty());
  EXPECT_EQ(run.machine().status().phase, Phase::error);
  EXPECT_NE(run.machine().status().message.find("failed to parse rangeQuery.start as time"),
            std::string::npos)
      << run.machine().status().message;
  metric.provider.prometheus->range_query = RangeQuery{"now()", "now()", "soon"};
  ThresholdRun other = run_of({metric});
  elapsed = {};
  EXPECT_TRUE(next_asks(other, elapsed).empty());
  EXPECT_NE(other.machine().status().message.find("rangeQuery.step"), std::string::npos);
}

TEST(ThresholdRun, OtherProvidersAreAskedByTheirFields) {
  Metric metric = metric_named("web", "10s", Dialect::serin);
  metric.provider.web->url = "http://127.0.0.1/x";
  ThresholdRun run = run_of({metric});
  Duration elapsed{};
  auto asks = next_asks(run, elapsed);
  ASSERT_EQ(asks.size(), 1U);
  EXPECT_EQ(asks[0].request.kind, queries::Request::Kind::other);
  EXPECT_EQ(asks[0].request.text, R"({"web":{"url":"http://127.0.0.1/x"}})");
  EXPECT_EQ(asks[0].timeout, 10s);
}

TEST(ThresholdRun, IsUndecidedUntilItWasJudged) {
  Metric metric = prometheus_metric("errors", "error_share");
  metric.options.min_samples = 2;
  metric.options.consecutive_failure_limit = 3;
  ThresholdRun run = run_of({metric});
  EXPECT_EQ(run.machine().undecided()->metric, "errors");
  Duration elapsed{};
  ASSERT_EQ(next_asks(run, elapsed).size(), 1U);
  run.answered(0, vector_of({}), at(elapsed), kNoZones);
  EXPECT_EQ(run.machine().undecided()->sentence,
            "errors was judged 0 times, 2 needed: the query answered nothing");
  for (int look = 0; look < 2; ++look) {
    ASSERT_TRUE(run.machine().undecided().has_value());
    ASSERT_EQ(next_asks(run, elapsed).size(), 1U);
    run.answered(0, vector_of({0.01}), at(elapsed), kNoZones);
  }
  EXPECT_EQ(run.machine().undecided(), std::nullopt);
  ASSERT_EQ(next_asks(run, elapsed).size(), 1U);
  run.answered(0, vector_of({0.9}), at(elapsed), kNoZones);
  EXPECT_EQ(run.machine().undecided()->sentence, "errors is failing: 1 measurements in a row");
}

TEST(ThresholdRun, StateReadsBack) {
  auto spec = std::make_shared<const AnalysisRunSpec>(spec_of({prometheus_metric("m", "q")}));
  ThresholdRun run(spec, "run", at(0s));
  Duration elapsed{};
  ASSERT_EQ(next_asks(run, elapsed).size(), 1U);
  run.answered(0, vector_of({0.01}), at(elapsed), kNoZones);
  auto loaded = ThresholdRun::load(run.save(), spec, "run", at(elapsed));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->save().dump(), run.save().dump());
  ASSERT_EQ(next_asks(*loaded, elapsed).size(), 1U);
  loaded->answered(0, vector_of({0.9}), at(elapsed), kNoZones);
  EXPECT_EQ(loaded->machine().status().phase, Phase::failed);
}

}  // namespace
}  // namespace serin::analysis
