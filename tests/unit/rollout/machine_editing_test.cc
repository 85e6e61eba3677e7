// A plan that is edited while its release runs.
#include <gmock/gmock.h>

#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

using testing::HasSubstr;

class Editing : public testing::Test {
 protected:
  // Into the first pause, with some of it looked at.
  void begin(ReleaseSpec spec = lab_spec()) {
    lab.emplace(std::move(spec));
    lab->judgement.passed = true;
    lab->judgement.covered = true;
    lab->start();
    lab->advance(seconds(20));
    ASSERT_EQ(lab->state.status, ReleaseStatus::progressing);
    ASSERT_EQ(lab->state.step, 1);
  }
  // As the engine does: "" where it was taken over.
  std::string edit(const ReleaseSpec& after) {
    auto state = edited(lab->spec, after, lab->state, lab->now);
    if (!state) return state.error().message;
    lab->spec = after;
    lab->state = std::move(*state);
    lab->send(event::Tick{});
    lab->look();
    return "";
  }
  ReleaseSpec with(std::vector<ReleaseStep> steps) const {
    ReleaseSpec spec = lab->spec;
    spec.steps = std::move(steps);
    return spec;
  }

  std::optional<Lab> lab;
};

TEST_F(Editing, WhatComesIsTheNewPlan) {
  begin();
  ASSERT_EQ(edit(with({weight_step(5), pause_step(seconds(60)), weight_step(20),
                       pause_step(seconds(30)), weight_step(80), pause_step(seconds(30))})),
            "");
  ASSERT_EQ(lab->state.log.size(), 6U);
  EXPECT_EQ(lab->state.log[0].outcome, StepOutcome::done);
  EXPECT_EQ(lab->state.log[1].outcome, StepOutcome::current);
  EXPECT_EQ(lab->router.seen.canary.percent(), 5);
  lab->advance(seconds(45));
  EXPECT_EQ(lab->router.seen.canary.percent(), 20) << "what was looked at before the edit counts";
  lab->advance(seconds(32));
  EXPECT_EQ(lab->router.seen.canary.percent(), 80);
  lab->advance(seconds(40));
  EXPECT_EQ(lab->state.status, ReleaseStatus::succeeded);
}

TEST_F(Editing, ADrainedReleaseLosesRulesAndGetsNoneUntilAPersonContinues) {
  ReleaseSpec matched = lab_spec();
  matched.match = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}}};
  begin(matched);
  ASSERT_EQ(lab->router.seen.content, content_id(matched.match));
  lab->router.seen.canary = Weight();  // drained by hand, with the rules left
  lab->advance(seconds(5));
  ASSERT_EQ(lab->state.reason, Reason::external_change);
  ASSERT_EQ(lab->router.seen.content, content_id(matched.match));
  ReleaseSpec other = lab->spec;
  other.match[0].header[0].exact = "2";
  ASSERT_EQ(edit(other), "");
  lab->advance(seconds(5));
  EXPECT_EQ(lab->router.seen.content, "");
  EXPECT_TRUE(lab->state.traffic.desired.content.empty());
  ASSERT_EQ(edit(matched), "");
  lab->advance(seconds(5));
  EXPECT_EQ(lab->router.seen.content, "");
  EXPECT_EQ(lab->share(), 0);
  lab->send(event::Operated{.operation = Operation::resume, .request = "1", .user = "a"});
  lab->advance(seconds(5));
  EXPECT_EQ(lab->router.seen.content, content_id(matched.match));
  EXPECT_EQ(lab->share(), 5);
}

TEST_F(Editing, TheCurrentStepMayHaveAnotherTime) {
  begin();
  const std::vector<ReleaseStep> rest = {weight_step(50), pause_step(seconds(60))};
  auto with_time = [&](Duration time) {
    return with({weight_step(5), pause_step(time), rest[0], rest[1]});
  };
  ASSERT_EQ(edit(with_time(seconds(300))), "");
  lab->advance(seconds(100));
  EXPECT_EQ(lab->state.step, 1);
  ASSERT_EQ(edit(with_time(seconds(90))), "");
  lab->advance(seconds(1));
  EXPECT_EQ(lab->router.seen.canary.percent(), 50);
}

TEST_F(Editing, AStepOfWhichOnlyTheHookRunsIsDone) {
  ReleaseSpec spec = lab_spec();
  spec.hooks.after_step = Hook{.command = {"true"}, .timeout = minutes(5)};
  begin(spec);
  lab->hooks_wait = true;
  lab->advance(seconds(45));
  ASSERT_TRUE(lab->state.timer.finished);
  EXPECT_THAT(edit(with({weight_step(5), pause_step(seconds(300)), weight_step(50)})),
              HasSubstr("step 2 is done"));
  EXPECT_EQ(edit(with({weight_step(5), pause_step(seconds(60)), weight_step(20)})), "");
}

TEST_F(Editing, DoneStepsStayAndTheCurrentOneIsWhatItIs) {
  begin();
  ReleaseSpec before = lab->spec;
  ReleaseState state = lab->state;
  EXPECT_THAT(edit(with({weight_step(10), pause_step(seconds(60))})), HasSubstr("step 1 is done"));
  EXPECT_THAT(edit(with({weight_step(5), weight_step(50)})),
              HasSubstr("step 2 is the current one"));
  EXPECT_THAT(edit(with({weight_step(5)})),
              HasSubstr("step 2 is the current one: it can't be taken"));
  EXPECT_THAT(edit(with({})), HasSubstr("step 1 is done: it can't be taken out"));
  EXPECT_EQ(lab->spec, before);
  EXPECT_EQ(lab->state, state);
}

TEST_F(Editing, TheRestMayBeTakenOutAndStepsBeAddedAtTheEnd) {
  begin();
  ASSERT_EQ(edit(with({weight_step(5), pause_step(seconds(60))})), "");
  lab->judgement.passed = false;  // waits at the end for evidence
  lab->advance(seconds(50));
  ASSERT_EQ(lab->state.step, 2);
  ASSERT_EQ(lab->state.status, ReleaseStatus::progressing);
  ASSERT_EQ(edit(with({weight_step(5), pause_step(seconds(60)), weight_step(30),
                       pause_step(seconds(20))})),
            "");
  EXPECT_EQ(lab->router.seen.canary.percent(), 30);
  lab->judgement.passed = true;
  lab->advance(seconds(30));
  EXPECT_EQ(lab->state.status, ReleaseStatus::succeeded);
}

TEST_F(Editing, OnlyWhileStepsRun) {
  Lab fresh(lab_spec());
  EXPECT_FALSE(edited(fresh.spec, fresh.spec, fresh.state, fresh.now)) << "Pending";
  fresh.send(event::Start{});
  fresh.send(event::Operated{.operation = Operation::pause, .request = "1", .user = "a"});
  ASSERT_EQ(fresh.state.status, ReleaseStatus::paused);
  EXPECT_FALSE(edited(fresh.spec, fresh.spec, fresh.state, fresh.now)) << "paused in Starting";
  begin();
  lab->send(event::Operated{.operation = Operation::pause, .request = "1", .user = "a"});
  EXPECT_TRUE(edited(lab->spec, lab->spec, lab->state, lab->now)) << "paused in a step";
  lab->send(event::Operated{.operation = Operation::resume, .request = "2", .user = "a"});
  lab->send(event::StoreFailed{});
  EXPECT_THAT(edit(lab->spec), HasSubstr("the store can't write"));
  lab->send(event::StoreRestored{});
  for (ReleaseStatus status :
       {ReleaseStatus::promoting, ReleaseStatus::rolling_back, ReleaseStatus::succeeded,
        ReleaseStatus::failed, ReleaseStatus::terminated, ReleaseStatus::starting}) {
    ReleaseState other = lab->state;
    other.status = status;
    auto refused = edited(lab->spec, lab->spec, other, lab->now);
    ASSERT_FALSE(refused) << to_string(status);
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_THAT(refused.error().message, HasSubstr(std::string(to_string(status))));
  }
}

TEST_F(Editing, WhatARouterOrAWorkloadWasMadeForStays) {
  begin();
  for (auto change : std::vector<std::function<void(ReleaseSpec&)>>{
           [](ReleaseSpec& spec) { spec.version = "9"; },
           [](ReleaseSpec& spec) { spec.stable_version = "9"; },
           [](ReleaseSpec& spec) { spec.rollout = "cart"; },
           [](ReleaseSpec& spec) { spec.lease = true; },
           [](ReleaseSpec& spec) { spec.has_workload = true; }}) {
    ReleaseSpec other = lab->spec;
    change(other);
    EXPECT_THAT(edit(other), HasSubstr("can't change in mid-release"));
  }
  ReleaseSpec other = lab->spec;
  other.verify = seconds(30);
  other.undecided = Undecided::rollback;
  EXPECT_EQ(edit(other), "");
}

TEST_F(Editing, OneSetOfRulesIsInForce) {
  auto rule = [](const std::string& value) {
    return std::vector<MatchRule>{{.header = {{.key = "X-A", .exact = value, .regex = {}}}}};
  };
  ReleaseSpec spec = lab_spec();
  spec.match = rule("1");
  begin(spec);
  ASSERT_EQ(lab->router.seen.content, content_id(rule("1")));
  spec.match = rule("2");
  ASSERT_EQ(edit(spec), "");
  EXPECT_EQ(lab->router.seen.content, content_id(rule("2")));
  lab->send(event::Operated{.operation = Operation::pause, .request = "1", .user = "a"});
  spec.match.clear();
  ASSERT_EQ(edit(spec), "");
  lab->advance(seconds(1));
  EXPECT_EQ(lab->state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab->router.seen.content, "") << "in a pause as well";
  EXPECT_EQ(lab->router.seen.canary.percent(), 5);
}

TEST_F(Editing, NewRulesDoNotWaitForTheHookBeforeAStep) {
  ReleaseSpec spec = lab_spec();
  spec.match = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}}};
  spec.hooks.before_step = Hook{.command = {"b"}};
  begin(spec);
  lab->hooks_wait = true;
  lab->advance(seconds(60));
  ASSERT_EQ(lab->state.step, 2);
  ASSERT_FALSE(lab->state.timer.prepared);
  spec.match[0].header[0].exact = "2";
  ASSERT_EQ(edit(spec), "");
  EXPECT_EQ(lab->router.seen.content, content_id(spec.match));
  EXPECT_EQ(lab->router.seen.canary.percent(), 5) << "the step itself has not begun";
}

// The router was not checked for copies.
TEST_F(Editing, NoFirstMirrorRouteComesInMidRelease) {
  ReleaseSpec spec = lab_spec();
  begin(spec);
  ReleaseStep mirror;
  mirror.kind = StepKind::set_mirror_route;
  mirror.route = "copies";
  mirror.content = {{.mirror = 30}};
  spec.steps.push_back(mirror);
  EXPECT_NE(edit(spec).find("had no setMirrorRoute"), std::string::npos);

  ReleaseSpec with = lab_spec();
  with.steps.push_back(mirror);
  begin(with);
  with.steps.push_back(mirror);
  EXPECT_EQ(edit(with), "");
}

TEST_F(Editing, WhatAPersonTookAwayStaysAway) {
  ReleaseSpec spec = lab_spec();
  spec.match = {{.header = {{.key = "X-A", .exact = "1", .regex = {}}}}};
  begin(spec);
  lab->router.seen.content = "";
  lab->advance(seconds(3));
  ASSERT_EQ(lab->state.reason, Reason::external_change);
  spec.match[0].header[0].exact = "2";
  ASSERT_EQ(edit(spec), "");
  lab->advance(seconds(3));
  EXPECT_EQ(lab->router.seen.content, "");
}

}  // namespace
}  // namespace serin::rollout::machine
