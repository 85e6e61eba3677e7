#include "analysis/release/rule_runs.h"

#include <gtest/gtest.h>

#include <deque>

#include "analysis/release/policy_analysis.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::AnswerType;

Now at(Duration since_start) {
  return {Instant(10h) + since_start, from_unix_ms(1'750'000'000'000) + since_start};
}

Metric rule(const std::string& name, const std::string& success) {
  Metric metric;
  metric.name = name;
  metric.interval = config::DurationText("10s");
  metric.success_condition = success;
  metric.dialect = config::Dialect::serin;
  metric.provider.prometheus.emplace().address = "http://127.0.0.1:9090";
  metric.provider.prometheus->query = "latency_" + name;
  return metric;
}

Answer one(double value) {
  Answer answer;
  answer.type = AnswerType::vector;
  answer.series.push_back({.labels = {}, .samples = {{0, value}}});
  return answer;
}

// Answers every ask at once, once a second; or later, where it is slow.
class Drive {
 public:
  explicit Drive(std::shared_ptr<const ReleasePolicy> policy) {
    auto made = PolicyAnalysis::create(std::move(policy), at(0s));
    EXPECT_TRUE(made) << made.error().to_string();
    analysis = std::move(*made);
  }
  void until(Duration end) {
    for (; now_ <= end; now_ += 1s) {
      for (const Ask& ask : analysis->due(at(now_))) {
        asked.push_back(ask);
        held_.emplace_back(now_ + slow, ask.id);
      }
      while (!held_.empty() && held_.front().first <= now_) {
        answer(held_.front().second);
        held_.pop_front();
      }
    }
  }
  // Asks within that time.
  std::size_t asks_until(Duration end) {
    const std::size_t before = asked.size();
    until(end);
    return asked.size() - before;
  }
  void expose(int step = 0) {
    analysis->traffic_commanded(0.2, at(now_));
    analysis->traffic_confirmed(step, 0.2, at(now_));
  }
  Judgement judgement() const { return analysis->judgement(at(now_)); }

  std::unique_ptr<PolicyAnalysis> analysis;
  std::vector<Ask> asked;
  double value = 0.1;
  bool down = false;
  bool empty = false;
  Duration slow = 0s;

 private:
  void answer(AskId id) {
    if (down) {
      analysis->answered(id, fail(Code::unavailable, "connection refused"), at(now_));
    } else {
      analysis->answered(id, empty ? Answer{} : one(value), at(now_));
    }
  }

  Duration now_ = 0s;
  std::deque<std::pair<Duration, AskId>> held_;
};

std::shared_ptr<ReleasePolicy> policy_of(const Metric& metric) {
  auto policy = std::make_shared<ReleasePolicy>();
  policy->release = "shop-1";
  EXPECT_TRUE(add_metric(*policy, metric, {}));
  return policy;
}

TEST(RuleRuns, ABrokenRuleRollsBackWithItsValue) {
  Drive drive(policy_of(rule("latency", "result[0] < 0.3")));
  drive.until(60s);
  EXPECT_TRUE(drive.asked.empty()) << "nothing is judged before there is traffic";
  drive.expose();
  drive.until(120s);
  ASSERT_FALSE(drive.asked.empty());
  EXPECT_EQ(drive.asked[0].request.text, "latency_latency");
  EXPECT_EQ(drive.asked[0].source, "prometheus");
  EXPECT_TRUE(drive.judgement().findings.empty());
  EXPECT_TRUE(drive.judgement().passed);
  drive.value = 0.7;
  drive.until(140s);
  Judgement judgement = drive.judgement();
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].action, OnFail::rollback);
  EXPECT_FALSE(judgement.findings[0].guard);
  EXPECT_NE(judgement.findings[0].sentence.find("0.7"), std::string::npos)
      << judgement.findings[0].sentence;
  Json report = drive.analysis->report(at(140s));
  EXPECT_EQ(report["metrics"].at(0)["verdict"].string(), "fail");
  EXPECT_EQ(report["metrics"].at(0)["kind"].string(), "threshold");
}

TEST(RuleRuns, NothingIsPromotedBeforeAMeasurement) {
  Drive drive(policy_of(rule("latency", "result[0] < 0.3")));
  drive.expose();
  drive.empty = true;
  drive.until(60s);
  Judgement judgement = drive.judgement();
  EXPECT_FALSE(judgement.passed);
  EXPECT_EQ(judgement.undecided_metric, "latency");
  EXPECT_FALSE(judgement.covered) << "no data holds the step";
  EXPECT_TRUE(judgement.findings.empty());
  drive.empty = false;
  drive.until(80s);
  EXPECT_TRUE(drive.judgement().passed);
  EXPECT_TRUE(drive.judgement().covered);
}

TEST(RuleRuns, AProviderThatFailsHolds) {
  Drive drive(policy_of(rule("latency", "result[0] < 0.3")));
  drive.expose();
  drive.until(30s);
  drive.down = true;
  drive.until(20min);
  Judgement judgement = drive.judgement();
  EXPECT_TRUE(judgement.sources_down);
  EXPECT_NE(judgement.sources_sentence.find("connection refused"), std::string::npos);
  EXPECT_TRUE(judgement.findings.empty());
  drive.down = false;
  drive.until(25min);
  EXPECT_FALSE(drive.judgement().sources_down);
}

TEST(RuleRuns, ASlowServerIsAskedMoreSeldomAtMostByFour) {
  Metric metric = rule("latency", "result[0] < 0.3");
  metric.options.consecutive_failure_limit = 1'000;
  metric.failure_limit = config::IntOrString(1'000);
  Drive drive(policy_of(metric));
  drive.expose();
  drive.until(60s);
  EXPECT_EQ(drive.asks_until(260s), 20U) << "every 10 s";
  drive.slow = 6s;
  drive.until(300s);
  EXPECT_EQ(drive.asks_until(500s), 10U) << "6 s are more than half of 10 s: every 20 s";
  Json report = drive.analysis->report(at(500s));
  EXPECT_TRUE(report["degraded"].boolean());
  EXPECT_EQ(report["degradedSentence"].string(),
            "the metrics server answers late: latency is looked at every 20s instead of every 10s");
  drive.slow = 28s;
  drive.until(600s);
  EXPECT_EQ(drive.asks_until(1'000s), 10U) << "never less than every 40 s";
  // What is broken is not put off.
  drive.value = 0.7;
  drive.slow = 6s;
  drive.until(1'100s);
  EXPECT_EQ(drive.asks_until(1'200s), 10U);
  drive.value = 0.1;
  drive.slow = 0s;
  drive.until(1'500s);
  EXPECT_EQ(drive.asks_until(1'700s), 20U);
  EXPECT_FALSE(drive.analysis->report(at(1'700s))["degraded"].boolean());
}

TEST(RuleRuns, KeepArgosTimesAndSlowJobsTheirs) {
  Metric argo = rule("latency", "result[0] < 0.3");
  argo.dialect = config::Dialect::argo;
  Metric job = rule("smoke", "");
  job.provider = {};
  job.provider.job.emplace();
  for (const Metric& metric : {argo, job}) {
    Drive drive(policy_of(metric));
    drive.expose();
    drive.slow = 8s;
    drive.until(300s);
    EXPECT_FALSE(drive.analysis->report(at(300s))["degraded"].boolean()) << metric.name;
  }
}

TEST(RuleRuns, FiveErrorsInARowEndARunByArgosRules) {
  Metric metric = rule("latency", "result[0] < 0.3");
  metric.dialect = config::Dialect::argo;
  Drive drive(policy_of(metric));
  drive.expose();
  drive.down = true;
  drive.until(2min);
  Judgement judgement = drive.judgement();
  ASSERT_EQ(judgement.findings.size(), 1U) << "five errors, every 10 s";
  EXPECT_EQ(judgement.findings[0].action, OnFail::rollback);
}

TEST(RuleRuns, AStepsAnalysisEndsWithItsCount) {
  auto policy = std::make_shared<ReleasePolicy>();
  policy->release = "shop-1";
  Metric metric = rule("smoke", "result[0] < 0.3");
  metric.count = config::IntOrString(3);
  ASSERT_TRUE(add_step_metric(*policy, 1, metric, {}));
  Metric compared = rule("errors", "");
  compared.compare.emplace();
  EXPECT_FALSE(add_step_metric(*policy, 1, compared, {}));
  Drive drive(policy);
  drive.expose(0);
  drive.until(60s);
  EXPECT_TRUE(drive.asked.empty());
  EXPECT_TRUE(drive.judgement().step_analysis_done) << "the first step has none";
  drive.expose(1);
  EXPECT_FALSE(drive.judgement().step_analysis_done);
  drive.until(120s);
  EXPECT_EQ(drive.asked.size(), 3U);
  EXPECT_TRUE(drive.judgement().step_analysis_done);
}

TEST(RuleRuns, GoOnFromASavedStateByteForByte) {
  auto policy = policy_of(rule("latency", "result[0] < 0.3"));
  ASSERT_TRUE(add_step_metric(*policy, 0, rule("smoke", "result[0] < 0.3"), {}));
  Drive drive(policy);
  drive.expose();
  drive.until(45s);
  Drive other(policy);
  auto saved = Json::parse(drive.analysis->save().dump());
  ASSERT_TRUE(saved);
  Status loaded = other.analysis->load(*saved);
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_EQ(other.analysis->save().dump(), drive.analysis->save().dump());
  for (Duration now = 46s; now < 120s; now += 1s) {
    auto asks = drive.analysis->due(at(now));
    auto again = other.analysis->due(at(now));
    ASSERT_EQ(asks.size(), again.size()) << to_seconds(now);
    for (std::size_t i = 0; i < asks.size(); ++i) {
      drive.analysis->answered(asks[i].id, one(0.2), at(now));
      other.analysis->answered(again[i].id, one(0.2), at(now));
    }
  }
  EXPECT_EQ(other.analysis->save().dump(), drive.analysis->save().dump());
}

}  // namespace
}  // namespace serin::analysis
