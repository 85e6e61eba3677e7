// Plans that are made from their target.
#include <gmock/gmock.h>

#include "rollout/plan/load/load.h"
#include "rollout/plan/load/pin.h"

namespace serin::rollout {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> weights_of(const std::vector<Step>& steps) {
  std::vector<double> weights;
  for (const Step& step : steps) {
    if (const auto* set = std::get_if<SetWeightStep>(&step.action)) {
      weights.push_back(set->weight.percent());
    }
  }
  return weights;
}

Duration watched(const std::vector<Step>& steps) {
  Duration sum{};
  for (const Step& step : steps) {
    if (const auto* pause = std::get_if<PauseStep>(&step.action)) sum += *pause->duration;
  }
  return sum;
}

std::vector<Step> made(const Ramp& ramp) {
  auto steps = steps_of(ramp);
  EXPECT_TRUE(steps) << steps.error().message;
  return steps.value_or(std::vector<Step>());
}

Weight percent(double value) {
  return Weight::from_units(static_cast<int>(value * 100 + 0.5));
}

TEST(Ramp, LinearStepsAreEqual) {
  auto steps = made({.to = percent(50), .steps = 5, .over = minutes(50)});
  EXPECT_THAT(weights_of(steps), ElementsAre(10, 20, 30, 40, 50));
  EXPECT_EQ(steps.size(), 10U);
  EXPECT_EQ(*std::get<PauseStep>(steps[1].action).duration, minutes(10));
  EXPECT_EQ(watched(steps), minutes(50));
  EXPECT_THAT(
      weights_of(made({.to = percent(50), .from = percent(2), .steps = 4, .over = minutes(4)})),
      ElementsAre(2, 18, 34, 50));
}

TEST(Ramp, ExponentialStepsAreMultiples) {
  EXPECT_THAT(
      weights_of(made(
          {.shape = RampShape::exponential, .to = percent(64), .steps = 7, .over = minutes(7)})),
      ElementsAre(1, 2, 4, 8, 16, 32, 64));
  EXPECT_THAT(weights_of(made({.shape = RampShape::exponential,
                               .to = percent(100),
                               .from = percent(1),
                               .steps = 3,
                               .over = minutes(3)})),
              ElementsAre(1, 10, 100));
}

TEST(Ramp, TimesAddUpToTheWhole) {
  auto steps = made({.to = percent(30), .steps = 3, .over = seconds(100)});
  EXPECT_EQ(*std::get<PauseStep>(steps[1].action).duration, seconds(33));
  EXPECT_EQ(*std::get<PauseStep>(steps[5].action).duration, seconds(34));
  EXPECT_EQ(watched(steps), seconds(100));
  EXPECT_THAT(weights_of(made({.to = percent(30), .steps = 1, .over = seconds(1)})),
              ElementsAre(30));
}

TEST(Ramp, NamesWhatCantBe) {
  auto why = [](const Ramp& ramp) {
    auto steps = steps_of(ramp);
    return steps ? "" : steps.error().message;
  };
  Ramp most{.to = percent(50), .steps = Ramp::kStepsMax, .over = minutes(10)};
  EXPECT_EQ(why(most), "");
  ++most.steps;
  EXPECT_THAT(why(most), HasSubstr("101 steps"));
  EXPECT_THAT(why({.to = percent(5), .steps = 0, .over = minutes(1)}), HasSubstr("0 steps"));
  EXPECT_THAT(why({.to = percent(5), .steps = 5, .over = seconds(4)}), HasSubstr("a second"));
  EXPECT_THAT(why({.to = percent(5), .from = percent(5), .over = minutes(5)}), HasSubstr("grow"));
  EXPECT_THAT(why({.to = percent(0.05), .steps = 10, .over = minutes(5)}),
              HasSubstr("hundredth of a percent"));
}

std::string rollout_with(const std::string& plan) {
  return R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      trafficRouting: {nginx: {file: /a, stableUpstream: blue, canaryUpstream: green}}
      analysis:
        metrics:
        - name: m
          interval: 10s
          successCondition: result[0] > 0
          provider: {prometheus: {address: 'http://p:9090', query: up}}
)" + plan;
}

TEST(Ramp, ADocumentHasItInsteadOfSteps) {
  auto loaded = load_config({{"r.yaml", rollout_with("      ramp: {to: 40, over: 4m, shape: "
                                                     "exponential, steps: 3, gate: pass}\n")}});
  ASSERT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  const Rollout& rollout = loaded.set.rollouts.at(0);
  EXPECT_THAT(weights_of(rollout.canary->steps), ElementsAre(10, 20, 40));
  EXPECT_TRUE(rollout.canary->steps[1].gate_pass);
  // What is pinned has both, and reads back.
  auto plan = pin(loaded.set, rollout, {.version = "v2", .stable_version = "v1"});
  ASSERT_TRUE(plan) << plan.error().to_string();
  auto back = pinned_plan_from_json(to_json(*plan));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, *plan);
}

TEST(Ramp, NotBesideSteps) {
  auto problems = [](const std::string& plan) {
    return config::to_text(load_config({{"r.yaml", rollout_with(plan)}}).problems);
  };
  EXPECT_THAT(problems("      ramp: {to: 40, over: 4m}\n      steps: [{setWeight: 3}, {pause: "
                       "{duration: 1m}}]\n"),
              HasSubstr("error E021 spec.strategy.canary.ramp"));
  EXPECT_THAT(problems("      ramp: {to: 40, over: 3s}\n"), HasSubstr("E021"));
  EXPECT_THAT(problems("      ramp: {over: 3m}\n"), HasSubstr("E007"));
  EXPECT_THAT(problems("      ramp: {to: 40, over: 3m, shape: steep}\n"), HasSubstr("steep"));
}

}  // namespace
}  // namespace serin::rollout
