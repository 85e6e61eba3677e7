// An analysis whose users are chosen by content, and one whose release is edited.
#include <gtest/gtest.h>

#include "tests/unit/analysis/release/policy_lab.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const ReleasePolicy> matched_policy() {
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->history = 0s;
  policy->edge_errors = true;
  policy->matched_only = true;
  policy->chosen_requests = true;
  return policy;
}

TEST(PolicyAnalysis, UnderRulesOnContentGrossEdgeErrorsStillRollBack) {
  for (double bad : {0.0, 0.3, 1.0}) {
    auto analysis = PolicyAnalysis::create(matched_policy(), at(0s));
    ASSERT_TRUE(analysis) << analysis.error().to_string();
    (*analysis)->traffic_commanded(0, at(0s));
    (*analysis)->traffic_confirmed(0, 0, at(0s));
    for (int second = 0; second < 60; ++second) {
      double all = 2.0 * second;
      (*analysis)->edge_counts(
          {.stable = {20 * all, all}, .canary = {all, bad * all}, .epoch = "1"}, 0,
          at(second * 1s));
    }
    Judgement judgement = (*analysis)->judgement(at(60s));
    EXPECT_EQ(judgement.findings.size(), bad == 1.0 ? 1U : 0U)
        << "other users may have other errors: " << bad;
    EXPECT_TRUE(judgement.pauses.empty())
        << "a share of 0 says nothing of requests that are chosen";
    EXPECT_EQ((*analysis)->calls_for_action(), bad == 1.0);
    auto copy = PolicyAnalysis::create(matched_policy(), at(0s));
    ASSERT_TRUE((*copy)->load((*analysis)->save()));
    EXPECT_EQ((*copy)->judgement(at(60s)), judgement);
  }
}

TEST(PolicyAnalysis, UnderRulesOnContentWhatNothingJudgesDoesNotPass) {
  auto passed = [](const ReleasePolicy& policy) {
    auto analysis = PolicyAnalysis::create(std::make_shared<ReleasePolicy>(policy), at(0s));
    EXPECT_TRUE(analysis) << analysis.error().to_string();
    (*analysis)->traffic_commanded(0, at(0s));
    (*analysis)->traffic_confirmed(0, 0, at(0s));
    return (*analysis)->judgement(at(1h));
  };
  ReleasePolicy policy = *matched_policy();
  Judgement judgement = passed(policy);
  EXPECT_FALSE(judgement.passed);
  EXPECT_EQ(judgement.undecided_metric, "error-rate");
  EXPECT_NE(judgement.undecided_sentence.find("slo"), std::string::npos);
  policy.metrics[0].metric.options.required = false;
  EXPECT_TRUE(passed(policy).passed) << "nothing is asked for";
  policy.metrics[0].metric.options.required = true;
  Metric rule;
  rule.name = "saturation";
  rule.success_condition = "result[0] < 1";
  ASSERT_TRUE(add_metric(policy, rule, {}));
  EXPECT_TRUE(passed(policy).passed) << "a threshold rule judges";
}

TEST(PolicyAnalysis, UnderRulesOnContentItNamesWhatItDoesNotCompare) {
  ReleasePolicy policy = *matched_policy();
  auto report = [&] {
    auto analysis = PolicyAnalysis::create(std::make_shared<ReleasePolicy>(policy), at(0s));
    EXPECT_TRUE(analysis) << analysis.error().to_string();
    return (*analysis)->report(at(0s));
  };
  EXPECT_EQ(report()["notCompared"].dump(), R"(["error-rate"])");
  EXPECT_TRUE(report()["notComparedSentence"].string().starts_with("error-rate: rules on content"));
  policy.matched_only = false;
  EXPECT_FALSE(report().contains("notCompared"));
}

class PolicyEdit : public testing::Test {
 protected:
  // The release's analysis goes on with `policy` at `when`.
  void edit(const ReleasePolicy& edited, Duration when) {
    auto made = PolicyAnalysis::create(std::make_shared<ReleasePolicy>(edited), at(0s));
    ASSERT_TRUE(made) << made.error().to_string();
    Status taken = (*made)->take_over(*analysis, at(when));
    ASSERT_TRUE(taken) << taken.error().to_string();
    analysis = std::move(*made);
    drive.use(*analysis);
  }
  Json metric(Duration when) const { return analysis->report(at(when))["metrics"].at(0); }

  ReleasePolicy policy = *error_policy();
  Service service{0.01, 0.01};
  std::unique_ptr<PolicyAnalysis> analysis =
      std::move(*PolicyAnalysis::create(std::make_shared<ReleasePolicy>(policy), at(0s)));
  Drive drive{service, *analysis};
};

TEST_F(PolicyEdit, OtherStepsLeaveTheEvidenceAsItIs) {
  drive.expose();
  drive.until(20min);
  Json before = metric(20min);
  policy.planned = 3h;
  policy.step_times = {{1, 10min}, {3, 10min}};
  edit(policy, 20min);
  Json after = metric(20min);
  for (const char* field : {"logE", "logEPass", "canary", "stable", "dispersionSource"}) {
    EXPECT_EQ(after[field].dump(), before[field].dump()) << field;
  }
  int asked = drive.asks();
  drive.until(60min);
  EXPECT_GT(drive.asks(), asked);
  EXPECT_TRUE(drive.judgement().passed) << analysis->report(at(1h)).dump(1);
}

TEST_F(PolicyEdit, OtherMarginsOpenAnEpochAndStartAnew) {
  drive.expose();
  drive.until(20min);
  double before = metric(20min)["logE"].number();
  policy.metrics[0].metric.options.tolerate.ratio = 1.2;
  edit(policy, 20min);
  EXPECT_NE(metric(20min)["logE"].number(), before);
  EXPECT_EQ(analysis->save()["epoch"].integer(), 1);
  EXPECT_EQ(analysis->save()["judge"]["plan"]["epoch"].integer(), 1);
  service.set_canary_error_rate(0.2);
  drive.until(40min);
  EXPECT_FALSE(drive.judgement().findings.empty());
  // And once more: the budget gets smaller each time.
  policy.metrics[0].metric.options.tolerate.ratio = 1.3;
  edit(policy, 40min);
  EXPECT_EQ(analysis->save()["judge"]["plan"]["epoch"].integer(), 2);
  auto copy = PolicyAnalysis::create(std::make_shared<ReleasePolicy>(policy), at(0s));
  ASSERT_TRUE((*copy)->load(analysis->save()));
  EXPECT_EQ((*copy)->save().dump(), analysis->save().dump());
}

TEST_F(PolicyEdit, AShareAloneKeepsWhatWasLearnedAndPassed) {
  drive.expose();
  drive.until(50min);
  ASSERT_TRUE(drive.judgement().passed);
  policy.metrics[0].metric.options.share = 5;
  edit(policy, 50min);
  EXPECT_TRUE(drive.judgement().passed);
  EXPECT_EQ(analysis->save()["epoch"].integer(), 1);
  EXPECT_EQ(metric(50min)["dispersionSource"].string(), "history");
}

TEST_F(PolicyEdit, ANewMetricIsLearnedAndJudged) {
  drive.expose();
  drive.until(10min);
  Metric traffic;
  traffic.name = "traffic";
  traffic.interval = config::DurationText("30s");
  traffic.compare.emplace().rate = RateSpec{"http_requests_total"};
  ASSERT_TRUE(add_metric(policy, traffic, policy.metrics[0].versions));
  edit(policy, 10min);
  drive.until(30min);
  Json report = analysis->report(at(30min));
  ASSERT_EQ(report["metrics"].size(), 2U);
  EXPECT_EQ(report["metrics"].at(1)["dispersionSource"].string(), "history") << report.dump(1);
  EXPECT_TRUE(drive.judgement().findings.empty());
}

TEST_F(PolicyEdit, AnotherKindOfAnalysisIsRefused) {
  struct Other final : ReleaseAnalysis {
    std::vector<Ask> due(Now) override { return {}; }
    std::optional<Instant> next_wakeup() const override { return {}; }
    void answered(AskId, const Result<queries::Answer>&, Now) override {}
    void traffic_commanded(double, Now) override {}
    void traffic_confirmed(int, double, Now) override {}
    void edge_counts(const EdgeCounts&, double, Now) override {}
    void resumed(Now) override {}
    Judgement judgement(Now) const override { return {}; }
    Json report(Now) const override { return {}; }
    Json save() const override { return {}; }
    Status load(const Json&) override { return {}; }
    std::unique_ptr<ReleaseAnalysis> clone() const override { return nullptr; }
  };
  EXPECT_FALSE(analysis->take_over(Other(), at(1s)));
}

}  // namespace
}  // namespace serin::analysis
