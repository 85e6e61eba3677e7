// Steps that bring instances up and take them away.
#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

ReleaseStep kind_step(StepKind kind) {
  return {.kind = kind};
}

ReleaseSpec deploy_spec() {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.canary_instances = 2;
  spec.steps.insert(spec.steps.begin(),
                    {pause_step(seconds(30)), kind_step(StepKind::deploy_start)});
  return spec;
}

analysis::Judgement good() {
  analysis::Judgement judgement;
  judgement.covered = true;
  judgement.passed = true;
  judgement.step_analysis_done = true;
  return judgement;
}

// The workload's commands of a slot, in order, as "2 of 2.4.0".
std::vector<std::string> deployed(const Lab& lab, Slot slot) {
  std::vector<std::string> list;
  for (const Effect& effect : lab.log) {
    const auto* apply = std::get_if<effect::ApplyWorkload>(&effect.action);
    if (apply == nullptr || apply->desired.slot != slot) continue;
    std::string text = std::to_string(apply->desired.instances) + " of " + apply->desired.version;
    if (list.empty() || list.back() != text) list.push_back(text);
  }
  return list;
}

using Texts = std::vector<std::string>;

TEST(Deploy, TheCanaryIsStartedByItsStepAndNotBefore) {
  Lab lab(deploy_spec());
  lab.start();
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.start.stage, StartStage::deferred);
  lab.judging = false;  // there is nothing to judge yet, and the pause ends all the same
  lab.advance(seconds(29));
  EXPECT_EQ(lab.state.step, 0);
  EXPECT_EQ(deployed(lab, Slot::canary), Texts{});
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
  lab.workload_works = false;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.step, 1);
  EXPECT_EQ(lab.state.start.stage, StartStage::instances);
  EXPECT_EQ(deployed(lab, Slot::canary), Texts{"2 of 2.4.0"});
  lab.workload_works = true;
  lab.judging = true;
  lab.judgement = good();
  lab.advance(seconds(6));
  EXPECT_EQ(lab.state.start.stage, StartStage::started);
  EXPECT_EQ(lab.told("started"), 1);
  EXPECT_EQ(lab.share(), 5);
  lab.advance(minutes(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Deploy, ReadinessAndTheFirstHookComeBeforeTraffic) {
  ReleaseSpec spec = deploy_spec();
  spec.hooks.start = Hook{.command = {"smoke"}};
  Lab lab(spec);
  lab.hooks_wait = true;
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.start();
  EXPECT_EQ(lab.hook_keys(), Texts{});
  lab.advance(seconds(40));
  EXPECT_EQ(lab.state.start.stage, StartStage::ready);
  EXPECT_TRUE(lab.router.seen.canary_slot.in_service);
  EXPECT_EQ(lab.share(), 0);
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.hook_keys(), Texts{"start"});
  EXPECT_EQ(lab.share(), 0);
  lab.send(event::HookOutcome{"start", Outcome::failed, "smoke test"});
  lab.see_again();
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::hook);
}

TEST(Deploy, WhoSkipsItStartsTheCanaryAllTheSame) {
  for (Operation operation : {Operation::continue_, Operation::promote_fully}) {
    Lab lab(deploy_spec());
    lab.judgement = good();
    lab.start();
    EXPECT_FALSE(lab.operate({.operation = Operation::set_weight, .weight = weight_step(20).weight})
                     .accepted);
    EXPECT_TRUE(lab.operate(operation).accepted);
    if (operation == Operation::continue_) {
      EXPECT_TRUE(lab.operate(operation).accepted);
    }
    EXPECT_EQ(lab.share(), 0);
    lab.advance(seconds(10));
    EXPECT_GE(lab.canary_ready, 2);
    EXPECT_EQ(lab.state.start.stage, StartStage::started);
    lab.advance(minutes(5));
    EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded) << to_string(operation);
  }
}

TEST(Deploy, AWordAfterADrainGivesNoTrafficBeforeTheInstancesAreReady) {
  ReleaseSpec spec = deploy_spec();
  spec.ready_for = seconds(40);
  Lab lab(spec);
  lab.judgement = good();
  lab.start();
  EXPECT_TRUE(lab.operate(Operation::continue_).accepted);
  EXPECT_TRUE(lab.operate(Operation::continue_).accepted);
  lab.advance(seconds(5));
  ASSERT_EQ(lab.state.start.stage, StartStage::ready);
  lab.router.seen.canary_slot.in_service = false;  // somebody sets it to maintenance
  lab.advance(seconds(3));
  ASSERT_EQ(lab.state.reason, Reason::external_change);
  EXPECT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_TRUE(lab.router.seen.canary_slot.in_service);
  lab.advance(seconds(45));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Deploy, WhatNeverComesUpReturnsAfterTheDeadline) {
  ReleaseSpec spec = deploy_spec();
  spec.start_deadline = seconds(60);
  Lab lab(spec);
  lab.start();
  lab.workload_works = false;
  lab.advance(seconds(85));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing) << "it counts from the step on";
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::deadline);
  EXPECT_EQ(lab.weights(), std::vector<Weight>{Weight()});
}

TEST(Deploy, AnAbortBeforeItTouchesNothing) {
  Lab lab(deploy_spec());
  lab.start();
  EXPECT_TRUE(lab.operate(Operation::abort).accepted);
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
  EXPECT_FALSE(lab.state.exposed);
}

TEST(Deploy, RulesOfTheReleaseWaitForIt) {
  ReleaseSpec spec = deploy_spec();
  MatchRule rule;
  rule.header.push_back({.key = "X-Team", .exact = "qa", .regex = {}});
  spec.match = {rule};
  spec.steps = {pause_step(std::nullopt), kind_step(StepKind::deploy_start),
                pause_step(std::nullopt)};
  Lab lab(spec);
  lab.judgement = good();
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.router.seen.content, "");
  EXPECT_TRUE(lab.operate(Operation::continue_).accepted);
  lab.advance(seconds(6));
  EXPECT_EQ(lab.router.seen.content, content_id(spec.match));
}

TEST(Deploy, ARestartInItGoesOnWithIt) {
  Lab lab(deploy_spec());
  lab.judgement = good();
  lab.start();
  lab.workload_works = false;
  lab.advance(seconds(33));
  ASSERT_EQ(lab.state.start.stage, StartStage::instances);
  lab.workload_works = true;
  lab.restart();
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.start.stage, StartStage::started);
  EXPECT_EQ(lab.share(), 5);
}

TEST(Deploy, ARetryBehindItStartsTheCanaryAtOnce) {
  ReleaseSpec spec = deploy_spec();
  spec.first_step = 2;
  Lab lab(spec);
  lab.judgement = good();
  lab.start();
  EXPECT_EQ(lab.state.start.stage, StartStage::started);
  EXPECT_EQ(lab.canary_ready, 2);
}

TEST(Deploy, CleanupTakesTheOldInstancesAwayAfterTheDrain) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.drain = seconds(20);
  spec.steps.push_back(kind_step(StepKind::cleanup));
  Lab lab(spec);
  lab.judgement = good();
  lab.start();
  lab.advance(minutes(3));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.state.log[4].outcome, StepOutcome::done);
  EXPECT_EQ(deployed(lab, Slot::canary).back(), "0 of 2.4.0");
  EXPECT_EQ(lab.canary_ready, 0);

  spec.steps.pop_back();
  Lab warm(spec);
  warm.judgement = good();
  warm.start();
  warm.advance(minutes(5));
  ASSERT_EQ(warm.state.status, ReleaseStatus::succeeded);
  EXPECT_NE(warm.canary_ready, 0) << "it stays warm";
}

TEST(Deploy, CleanupIsNotReachedByWhatFails) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.steps.push_back(kind_step(StepKind::cleanup));
  Lab lab(spec);
  lab.judgement = good();
  lab.start();
  lab.advance(seconds(70));
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.log[4].outcome, StepOutcome::pending);
  EXPECT_EQ(deployed(lab, Slot::stable), Texts{});
}

TEST(Deploy, RollingIsTheCopyOfThePromotion) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.promotion = PromoteBy::copy;
  spec.steps.push_back(kind_step(StepKind::deploy_rolling));
  spec.steps.push_back(kind_step(StepKind::cleanup));
  Lab lab(spec);
  lab.judgement = good();
  lab.judgement.passed = false;
  lab.judgement.undecided_metric = "error-rate";
  lab.start();
  lab.advance(seconds(150));
  EXPECT_EQ(deployed(lab, Slot::stable), Texts{}) << "not without evidence";
  EXPECT_EQ(lab.state.log[4].outcome, StepOutcome::pending);
  lab.judgement.passed = true;
  lab.advance(seconds(60));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(deployed(lab, Slot::stable), Texts{"4 of 2.4.0"});
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.log[4].outcome, StepOutcome::done);
  EXPECT_EQ(lab.state.log[5].outcome, StepOutcome::done);
}

// The end of the plan is where the promotion's own steps begin.
TEST(Deploy, AnEditAtTheEndMayAddStepsBeforeThePromotion) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.steps.push_back(kind_step(StepKind::cleanup));
  Lab lab(spec);
  lab.judgement = good();
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(150));
  ASSERT_EQ(lab.state.step, 4) << "past the last one";
  ReleaseSpec after = spec;
  after.steps.insert(after.steps.begin() + 4, {weight_step(80), pause_step(seconds(10))});
  auto state = edited(spec, after, lab.state, lab.now);
  ASSERT_TRUE(state) << state.error().to_string();
  EXPECT_EQ(state->log[4].outcome, StepOutcome::current);
  EXPECT_EQ(state->log[6].outcome, StepOutcome::pending);
  EXPECT_EQ(steps_before_promotion(after), 6);
  EXPECT_EQ(step_of_promotion(after, StepKind::cleanup), 6);
  EXPECT_EQ(step_of_promotion(after, StepKind::deploy_rolling), std::nullopt);
}

}  // namespace
}  // namespace serin::rollout::machine
