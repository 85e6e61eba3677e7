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

// More errors in the step that ends, and neither in the release nor lately.
TEST(SequentialJudge, ANewStepReadsBackAsItIs) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  int k = 0;
  auto look = [&](int times, double bad) {
    for (int i = 0; i < times; ++i) {
      ++k;
      judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, bad}),
                   k * 30s);
    }
  };
  judge.start_step(0);
  look(40, 2);
  judge.start_step(1);
  look(1, 40);
  look(11, 2);
  ASSERT_TRUE(judge.metric(0).minimum_effect_reached);
  judge.start_step(2);
  auto back = SequentialJudge::from_json(judge.to_json());
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(to_json(judge.metric(0)).dump(), to_json(back->metric(0)).dump());
  EXPECT_FALSE(judge.metric(0).minimum_effect_reached);
}

TEST(SequentialJudge, ADifferenceSaysWhatItsStepCounted) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  judge.start_step(0);
  judge.update(0, counts_window(7'200'000 + kWindowMs, {4, 600, 6}, {1, 300, 2}), 30s);
  judge.start_step(1);
  judge.update(0, counts_window(7'200'000 + 2 * kWindowMs, {4, 400, 1}, {1, 500, 9}), 60s);
  const MetricEvidence seen = judge.metric(0);
  EXPECT_EQ(seen.canary.exposure, 800);
  EXPECT_EQ(seen.effect.canary->exposure, 500);
  EXPECT_EQ(seen.effect.canary->events, 9);
  EXPECT_EQ(seen.effect.stable->exposure, 1600);
  EXPECT_EQ(seen.effect.stable->events, 4);
  EXPECT_NEAR(seen.effect.estimate, (9 / 500.0) / (4 / 1600.0), 1e-9);
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

TEST(SequentialJudge, NothingBeforeTheEndOfTheWarmUpCounts) {
  SequentialPlan plan = errors_plan();
  plan.metrics[0].rules.warmup = 90s;
  SequentialJudge judge = make(plan);
  judge.learn(0, even_history());
  judge.start_step(0);
  for (int k = 1; k <= 10; ++k) {
    // A disaster while the canary is young; nothing after.
    const double age = 30.0 * k;
    const double bad = age <= 90 ? 300 : 3;
    judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, bad}, age),
                 k * 30s);
    const MetricEvidence evidence = judge.metric(0);
    if (k <= 3) {
      EXPECT_EQ(evidence.windows, 0) << k;
      EXPECT_EQ(evidence.no_data, 0) << k;  // young is not silent
      EXPECT_NEAR(evidence.warmup_left_s, 90 - age, 1e-9);
    }
  }
  EXPECT_EQ(judge.metric(0).windows, 7);
  EXPECT_EQ(judge.metric(0).canary.events, 21);
  EXPECT_FALSE(judge.combined().fail);
}

TEST(SequentialJudge, AWindowThatReachesIntoTheWarmUpIsLeftOut) {
  SequentialPlan plan = errors_plan();
  plan.metrics[0].rules.warmup = 100s;
  SequentialJudge judge = make(plan);
  judge.start_step(0);
  judge.update(0, counts_window(8'000'000, {4, 600, 6}, {1, 300, 3}, 120), 30s);
  EXPECT_EQ(judge.metric(0).windows, 0);  // it begins at an age of 90 s
  judge.update(0, counts_window(8'030'000, {4, 600, 6}, {1, 300, 3}, 150), 60s);
  EXPECT_EQ(judge.metric(0).windows, 1);
}

TEST(SequentialJudge, APoorlyCoveredLookWaitsForItsSamples) {
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, even_history());
  SequentialJudge whole = judge;
  judge.start_step(0);
  whole.start_step(0);

  // The canary's second scrape is missing; its increments come with the next look's.
  auto cut = counts_window(7'230'000, {4, 600, 6}, {1, 150, 5});
  cut.instances.back().to_ms -= 15'000;
  cut.scrapes_seen[1] = 1;
  judge.update(0, cut, 30s);
  EXPECT_EQ(judge.metric(0).windows, 0);
  EXPECT_EQ(judge.metric(0).no_data, 1);
  auto rest = counts_window(7'260'000, {4, 600, 6}, {1, 450, 13});
  rest.instances.back().from_ms -= 15'000;
  judge.update(0, rest, 60s);
  EXPECT_EQ(judge.metric(0).windows, 1);
  EXPECT_EQ(judge.metric(0).canary.events, 18);
  EXPECT_EQ(judge.metric(0).stable.events, 48);

  // The same evidence as a look of both.
  whole.update(0, queries::ComparisonWindow{}, 30s);
  auto both = counts_window(7'260'000, {4, 1200, 12}, {1, 600, 18});
  for (auto& instance : both.instances) instance.from_ms -= kWindowMs;
  whole.update(0, both, 60s);
  EXPECT_NEAR(judge.metric(0).log_e, whole.metric(0).log_e, 1e-9);
}

TEST(SequentialJudge, AMissedScrapeBetweenTwoLosesNothing) {
  // One sample of two, but it spans the whole look: the counters hold everything.
  SequentialJudge judge = make(errors_plan());
  judge.start_step(0);
  auto window = counts_window(7'230'000, {4, 600, 6}, {1, 300, 3});
  window.scrapes_seen[0] = 4;
  window.scrapes_seen[1] = 1;
  judge.update(0, window, 30s);
  EXPECT_EQ(judge.metric(0).windows, 1);
  EXPECT_EQ(judge.metric(0).no_data, 0);
}

TEST(SequentialJudge, LooksThatStayPoorAreDroppedInTheEnd) {
  SequentialJudge judge = make(errors_plan());
  judge.start_step(0);
  auto cut = counts_window(7'230'000, {4, 600, 6}, {1, 150, 150});
  cut.instances.back().to_ms = cut.instances.back().from_ms + 10'000;
  cut.scrapes_seen[1] = 0.5;
  for (int k = 1; k <= 8; ++k) judge.update(0, cut, k * 30s);
  EXPECT_EQ(judge.metric(0).no_data, 8);
  EXPECT_NEAR(judge.metric(0).log_e, 0, 1e-12);
  EXPECT_EQ(judge.metric(0).verdict, MetricVerdict::noData);
}

TEST(SequentialJudge, BelowTheMinimumEffectNothingFails) {
  // +30 % with enormous traffic: beyond the margin, below the effect that may fail.
  SequentialPlan plan = errors_plan();
  plan.metrics[0].rules.effect = 1.5;
  SequentialJudge judge = make(plan);
  std::vector<queries::ComparisonWindow> history;
  for (int k = 1; k <= 240; ++k) {
    history.push_back(counts_window(k * kWindowMs, {4, 1e7, 2e6 + 300.0 * (k % 3)}, {0, 0, 0}));
  }
  judge.learn(0, history);
  judge.start_step(0);
  for (int k = 1; k <= 40; ++k) {
    judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 1e7, 2e6}, {4, 1e7, 2.6e6}),
                 k * 30s);
  }
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_GT(evidence.log_e, evidence.level);
  EXPECT_FALSE(evidence.minimum_effect_reached);
  EXPECT_FALSE(judge.combined().fail);
  EXPECT_NE(evidence.sentence.find("below the least effect"), std::string::npos);
}

TEST(SequentialJudge, MinSamplesHoldsBothVerdicts) {
  SequentialPlan plan = errors_plan();
  plan.metrics[0].rules.min_samples = 2000;
  SequentialJudge judge = make(plan);
  judge.learn(0, even_history());
  judge.start_step(0);
  int k = 0;
  while (!judge.combined().fail && k < 30) {
    ++k;
    judge.update(0, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, 60}), k * 30s);
  }
  EXPECT_EQ(k, 7);  // 7 · 300 > 2000
}

TEST(SequentialJudge, AChangeOfMarginsOpensAnEpoch) {
  SequentialPlan plan = errors_plan();
  plan.metrics.push_back({.name = "other", .rules = rules_for(CompareKind::errors, {})});
  SequentialJudge judge = make(plan);
  for (std::size_t m : {0U, 1U}) judge.learn(m, even_history());
  judge.start_step(0);
  for (int k = 1; k <= 60; ++k) {
    for (std::size_t m : {0U, 1U}) {
      judge.update(m, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 600, 6}), k * 30s);
    }
  }
  const double level = judge.combined().level;
  const double passed = judge.metric(0).log_e_pass;
  ASSERT_GT(passed, 3);
  plan.metrics[1].rules.tolerate_ratio = 1.1;
  plan.metrics[0].rules.share = 6;
  ASSERT_TRUE(judge.change_plan(plan));
  EXPECT_EQ(judge.plan().epoch, 1);
  EXPECT_NEAR(judge.combined().level, level + std::log(2), 1e-12);
  // Starts anew: nothing but the price of the ladder, which was chosen before.
  EXPECT_LE(judge.metric(0).log_e, 0);
  EXPECT_GT(judge.metric(0).log_e, -0.1);
  EXPECT_EQ(judge.metric(0).log_e_pass, passed);  // its margins are the same
  EXPECT_EQ(judge.metric(0).dispersion_source, DispersionSource::history);
  EXPECT_NEAR(judge.metric(1).log_e_pass, 0, 1e-12);
  EXPECT_NEAR(judge.metric(0).share, 0.75, 1e-12);

  plan.metrics.clear();
  EXPECT_FALSE(judge.change_plan(plan));
  EXPECT_EQ(judge.plan().epoch, 1);  // and nothing has changed
  EXPECT_EQ(judge.size(), 2U);
}

TEST(SequentialJudge, MoreLooksNeverLowerTheLevel) {
  SequentialPlan plan = errors_plan();
  plan.boundary = stats::Boundary::calibrated;
  SequentialJudge judge = make(plan);
  EXPECT_NEAR(judge.combined().level, std::log(40), 1e-12);
  judge.change_polls(300);
  EXPECT_NEAR(judge.combined().level, std::log(60), 1e-12);
  judge.change_polls(100);
  EXPECT_NEAR(judge.combined().level, std::log(60), 1e-12);
}

TEST(SequentialJudge, NotifyingMetricsCostNothingAndRollBackNothing) {
  SequentialPlan plan = errors_plan();
  plan.metrics.push_back({.name = "watched", .rules = rules_for(CompareKind::errors, {})});
  plan.metrics[1].rules.on_fail = OnFail::notify;
  SequentialJudge judge = make(plan);
  EXPECT_EQ(judge.metric(0).share, 1);
  EXPECT_EQ(judge.metric(1).share, 0);
  judge.start_step(0);
  for (int k = 1; k <= 60; ++k) {
    judge.update(1, counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, 60}), k * 30s);
  }
  EXPECT_TRUE(judge.metric(1).fails);
  EXPECT_EQ(judge.metric(1).verdict, MetricVerdict::fail);
  EXPECT_FALSE(judge.combined().fail);
  EXPECT_FALSE(judge.combined().contested);
}

TEST(SequentialJudge, GuardSeesGrossErrorsAtOnce) {
  SequentialJudge judge = make(errors_plan());
  judge.start_step(0);
  judge.update(0, counts_window(7'230'000, {4, 600, 6}, {1, 30, 29}), 30s);
  const auto sentence = judge.guard(0);
  ASSERT_TRUE(sentence);
  EXPECT_EQ(*sentence, "error-rate grossly worse: 29 of 30 against 24 of 2 400");
  SequentialJudge calm = make(errors_plan());
  calm.update(0, counts_window(7'230'000, {4, 600, 6}, {1, 30, 2}), 30s);
  EXPECT_FALSE(calm.guard(0));
}

TEST(SequentialJudge, HistoryShorterThanTwoHoursTeachesNothing) {
  const auto history = even_history();
  SequentialJudge enough = make(errors_plan());
  enough.learn(0, std::span(history).last(228));  // 114 minutes: within the slack
  EXPECT_EQ(enough.metric(0).dispersion_source, DispersionSource::history);
  SequentialJudge little = make(errors_plan());
  little.learn(0, std::span(history).last(227));
  EXPECT_EQ(little.metric(0).dispersion_source, DispersionSource::assumed);
  EXPECT_EQ(little.metric(0).dispersion, 2);
}

TEST(SequentialJudge, TheWorstDayCounts) {
  // Two days of history; errors come in clusters on the first alone.
  Rng rng(8);
  std::vector<queries::ComparisonWindow> history;
  for (int k = 1; k <= 2 * 2880; ++k) {
    const double cluster = k <= 2880 ? 5 : 1;
    auto window = counts_window(k * kWindowMs, {4, 600, 0}, {0, 0, 0});
    for (int i = 0; i < 24 / static_cast<int>(cluster); ++i) {
      window.instances[rng.below(4)].bad += cluster;
    }
    history.push_back(window);
  }
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, history);
  EXPECT_GT(judge.metric(0).dispersion, 4);
  SequentialJudge calm = make(errors_plan());
  calm.learn(0, std::span(history).last(2880));
  EXPECT_LT(calm.metric(0).dispersion, 1.2);
}

TEST(SequentialJudge, DifferingInstancesGetMargins) {
  auto history = even_history();
  for (auto& window : history) {
    window.instances[0].bad *= 1.5;
    window.instances[3].bad *= 0.7;
  }
  SequentialJudge judge = make(errors_plan());
  judge.learn(0, history);
  SequentialJudge equal = make(errors_plan());
  equal.learn(0, even_history());
  for (int k = 1; k <= 20; ++k) {
    const auto window = counts_window(7'200'000 + k * kWindowMs, {4, 600, 6}, {1, 300, 5});
    judge.update(0, window, k * 30s);
    equal.update(0, window, k * 30s);
  }
  EXPECT_EQ(judge.metric(0).rungs, 4U);
  EXPECT_GT(judge.metric(0).margin, 0.3);
  EXPECT_LT(judge.metric(0).log_e, equal.metric(0).log_e - 1);
}

TEST(SequentialJudge, ForecastsWhatATrafficCanShow) {
  SequentialJudge judge = make(errors_plan());
  EXPECT_FALSE(judge.forecast(0, {}).known);
  judge.learn(0, even_history());  // 80 requests/s, 1 % errors
  const Forecast busy = judge.forecast(
      0, {.weight = 0.5, .canary_instances = 4, .stable_instances = 4, .seconds = 3600});
  EXPECT_TRUE(busy.can_detect) << busy.sentence;
  EXPECT_TRUE(busy.can_pass) << busy.sentence;
  EXPECT_LT(busy.smallest_effect.value(), 1.5);
  const Forecast idle = judge.forecast(
      0, {.requests_per_s = 1, .weight = 0.05, .canary_instances = 1, .stable_instances = 4});
  EXPECT_FALSE(idle.can_detect);
  EXPECT_FALSE(idle.can_pass);
  EXPECT_NE(idle.sentence.find("error-rate: +50 % is found in "), std::string::npos)
      << idle.sentence;
}

TEST(MetricEvidence, ForecastsPassingByTheDriftOfThisStep) {
  MetricEvidence evidence;
  evidence.pass_level = 3;
  evidence.log_e_pass = 0;
  evidence.pass_drift = 0.1;
  evidence.pass_drift_sd = 0.2;
  evidence.pass_looks = 4;
  EXPECT_FALSE(evidence.forecast(10));  // too early
  evidence.pass_looks = 10;
  ASSERT_TRUE(evidence.forecast(10));
  EXPECT_LT(*evidence.forecast(10), 0.05);  // 1 of 3 to be expected
  EXPECT_FALSE(evidence.forecast(100));     // likely: no number
  EXPECT_EQ(evidence.forecast(0), 0.0);
}

// What the sentence names as limit, for rates of both sides.
std::string limit_named(const MetricRules& rules, AbsoluteMargin absolute, double canary,
                        double stable, double log_e = 0) {
  MetricEvidence evidence;
  evidence.name = "m";
  evidence.windows = 1;
  evidence.level = 5;
  evidence.minimum_effect_reached = true;
  evidence.absolute = absolute;
  evidence.canary = {1000, 1000 * canary, canary};
  evidence.stable = {1000, 1000 * stable, stable};
  evidence.log_e = log_e;
  const std::string text = sentence(evidence, rules);
  return text.substr(text.find("limit"));
}

TEST(Sentences, TheLimitIsTheMarginThatBinds) {
  using enum AbsoluteMargin;
  const double nan = std::nan("");
  MetricRules rules = rules_for(CompareKind::errors, {});
  EXPECT_EQ(limit_named(rules, none, 0.03, 0), "limit +2 %");
  EXPECT_EQ(limit_named(rules, shared, 0.03, 0), "limit +0.05 pp");
  EXPECT_EQ(limit_named(rules, shared, 0.03, nan), "limit +0.05 pp");
  EXPECT_EQ(limit_named(rules, shared, 0.03, 0.01), "limit +2 %") << "they are not rare";
  // Three times as many, and yet within 0.05 pp: what shows it is the ratio.
  EXPECT_EQ(limit_named(rules, shared, 0.0003, 0.0001, 2), "limit +2 %");
  EXPECT_EQ(limit_named(rules, shared, 0.0003, 0.0001, -2), "limit +0.05 pp");
  EXPECT_EQ(limit_named(rules, added, 0.0003, 0.0001, 2), "limit +0.05 pp");
  rules.direction = Direction::down;
  EXPECT_EQ(limit_named(rules, shared, 0, 0.003, 2), "limit −0.05 pp");
  EXPECT_EQ(limit_named(rules, shared, 0.0001, 0.0003, 2), "limit −2 %");
  rules.direction = Direction::both;
  EXPECT_EQ(limit_named(rules, shared, 0.0001, 0.0003, 2), "limit ±2 %");
  rules.direction = Direction::up;
  rules.tolerate_absolute = 0.005;
  EXPECT_EQ(limit_named(rules, added, 0.03, 0.002), "limit +0.5 pp");
  EXPECT_EQ(limit_named(rules, added, 0.6, 0.5), "limit +2 %") << "which is 1 pp of a half";
  rules = rules_for(CompareKind::gauge, {});
  EXPECT_EQ(limit_named(rules, added, 30, 20), "limit +2 %");
  rules.tolerate_absolute = 5;
  EXPECT_EQ(limit_named(rules, added, 30, 20), "limit +5");
  EXPECT_EQ(limit_named(rules, added, -30, -200), "limit +5");
  EXPECT_EQ(limit_named(rules, added, 300, 400), "limit +2 %");
  rules = rules_for(CompareKind::rate, {});
  rules.tolerate_absolute = 0.1;
  EXPECT_EQ(limit_named(rules, added, 3, 2), "limit +0.1 an instance-second");
}

TEST(Sentences, CountsHaveTheirThousandsApart) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1004), "1 004");
  EXPECT_EQ(count_text(1234567), "1 234 567");
  EXPECT_EQ(count_text(2.5), "2.5");
  EXPECT_EQ(count_text(std::nan("")), "unknown");
}

}  // namespace
}  // namespace serin::analysis
