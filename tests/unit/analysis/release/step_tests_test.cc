// Metrics that are judged once, at the end of a step.
#include "analysis/release/step_tests.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

// Ten seconds of 400 stable and 100 canary requests.
ComparisonWindow errors(int second, double stable_bad, double canary_bad, double seen = 1) {
  ComparisonWindow window;
  window.scrape_interval_s = 10;
  for (const Side side : {Side::stable, Side::canary}) {
    const bool canary = side == Side::canary;
    InstanceWindow instance;
    instance.instance = canary ? "c" : "s";
    instance.side = side;
    instance.from_ms = (second - 10) * 1000;
    instance.to_ms = second * 1000;
    instance.age_s = queries::kAgeBefore;
    instance.total = canary ? 100 : 400;
    instance.bad = canary ? canary_bad : stable_bad;
    if (seen > 0) window.instances.push_back(std::move(instance));
    window.scrapes_expected[canary] = 1;
    window.scrapes_seen[canary] = seen;
  }
  return window;
}

StepTestMetric fixed_errors(const std::string& name = "error-rate") {
  return {.name = name, .rules = rules_for(CompareKind::errors, {}), .interval = 10s};
}

StepTestMetric kayenta_errors(const std::string& name) {
  KayentaMetricOptions options;
  options.groups = {"errors"};
  options.direction = "increase";
  StepTestMetric metric = fixed_errors(name);
  metric.kayenta = options;
  return metric;
}

// Two steps, of 60 s and 120 s, at 1 and 3 of the plan.
Result<StepTests> tests_of(std::vector<StepTestMetric> metrics) {
  return StepTests::create({.metrics = std::move(metrics), .steps = {{1, 60s}, {3, 120s}}});
}

Judgement judgement(const StepTests& tests) {
  Judgement out;
  tests.add_to(out);
  return out;
}

// Looks every 10 s, from `from` on.
template <class Window>
void looks(StepTests& tests, int from, int to, const Window& window, std::size_t metric = 0) {
  for (int second = from + 10; second <= to; second += 10)
    tests.update(metric, window(second), std::chrono::seconds(second));
}

TEST(StepTests, JudgesAtTheLastLookAndNotBefore) {
  auto tests = tests_of({fixed_errors()});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  const auto bad = [](int second) { return errors(second, 4, 20); };
  looks(*tests, 0, 50, bad);
  EXPECT_TRUE(judgement(*tests).findings.empty()) << "five times as many errors, and not judged";
  EXPECT_FALSE(judgement(*tests).step_analysis_done);
  EXPECT_FALSE(judgement(*tests).passed);
  looks(*tests, 50, 60, bad);
  const Judgement judged = judgement(*tests);
  ASSERT_EQ(judged.findings.size(), 1U);
  EXPECT_EQ(judged.findings[0].action, OnFail::rollback);
  EXPECT_NE(judged.findings[0].sentence.find("120 of 600 against 24 of 2 400"), std::string::npos)
      << judged.findings[0].sentence;
  EXPECT_TRUE(judged.step_analysis_done);
}

TEST(StepTests, AResultStandsForItsStep) {
  auto tests = tests_of({fixed_errors()});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 60, [](int second) { return errors(second, 8, 2); });
  const Judgement before = judgement(*tests);
  EXPECT_TRUE(before.findings.empty());
  looks(*tests, 60, 120, [](int second) { return errors(second, 4, 60); });
  EXPECT_EQ(judgement(*tests), before) << "a second look would be a second test";
}

TEST(StepTests, PromotionNeedsTheLastTestToPass) {
  auto tests = tests_of({fixed_errors()});
  ASSERT_TRUE(tests);
  const auto equal = [](int second) { return errors(second, 40, 10); };
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 60, equal);
  EXPECT_TRUE(judgement(*tests).step_analysis_done);
  EXPECT_TRUE(judgement(*tests).passed) << judgement(*tests).undecided_sentence;
  tests->start_step(2, 60s, 60'000);
  EXPECT_TRUE(judgement(*tests).passed) << "a step without a time tests nothing";
  tests->start_step(3, 60s, 60'000);
  EXPECT_FALSE(judgement(*tests).passed) << "this one will";
  EXPECT_EQ(judgement(*tests).undecided_metric, "error-rate");
  looks(*tests, 60, 180, equal);
  EXPECT_TRUE(judgement(*tests).passed);
  tests->start_step(4, 180s, 180'000);
  EXPECT_TRUE(judgement(*tests).passed) << "and its result holds to the end";
}

TEST(StepTests, WaitsForALookThatIsCovered) {
  auto tests = tests_of({fixed_errors()});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  // The metrics server was down from 20 s on.
  looks(*tests, 0, 20, [](int second) { return errors(second, 40, 10); });
  looks(*tests, 20, 60, [](int second) { return errors(second, 0, 0, 0); });
  EXPECT_FALSE(judgement(*tests).step_analysis_done);
  EXPECT_FALSE(judgement(*tests).covered);
  looks(*tests, 60, 230, [](int second) { return errors(second, 40, 10); });
  EXPECT_TRUE(judgement(*tests).step_analysis_done);
  EXPECT_TRUE(judgement(*tests).covered);
}

TEST(StepTests, NoDataPassesWhereTheDocumentSaysSo) {
  StepTestMetric metric = fixed_errors();
  metric.rules.no_data = NoData::pass;
  auto tests = tests_of({metric});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 60, [](int second) { return errors(second, 0, 0, 0); });
  EXPECT_TRUE(judgement(*tests).step_analysis_done);
  EXPECT_TRUE(judgement(*tests).passed);
  EXPECT_EQ(tests->report(0)["verdict"].string(), "noData");
}

TEST(StepTests, SplitsTheBudgetOverSharesAndSteps) {
  StepTestMetric small = fixed_errors("small");
  small.rules.share = 1;
  StepTestMetric large = fixed_errors("large");
  large.rules.share = 3;
  auto tests = StepTests::create(
      {.metrics = {small, large}, .steps = {{1, 60s}, {3, 120s}}, .alpha = 0.02, .shares = 5});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  for (std::size_t i : {0U, 1U})
    looks(
        *tests, 0, 60, [](int second) { return errors(second, 40, 10); }, i);
  EXPECT_NEAR(tests->report(0)["pLimit"].number(), 0.02 / 5 / 2, 1e-12);
  EXPECT_NEAR(tests->report(1)["pLimit"].number(), 0.02 * 3 / 5 / 2, 1e-12);
}

TEST(StepTests, OnFailSaysWhatAFailureDoes) {
  StepTestMetric metric = fixed_errors();
  metric.rules.on_fail = OnFail::pause;
  auto tests = tests_of({metric});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 60, [](int second) { return errors(second, 4, 20); });
  ASSERT_EQ(judgement(*tests).findings.size(), 1U);
  EXPECT_EQ(judgement(*tests).findings[0].action, OnFail::pause);
}

TEST(StepTests, GrossErrorsActAtOnce) {
  auto tests = tests_of({fixed_errors()});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 10, [](int second) { return errors(second, 4, 95); });
  ASSERT_EQ(judgement(*tests).findings.size(), 1U);
  EXPECT_TRUE(judgement(*tests).findings[0].guard);
}

TEST(StepTests, KayentaFailsMarginalPausesPassGoesOn) {
  struct Case {
    double canary[2];  // bad requests of two metrics a look; 10 is equal
    kayenta::Verdict verdict;
  };
  // Of two metrics in one group, one High is a score of 50.
  for (const auto& [canary, verdict] :
       {Case{{10, 10}, kayenta::Verdict::pass}, Case{{10, 40}, kayenta::Verdict::marginal},
        Case{{40, 40}, kayenta::Verdict::fail}}) {
    auto tests = StepTests::create({.metrics = {kayenta_errors("a"), kayenta_errors("b")},
                                    .steps = {{1, 200s}},
                                    .scoring = {.pass = 80, .marginal = 50, .group_weights = {}}});
    ASSERT_TRUE(tests);
    tests->start_step(1, 0s, 0);
    for (std::size_t i : {0U, 1U}) {
      EXPECT_FALSE(judgement(*tests).step_analysis_done);
      looks(
          *tests, 0, 200,
          [&](int second) { return errors(second, 40 + second % 7, canary[i] + second % 3); }, i);
    }
    const Judgement judged = judgement(*tests);
    EXPECT_TRUE(judged.step_analysis_done);
    EXPECT_EQ(judged.findings.size(), verdict == kayenta::Verdict::fail ? 1U : 0U)
        << tests->kayenta_report().dump(1);
    EXPECT_EQ(judged.pauses.size(), verdict == kayenta::Verdict::marginal ? 1U : 0U);
    EXPECT_EQ(judged.passed, verdict != kayenta::Verdict::fail);
    EXPECT_EQ(tests->report(1)["classification"].string(),
              verdict == kayenta::Verdict::pass ? "Pass" : "High");
    if (verdict == kayenta::Verdict::fail) {
      EXPECT_EQ(judged.findings[0].action, OnFail::rollback);
      EXPECT_NE(judged.findings[0].sentence.find("Kayenta's score 0 "), std::string::npos)
          << judged.findings[0].sentence;
    }
  }
}

TEST(StepTests, KayentaWithoutDataPausesAndDoesNotRollBack) {
  auto tests = tests_of({kayenta_errors("a")});
  ASSERT_TRUE(tests);
  tests->start_step(1, 0s, 0);
  looks(*tests, 0, 60, [](int second) { return errors(second, 0, 0, 0); });
  const Judgement judged = judgement(*tests);
  EXPECT_TRUE(judged.findings.empty());
  ASSERT_EQ(judged.pauses.size(), 1U);
  EXPECT_NE(judged.pauses[0].sentence.find("NODATA"), std::string::npos);
  EXPECT_FALSE(judged.passed);
}

TEST(StepTests, GoesOnFromItsSavedState) {
  auto tests = tests_of({fixed_errors(), kayenta_errors("k")});
  auto loaded = tests_of({fixed_errors(), kayenta_errors("k")});
  ASSERT_TRUE(tests && loaded);
  const auto window = [](int second) { return errors(second, 30 + second % 9, 20); };
  tests->start_step(1, 0s, 0);
  for (int second = 10; second <= 60; second += 10) {
    for (std::size_t i : {0U, 1U}) tests->update(i, window(second), std::chrono::seconds(second));
    const Json saved = *Json::parse(tests->save().dump());
    ASSERT_TRUE(loaded->load(saved));
    EXPECT_EQ(loaded->save().dump(), tests->save().dump());
    EXPECT_EQ(judgement(*loaded), judgement(*tests));
    EXPECT_EQ(loaded->report(0).dump(), tests->report(0).dump());
  }
  EXPECT_FALSE(tests->kayenta_report().is_null());
  auto fewer = tests_of({fixed_errors()});
  EXPECT_EQ(fewer->load(tests->save()).error().code, Code::data_loss);
}

TEST(StepTests, RefusesWhatCouldNeverJudge) {
  const auto none = StepTests::create({.metrics = {fixed_errors()}, .steps = {{0, 0s}}});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no step of this plan has a planned time"),
            std::string::npos);
  StepTestMetric alone = kayenta_errors("k");
  alone.kayenta->groups.clear();
  EXPECT_FALSE(tests_of({alone}));
  StepTestMetric odd = kayenta_errors("k");
  odd.kayenta->outliers = "remove";
  odd.kayenta->outlier_factor = 0;
  EXPECT_FALSE(tests_of({odd}));
}

}  // namespace
}  // namespace serin::analysis
