#include "queries/plan.h"

#include <gtest/gtest.h>

#include "tests/unit/queries/scraped.h"

namespace serin::queries {
namespace {

using namespace std::chrono_literals;
using testing::errors;
using testing::versions;

const WallTime kNow = from_unix_ms(1'700'000'000'000);

LookPlan planned(const Comparison& comparison, LookTime time, const Versions& v = versions()) {
  Result<LookPlan> plan = plan_look(comparison, v, time);
  EXPECT_TRUE(plan) << plan.error().to_string();
  return *plan;
}

TEST(Plan, AsksBothVersionsAndBadAndTotalAtOnceWithoutATime) {
  LookPlan plan = planned(errors(), {kNow, kNow - 10s, 5s});
  EXPECT_EQ(plan.samples.text, "http_requests_total{version=~\"v1|v2\"}[40s]");
  EXPECT_EQ(plan.samples.kind, Request::Kind::instant);
  EXPECT_EQ(plan.samples.time, std::nullopt);
  ASSERT_TRUE(plan.presence);
  EXPECT_EQ(plan.presence->text,
            "{__name__=~\"up|process_start_time_seconds\",version=~\"v1|v2\"}[40s]");
  EXPECT_EQ(plan.covered_from_ms, to_unix_ms(kNow) - 40'000 + 5'000);
}

TEST(Plan, ReachesBackFarEnoughForEveryRule) {
  for (Duration interval : {Duration(0s), Duration(1s), Duration(7s), Duration(60s)}) {
    for (Duration since : {Duration(0s), Duration(1s), Duration(30s), Duration(10min)}) {
      LookPlan plan = planned(errors(), {kNow, kNow - since, interval});
      Duration known = interval > 0s ? interval : Duration(60s);
      std::int64_t before_last_look = to_unix_ms(kNow - since) - plan.covered_from_ms;
      EXPECT_GE(before_last_look * 1ms, 3 * known)
          << format_duration(interval) << " " << format_duration(since);
    }
  }
}

TEST(Plan, WindowIsBounded) {
  LookPlan plan = planned(errors(), {kNow, kNow - 100h, 15s});
  EXPECT_EQ(plan.samples.text, "http_requests_total{version=~\"v1|v2\"}[3600s]");
  LookPlan early = planned(errors(), {kNow, kNow + 1h, 15s});  // wall time stepped back
  EXPECT_EQ(early.samples.text, "http_requests_total{version=~\"v1|v2\"}[75s]");
}

TEST(Plan, ComparisonsOfOneServiceAskTheSameOfUp) {
  LookPlan a = planned(errors(), {kNow, kNow - 10s, 5s});
  LookPlan b = planned(Comparison::histogram("x_bucket").value(), {kNow, kNow - 9s, 5s});
  EXPECT_EQ(*a.presence, *b.presence);
  EXPECT_EQ(a.samples, planned(errors(), {kNow, kNow - 8s, 5s}).samples);
}

TEST(Plan, PresenceKeepsLabelsOfTargetsOnly) {
  Comparison c =
      Comparison::errors("m{job=\"api\",code=~\"5..\"}", "m{job=\"api\",path!=\"/\"}").value();
  LookPlan plan = planned(c, {kNow, kNow - 10s, 5s});
  EXPECT_EQ(plan.samples.text, "m{job=\"api\",version=~\"v1|v2\"}[40s]");
  EXPECT_EQ(plan.presence->text,
            "{__name__=~\"up|process_start_time_seconds\",job=\"api\",version=~\"v1|v2\"}[40s]");
}

TEST(Plan, WithoutAStableVersionOnlyTheCanaryIsAsked) {
  Versions v = versions();
  v.stable = "";
  EXPECT_EQ(planned(errors(), {kNow, kNow - 10s, 5s}, v).samples.text,
            "http_requests_total{version=\"v2\"}[40s]");
}

TEST(Plan, GaugesByExpressionAreSubqueries) {
  Comparison plain = Comparison::gauge("memory_bytes").value();
  EXPECT_EQ(planned(plain, {kNow, kNow - 10s, 5s}).samples.text,
            "memory_bytes{version=~\"v1|v2\"}[40s]");
  Comparison expression = Comparison::gauge("sum by (version, pod) (rate(cpu[1m]))").value();
  LookPlan plan = planned(expression, {kNow, kNow - 10s, 5s});
  EXPECT_EQ(plan.samples.text, "(sum by (version, pod) (rate(cpu[1m])))[40s:5s]");
  EXPECT_FALSE(plan.presence);
  EXPECT_EQ(planned(expression, {kNow, kNow, 0s}).samples.text,
            "(sum by (version, pod) (rate(cpu[1m])))[240s:15s]");
}

TEST(Plan, MistakesInVersionsAreErrors) {
  auto error = [](Versions v) {
    Result<LookPlan> plan = plan_look(errors(), v, {kNow, kNow, 0s});
    return plan ? "planned: " + plan->samples.text : plan.error().message;
  };
  Versions same = versions();
  same.stable = "v2";
  EXPECT_EQ(error(same),
            "versions: canary and stable are both \"v2\"; nothing tells their series apart");
  Versions none = versions();
  none.canary = "";
  EXPECT_EQ(error(none), "versions.canary: the canary's version is missing");
  Versions label = versions();
  label.label = "ver-sion";
  EXPECT_EQ(error(label), "versions.label: \"ver-sion\" is no label's name");
  Versions instance = versions();
  instance.instance = "";
  EXPECT_EQ(error(instance), "versions.instance: \"\" is no label's name");
}

TEST(Plan, HistoryComesInChunksThatLeaveNothingOut) {
  Versions pooled = versions();
  pooled.pooled = true;
  Result<HistoryPlan> plan = plan_history(errors(), pooled, kNow - 3h, kNow, 15s);
  ASSERT_TRUE(plan);
  WallTime begin = from_unix_ms(plan->covered_from_ms);
  EXPECT_LE(begin, kNow - 3h - 45s);
  for (const Request& request : plan->samples) {
    RangeSelector asked = parse_range_selector(request.text).value();
    EXPECT_EQ(asked.selector.to_string(), "http_requests_total");
    EXPECT_EQ(request.time.value() - asked.window, begin);
    begin = *request.time;
  }
  EXPECT_EQ(begin, kNow);
  EXPECT_EQ(plan->samples.size(), 4U);
  EXPECT_FALSE(plan_history(errors(), pooled, kNow, kNow - 1s, 15s));
}

TEST(Plan, ChunksJoinToOneAnswer) {
  testing::Scraped s;
  for (int t = 0; t < 9; ++t) s.add("m", "v1", "a", {}, testing::at(t), t);
  s.add("m", "v1", "b", {}, testing::at(7), 1);
  Answer first = s.between(testing::at(-1), testing::at(4));
  Answer second = s.between(testing::at(3), testing::at(9));  // 4 is in both
  second.warnings = {"w"};
  Answer joined = join_answers({second, first, second}).value();
  Answer whole = s.between(testing::at(-1), testing::at(9));
  whole.warnings = {"w"};
  EXPECT_EQ(to_json(joined).dump(), to_json(whole).dump());
  Answer scalar;
  scalar.type = AnswerType::scalar;
  EXPECT_FALSE(join_answers({first, scalar}));
}

TEST(Comparison, MistakesNameTheFieldAndTheColumn) {
  auto error = [](const Result<Comparison>& c) {
    return c ? std::string("read") : c.error().to_string();
  };
  EXPECT_NE(error(Comparison::errors("rate(a[5m])", "b")).find("errors.bad: column 1"),
            std::string::npos);
  EXPECT_NE(error(Comparison::errors("a", "b{")).find("errors.total: column 3"), std::string::npos);
  EXPECT_NE(error(Comparison::mean("{__name__=~\"a|b\"}", "b")).find("mean.sum: "),
            std::string::npos);
  EXPECT_NE(error(Comparison::mean("a", "a")).find("the same metric a"), std::string::npos);
  EXPECT_NE(error(Comparison::histogram("a[5m]")).find("histogram.buckets: column 2"),
            std::string::npos);
  EXPECT_NE(error(Comparison::rate("")).find("rate.count: column 1"), std::string::npos);
  EXPECT_NE(error(Comparison::gauge(" ")).find("gauge.query"), std::string::npos);
}

}  // namespace
}  // namespace serin::queries
