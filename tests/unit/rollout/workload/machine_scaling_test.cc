// Instances that a step or the promotion waits for in mid-release: said, and a person is asked in
// the end.
#include "tests/unit/rollout/workload/baseline_lab.h"

namespace serin::rollout::machine {
namespace {

// 5 %, then three instances, then a minute.
ReleaseSpec scaling_spec(bool fresh = false) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.fresh_baseline = fresh;
  spec.canary_instances = 2;
  spec.steps = {weight_step(5), pause_step(seconds(10)), scale_step(3), pause_step(seconds(60))};
  return spec;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// In the scaling step, with instances that do not come.
void stall(Lab& lab) {
  lab.start();
  lab.workload_works = false;
  lab.advance(seconds(15));
  ASSERT_EQ(lab.state.step, 2);
  ASSERT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Scaling, InstancesThatDoNotComeAreSaidAndAPersonIsAskedInTheEnd) {
  Lab lab(scaling_spec());
  stall(lab);
  EXPECT_EQ(lab.told("scaling-late"), 0);
  lab.advance(kStartLate);
  EXPECT_EQ(lab.told("scaling-late"), 1);
  lab.advance(lab.spec.start_deadline - kStartLate - seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.told("scaling-late"), 1);
  lab.advance(seconds(40));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence,
                       "step 3 waits for instances: canary: 3 wanted, 3 there, 2 "
                       "ready, since 10m"))
      << lab.state.sentence;
  EXPECT_EQ(lab.share(), 5);
}

TEST(Scaling, ResumeAsksForThemAgainAsLong) {
  Lab lab(scaling_spec());
  stall(lab);
  lab.advance(lab.spec.start_deadline);
  ASSERT_EQ(lab.state.status, ReleaseStatus::paused);
  const std::size_t asked = lab.asked.size();
  lab.advance(minutes(1));
  EXPECT_EQ(lab.asked.size(), asked);
  ASSERT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(lab.spec.start_deadline - seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.step, 2);
  EXPECT_GT(lab.asked.size(), asked);
  EXPECT_EQ(lab.told("scaling-late"), 2);
  lab.advance(minutes(1));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  ASSERT_TRUE(lab.operate(Operation::resume).accepted);
  lab.workload_works = true;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.step, 3);
}

TEST(Scaling, ContinueGoesOnWithThoseThatAreThere) {
  Lab lab(scaling_spec());
  stall(lab);
  lab.advance(lab.spec.start_deadline);
  ASSERT_EQ(lab.state.status, ReleaseStatus::paused);
  ASSERT_TRUE(lab.operate(Operation::continue_).accepted);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.step, 3);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 5);  // and with the share as it was
}

TEST(Scaling, FreshInstancesOfStableThatDoNotComeAreSaidToo) {
  Lab lab(scaling_spec(true));
  stall(lab);
  lab.canary_ready = 3;
  lab.advance(lab.spec.start_deadline);
  ASSERT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence,
                       "stable: 7 wanted, 3 of them fresh to compare with, 7 there, 6 ready"))
      << lab.state.sentence;
  ASSERT_TRUE(lab.operate(Operation::continue_).accepted);
  EXPECT_EQ(lab.state.step, 3);
}

// A matched weight waits for its instances before it gives traffic.
TEST(Scaling, AWeightThatTheInstancesFollowWaitsAndAsks) {
  ReleaseSpec spec = scaling_spec();
  spec.steps = {weight_step(5),
                {.kind = StepKind::set_canary_scale, .scale = CanaryScale{.match_traffic = true}},
                weight_step(100),
                pause_step(seconds(60))};
  Lab lab(spec);
  lab.start();
  lab.workload_works = false;
  lab.advance(seconds(5));
  ASSERT_EQ(lab.state.step, 2);
  lab.advance(spec.start_deadline);
  EXPECT_EQ(lab.state.reason, Reason::capacity) << lab.state.sentence;
  EXPECT_EQ(lab.share(), 5);
  ASSERT_TRUE(lab.operate(Operation::continue_).accepted);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 100);
}

TEST(Scaling, ThePromotionAsksToo) {
  Lab lab(scaling_spec());
  lab.judgement.passed = true;
  lab.start();
  lab.advance(seconds(60));
  lab.workload_works = false;
  lab.advance(seconds(30));
  ASSERT_EQ(lab.state.status, ReleaseStatus::promoting);
  lab.advance(lab.spec.start_deadline);
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence, "the promotion waits for instances: canary: 4 wanted"))
      << lab.state.sentence;
  EXPECT_EQ(lab.share(), 5);
  ASSERT_TRUE(lab.operate(Operation::continue_).accepted);
  lab.advance(minutes(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
  EXPECT_EQ(lab.share(), 5);  // all of the traffic would be too much for them
  lab.workload_works = true;
  lab.advance(minutes(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

// In the copy of a promotion, with stable's instances of the new version not all there.
void stall_copy(Lab& lab) {
  if (lab.stable_lists == 0) lab.stable_lists = 4;
  lab.start();
  for (int i = 0; i < 300 && lab.state.promotion.stage < PromotionStage::full; ++i) {
    lab.advance(milliseconds(100));
  }
  lab.workload_works = false;
  lab.router.seen.stable.servers_ready = 3;
  lab.advance(seconds(5));
  ASSERT_EQ(lab.state.promotion.stage, PromotionStage::copy);
}

ReleaseSpec copying_spec() {
  ReleaseSpec spec = scaling_spec();
  spec.promotion = PromoteBy::copy;
  spec.steps = {weight_step(5), pause_step(seconds(10))};
  return spec;
}

TEST(Scaling, ACopyThatDoesNotComeIsSaidAndAPersonIsAskedInTheEnd) {
  Lab lab(copying_spec());
  stall_copy(lab);
  lab.advance(kStartLate);
  EXPECT_EQ(lab.told("scaling-late"), 1);
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
  lab.advance(lab.spec.start_deadline);
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_EQ(lab.state.sentence,
            "the promotion waits for instances: stable: 4 of 2.4.0 wanted, 4 there, 3 ready; the "
            "router has 3 of stable's 4 servers ready, since 10m; resume asks for them again, "
            "abort brings stable back to 2.3.0");
  EXPECT_EQ(lab.share(), 100) << "the canary serves meanwhile";
  const effect::Reply reply = lab.operate(
      event::Operated{.operation = Operation::set_weight, .weight = Weight::from_units(5000)});
  EXPECT_FALSE(reply.accepted);
  EXPECT_TRUE(contains(reply.message, "stable's instances are being brought to 2.4.0"))
      << reply.message;

  const std::size_t asked = lab.asked.size();
  ASSERT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(seconds(5));
  EXPECT_GT(lab.asked.size(), asked);
  lab.workload_works = true;
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.share(), 0) << "stable has the traffic and the new version";
}

// The workload has done it and the router sees too few: the same.
TEST(Scaling, ACopyWaitsForTheRouterNoLonger) {
  Lab lab(copying_spec());
  lab.stable_lists = 3;
  stall_copy(lab);
  lab.workload_works = true;
  lab.advance(lab.spec.start_deadline + seconds(5));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence,
                       "4 there, 4 ready; the router has 3 of stable's 3 servers ready"))
      << lab.state.sentence;
}

TEST(Scaling, APausedCopyIsAbortedToTheOldVersion) {
  Lab lab(copying_spec());
  stall_copy(lab);
  lab.advance(lab.spec.start_deadline);
  ASSERT_EQ(lab.state.reason, Reason::capacity);
  lab.workload_works = true;
  ASSERT_TRUE(lab.operate(event::Operated{.operation = Operation::abort, .hard = true}).accepted);
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
  EXPECT_EQ(lab.stable_version, "2.3.0");
  EXPECT_EQ(lab.share(), 0);
}

TEST(Scaling, ACopyThatTheWorkloadRefusesIsAskedOfAPersonAtOnce) {
  Lab lab(copying_spec());
  lab.stable_most = 3;
  lab.start();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence,
                       "the promotion: stable's instances of 2.4.0 can't be had: stablePorts"))
      << lab.state.sentence;
  EXPECT_EQ(lab.share(), 100);
}

// What can't ever be is not waited for.
TEST(Scaling, WhatTheWorkloadRefusesIsAskedOfAPersonAtOnce) {
  Lab lab(scaling_spec());
  lab.canary_most = 2;
  lab.start();
  lab.advance(seconds(12));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(lab.state.sentence,
                       "step 3: the canary's instances can't be had: canaryPorts names too few"))
      << lab.state.sentence;
  ASSERT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  ASSERT_TRUE(lab.operate(Operation::continue_).accepted);
  EXPECT_EQ(lab.state.step, 3);

  Lab fresh(scaling_spec(true));
  fresh.stable_most = 6;
  fresh.start();
  fresh.advance(seconds(12));
  EXPECT_EQ(fresh.state.reason, Reason::capacity);
  EXPECT_TRUE(contains(fresh.state.sentence,
                       "step 3: 3 fresh instances of stable to compare with "
                       "(baseline: fresh) can't be had: stablePorts"))
      << fresh.state.sentence;
}

TEST(Scaling, ACanaryThatTheWorkloadRefusesEndsTheStart) {
  Lab lab(scaling_spec());
  lab.canary_most = 1;
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::refused);
  EXPECT_TRUE(contains(lab.state.sentence, "can't be started: canaryPorts names too few"))
      << lab.state.sentence;
}

// Neither a hook before the step nor time in which nothing could be asked for counts.
TEST(Scaling, TimeCountsFromTheFirstAsking) {
  ReleaseSpec spec = scaling_spec();
  spec.hooks.before_step = Hook{.url = "http://127.0.0.1:1/"};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(8));
  lab.workload_works = false;
  lab.hooks_wait = true;
  lab.advance(seconds(10));
  ASSERT_EQ(lab.state.step, 2);
  lab.advance(spec.start_deadline);
  ASSERT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.hooks_wait = false;
  lab.send(event::HookOutcome{lab.hooks.back().key, Outcome::done, ""});
  lab.advance(spec.start_deadline - seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.send(event::StoreFailed{});
  lab.advance(minutes(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.send(event::StoreRestored{});
  lab.advance(minutes(1));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  ASSERT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(spec.start_deadline + seconds(30));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
}

}  // namespace
}  // namespace serin::rollout::machine
