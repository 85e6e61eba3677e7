#include "rollout/machine/model/from_plan.h"

#include <gtest/gtest.h>

namespace serin::rollout::machine {
namespace {

using std::chrono::seconds;

Rollout canary_rollout() {
  Rollout rollout;
  rollout.metadata.name = "checkout";
  rollout.canary.emplace();
  rollout.canary->steps.push_back(rollout::Step{SetWeightStep{Weight::from_units(500)}, false});
  rollout.canary->steps.push_back(rollout::Step{PauseStep{seconds(60)}, true});
  rollout.canary->steps.push_back(rollout::Step{PauseStep{}, false});
  rollout.canary->steps.push_back(rollout::Step{
      ApprovalStep{
          .timeout = seconds(9), .on_timeout = rollout::OnTimeout::rollback, .comment = ""},
      false});
  rollout.canary->steps.push_back(rollout::Step{AnalysisStep{}, false});
  return rollout;
}

TEST(FromPlan, KeepsStepsAndRules) {
  Rollout rollout = canary_rollout();
  rollout.verify.duration = seconds(30);
  rollout.hard = true;
  rollout.on_inconclusive = OnInconclusive::rollback;
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec) << spec.error().to_string();
  ASSERT_EQ(spec->steps.size(), 5U);
  EXPECT_EQ(spec->steps[0].weight, Weight::from_units(500));
  EXPECT_EQ(spec->steps[1].duration, seconds(60));
  EXPECT_TRUE(spec->steps[1].gate_pass);
  EXPECT_FALSE(spec->steps[2].duration);
  EXPECT_EQ(spec->steps[3].on_timeout, OnTimeout::rollback);
  EXPECT_EQ(spec->steps[4].kind, StepKind::analysis);
  EXPECT_EQ(spec->verify, seconds(30));
  EXPECT_TRUE(spec->hard);
  EXPECT_EQ(spec->undecided, Undecided::rollback);
  EXPECT_EQ(spec->promotion, PromoteBy::swap);
  auto back = release_spec_from_json(*Json::parse(to_json(*spec).dump()));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, *spec);
}

TEST(FromPlan, LossOfTheEngineHoldsUnlessItSaysStable) {
  Rollout rollout = canary_rollout();
  EXPECT_FALSE(make_spec(rollout, {"2", "1"})->lease);
  rollout.on_engine_loss = OnEngineLoss::hold;
  EXPECT_FALSE(make_spec(rollout, {"2", "1"})->lease);
  rollout.on_engine_loss = OnEngineLoss::stable;
  EXPECT_TRUE(make_spec(rollout, {"2", "1"})->lease);
}

TEST(FromPlan, KeepsTheSlotsCapacity) {
  Rollout rollout = canary_rollout();
  EXPECT_FALSE(make_spec(rollout, {"2", "1"})->capacity);
  rollout.workload.capacity = Weight::from_units(3000);
  EXPECT_EQ(make_spec(rollout, {"2", "1"})->capacity, Weight::from_units(3000));
}

TEST(FromPlan, KeepsTheBaseline) {
  Rollout rollout = canary_rollout();
  EXPECT_FALSE(make_spec(rollout, {"2", "1"})->fresh_baseline);
  rollout.workload.baseline = Baseline::fresh;
  EXPECT_TRUE(make_spec(rollout, {"2", "1"})->fresh_baseline);
}

TEST(FromPlan, NamesAllThatItCannotDo) {
  Rollout rollout = canary_rollout();
  rollout.canary->steps.push_back(rollout::Step{ExperimentStep{}, false});
  rollout.canary->steps.push_back(rollout::Step{PluginStep{}, false});
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().code, Code::failed_precondition);
  for (const char* part : {"steps[5]: experiment", "steps[6]: plugin"}) {
    EXPECT_NE(spec.error().message.find(part), std::string::npos) << spec.error().message;
  }
}

TEST(FromPlan, AMirrorRouteIsARuleForEachOfItsMatches) {
  Rollout rollout = canary_rollout();
  auto route = [](std::vector<RouteMatch> match, std::optional<std::int32_t> percentage) {
    return rollout::Step{
        SetMirrorRouteStep{.name = "m", .match = std::move(match), .percentage = percentage},
        false};
  };
  RouteMatch all;
  all.path = StringMatch{.exact = {}, .prefix = "/", .regex = {}};
  RouteMatch some;
  some.headers["X-A"] = {.exact = "1", .prefix = {}, .regex = {}};
  some.headers["X-B"] = {.exact = {}, .prefix = "b.", .regex = {}};
  rollout.canary->steps = {route({all, some}, 30), route({all}, {}), route({}, {})};
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec) << spec.error().to_string();
  for (const ReleaseStep& step : spec->steps) {
    EXPECT_EQ(step.kind, StepKind::set_mirror_route);
    EXPECT_EQ(step.route, "m");
  }
  const std::vector<MatchRule> rules = {{.mirror = 30},
                                        {.header = {{.key = "X-A", .exact = "1", .regex = {}},
                                                    {.key = "X-B", .exact = {}, .regex = "b\\..*"}},
                                         .mirror = 30}};
  EXPECT_EQ(spec->steps[0].content, rules);
  EXPECT_EQ(spec->steps[1].content, std::vector<MatchRule>{{.mirror = 100}});
  EXPECT_TRUE(spec->steps[2].content.empty());
  auto back = release_spec_from_json(*Json::parse(to_json(*spec).dump()));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, *spec);
}

TEST(FromPlan, VersionMustBeNew) {
  EXPECT_FALSE(make_spec(canary_rollout(), {"", "1"}));
  EXPECT_FALSE(make_spec(canary_rollout(), {"1", "1"}));
}

TEST(FromPlan, StepsAreBounded) {
  Rollout rollout = canary_rollout();
  rollout.canary->steps.resize(ReleaseSpec::kStepsMax, rollout::Step{PauseStep{seconds(1)}, false});
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec);
  Json json = to_json(*spec);
  EXPECT_TRUE(release_spec_from_json(json));
  rollout.canary->steps.push_back(rollout::Step{PauseStep{seconds(1)}, false});
  EXPECT_FALSE(make_spec(rollout, {"2", "1"}));
  json.find("steps")->push(json["steps"].at(0));
  EXPECT_FALSE(release_spec_from_json(json));
}

TEST(FromPlan, HooksAndScalesAreKept) {
  Rollout rollout = canary_rollout();
  rollout.canary->steps = {
      rollout::Step{HookStep{.command = {"smoke", "{version}"}, .url = "", .timeout = {}}, false},
      rollout::Step{SetCanaryScaleStep{.replicas = 3, .weight = {}}, false},
      rollout::Step{SetCanaryScaleStep{.replicas = {}, .weight = 50}, false}};
  rollout.hooks.end = HookStep{.command = {}, .url = "http://ci/done", .timeout = seconds(5)};
  rollout.promotion.mode = PromotionMode::copy;
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec) << spec.error().to_string();
  EXPECT_EQ(spec->steps[0].hook->timeout, Hook::kTimeoutDefault);
  EXPECT_EQ(spec->steps[0].hook->command.back(), "{version}");
  EXPECT_EQ(spec->steps[1].scale->replicas, 3);
  EXPECT_EQ(spec->steps[2].scale->weight, Weight::from_units(5000));
  EXPECT_EQ(spec->hooks.end->url, "http://ci/done");
  EXPECT_EQ(spec->hooks.end->timeout, seconds(5));
  EXPECT_FALSE(spec->hooks.start);
  EXPECT_EQ(spec->promotion, PromoteBy::copy);
  auto back = release_spec_from_json(*Json::parse(to_json(*spec).dump()));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, *spec);
}

TEST(FromPlan, APluginsStepRunsWhatTheRolloutNames) {
  Rollout rollout = canary_rollout();
  rollout.plugins["load"] = HookStep{.command = {"run-load"}, .url = "", .timeout = seconds(90)};
  rollout.plugins["ask"] = HookStep{.command = {}, .url = "http://ci/ask", .timeout = {}};
  rollout.canary->steps = {
      rollout::Step{PluginStep{.name = "load", .config = Json::object().set("users", 5)}, false},
      rollout::Step{PluginStep{.name = "load", .config = {}, .timeout = seconds(7)}, false},
      rollout::Step{PluginStep{.name = "ask", .config = {}}, false},
      rollout::Step{HookStep{.command = {"a"}, .url = "", .timeout = {}}, false}};
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec) << spec.error().to_string();
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(spec->steps[i].kind, StepKind::hook) << i;
  EXPECT_EQ(spec->steps[0].hook, (Hook{.command = {"run-load"},
                                       .timeout = seconds(90),
                                       .plugin = "load",
                                       .config = Json::object().set("users", 5)}));
  EXPECT_EQ(spec->steps[1].hook->timeout, seconds(7));
  EXPECT_EQ(spec->steps[1].hook->config, Json::object());
  EXPECT_EQ(spec->steps[2].hook->url, "http://ci/ask");
  EXPECT_EQ(spec->steps[2].hook->timeout, Hook::kTimeoutDefault);
  Json json = to_json(*spec);
  auto back = release_spec_from_json(*Json::parse(json.dump()));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(*back, *spec);
  EXPECT_FALSE(json["steps"].at(3)["hook"].contains("plugin"))
      << "a journal without plugins is as it was before there were any";
}

TEST(FromPlan, BlueGreenIsOneSwitchBetweenItsAnalyses) {
  Rollout rollout;
  rollout.metadata.name = "shop";
  rollout.blue_green.emplace();
  rollout.blue_green->pre_promotion_analysis.emplace();
  rollout.blue_green->post_promotion_analysis.emplace();
  rollout.blue_green->auto_promotion_enabled = false;
  rollout.blue_green->scale_down_delay_seconds = 90;
  auto spec = make_spec(rollout, {"2", "1"});
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->steps.size(), 4U);
  EXPECT_EQ(spec->steps[0].kind, StepKind::analysis);
  EXPECT_EQ(spec->steps[1].kind, StepKind::pause);
  EXPECT_FALSE(spec->steps[1].duration);
  EXPECT_EQ(spec->steps[2].weight, Weight::full());
  EXPECT_EQ(spec->steps[3].kind, StepKind::analysis);
  EXPECT_EQ(blue_green_plan(rollout).pre_promotion, 0);
  EXPECT_EQ(blue_green_plan(rollout).post_promotion, 3);
  EXPECT_EQ(spec->warm, seconds(90));
}

TEST(FromPlan, BlueGreenScalesBeforeTheSwitch) {
  Rollout rollout;
  rollout.metadata.name = "shop";
  rollout.blue_green.emplace();
  rollout.blue_green->auto_promotion_seconds = 30;
  rollout.workload.command.emplace();
  auto all = make_spec(rollout, {"2", "1"});
  ASSERT_EQ(all->steps.size(), 3U);
  EXPECT_EQ(all->steps[0].kind, StepKind::set_canary_scale) << "tried in its full number";
  EXPECT_EQ(all->steps[1].duration, seconds(30));
  rollout.blue_green->preview_replica_count = 2;
  auto few = make_spec(rollout, {"2", "1"});
  EXPECT_EQ(few->canary_instances, 2);
  ASSERT_EQ(few->steps.size(), 3U);
  EXPECT_EQ(few->steps[0].kind, StepKind::pause);
  EXPECT_EQ(few->steps[1].kind, StepKind::set_canary_scale);
  EXPECT_EQ(few->steps[2].kind, StepKind::set_weight);
}

}  // namespace
}  // namespace serin::rollout::machine
