#include "analysis/judges/sequential/judge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/templates/model.h"
#include "unit/analysis/sequential/windows.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

SequentialPlan errors_plan() {
  SequentialPlan plan;
  plan.metrics.push_back({.name = "error-rate", .rules = rules_for(CompareKind::errors, {})});
  return plan;
}

SequentialJudge make(const SequentialPlan& plan) {
  auto judge = SequentialJudge::create(plan);
  EXPECT_TRUE(judge) << judge.error().to_string();
  return *std::move(judge);
}

// Two hours of four even stable instances: 600 requests and 6 errors a window each.
std::vector<queries::ComparisonWindow> even_history(double bad = 6) {
  std::vector<queries::ComparisonWindow> history;
  for (int k = 0; k < 240; ++k) {
    auto window = counts_window((k + 1) * kWindowMs, {4, 600, bad}, {0, 0, 0});
    // A little noise, so that the dispersion is not 0.
    for (int i = 0; i < 4; ++i)
      window.instances[static_cast<std::size_t>(i)].bad += (k + i) % 4 - 1.5;
    history.push_back(window);
  }
  return history;
}

TEST(SequentialJudge, FailsOnMoreErrorsAndSaysWhy) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  judge.start_step(0);
  int polls = 0;
  while (!judge.combined().fail && polls < 60) {
    ++polls;
    judge.update(0, counts_window(7'200'000 + polls * kWindowMs, {4, 600, 6}, {1, 300, 9}),
                 polls * 30s);
  }
  const CombinedEvidence combined = judge.combined();
  EXPECT_TRUE(combined.fail);
  EXPECT_LT(polls, 12);
  ASSERT_EQ(combined.blame, std::vector<std::size_t>{0});
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_EQ(evidence.verdict, MetricVerdict::fail);
  EXPECT_EQ(evidence.dispersion_source, DispersionSource::history);
  EXPECT_GT(evidence.effect.interval.lower, 1);
  EXPECT_NEAR(evidence.effect.estimate, 3, 1e-9);
  EXPECT_NE(evidence.sentence.find("error-rate worse: "), std::string::npos) << evidence.sentence;
  EXPECT_NE(evidence.sentence.find(" of "), std::string::npos);
}

TEST(SequentialJudge, PassesAnEqualCanaryAndKeepsTheCap) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  judge.start_step(0);
  for (int k = 1; k <= 120; ++k) {
    judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 600, 6}), k * 30s);
  }
  EXPECT_FALSE(judge.combined().fail);
  EXPECT_FALSE(judge.combined().contested);
  EXPECT_TRUE(judge.combined().passed);
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_EQ(evidence.verdict, MetricVerdict::pass);
  EXPECT_NEAR(evidence.log_e_pass, 2 * std::log(20), 1e-9);
  EXPECT_TRUE(evidence.enough_for_early_pass);
}

TEST(SequentialJudge, AnEmptyLookIsNoData) {
  SequentialJudge judge = make(errors_plan());
  judge.start_step(0);
  queries::ComparisonWindow empty;
  empty.scrapes_expected[0] = 8;
  empty.scrapes_expected[1] = 2;
  for (int k = 1; k <= 10; ++k) judge.update(0, empty, k * 30s);
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_EQ(evidence.verdict, MetricVerdict::noData);
  EXPECT_EQ(evidence.no_data, 10);
  EXPECT_NEAR(evidence.log_e, 0, 1e-12);
  EXPECT_FALSE(judge.combined().passed);
  EXPECT_EQ(judge.combined().undecided, 0U);
}

TEST(SequentialJudge, StateReadBackGoesOnByteForByte) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  judge.start_step(0);
  for (int k = 1; k <= 9; ++k) {
    judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, 4}), k * 30s);
  }
  const std::string text = judge.to_json().dump();
  auto json = Json::parse(text);
  ASSERT_TRUE(json);
  auto back = SequentialJudge::from_json(*json);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->to_json().dump(), text);
  for (int k = 10; k <= 20; ++k) {
    const auto window = counts_window(7'200'000 + k * kWindowMs, {4, 600, 7}, {1, 300, 5});
    judge.update(0, window, k * 30s);
    back->update(0, window, k * 30s);
  }
  EXPECT_EQ(back->to_json().dump(), judge.to_json().dump());
}

TEST(SequentialJudge, DamagedStateIsNamed) {
  SequentialJudge judge = make(errors_plan());
  Json json = judge.to_json();
  json.find("metrics")->items()[0].set("polls", "many");
  auto back = SequentialJudge::from_json(json);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Code::data_loss);
  EXPECT_NE(back.error().to_string().find("polls"), std::string::npos) << back.error().to_string();
}

}  // namespace
}  // namespace serin::analysis
