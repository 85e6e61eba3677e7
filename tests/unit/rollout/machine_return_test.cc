#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

Lab at_half() {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(62));
  EXPECT_EQ(lab.share(), 50);
  return lab;
}

TEST(Return, FailTakesTheCanaryOutAtOnce) {
  Lab lab = at_half();
  std::size_t before = lab.log.size();
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_NE(lab.state.sentence.find("31 of 1 004"), std::string::npos);
  for (std::size_t i = before; i < lab.log.size(); ++i) EXPECT_EQ(lab.log[i].when, When::at_once);
  EXPECT_EQ(lab.told("rolling-back"), 1);
  lab.judgement = {};
  lab.advance(minutes(10));
  EXPECT_EQ(lab.share(), 0);
}

TEST(Return, FailCountsFromTheCommand) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.stuck = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.stuck = false;
  EXPECT_FALSE(lab.state.traffic.confirmed);
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);  // until the raise's end is known
}

TEST(Return, NothingFailsBeforeTheFirstCommand) {
  Lab lab(lab_spec());
  lab.send(event::Start{});
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::pending);
}

TEST(Return, FailInPausedReturns) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = pause_step(std::nullopt);
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(1));
  ASSERT_EQ(lab.state.status, ReleaseStatus::paused);
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, ActionsOfMetricsAreHonoured) {
  Lab notify = at_half();
  notify.fail_metric(false, analysis::OnFail::notify);
  notify.advance(seconds(5));
  EXPECT_EQ(notify.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(notify.told("metric-failed"), 1);

  Lab pause = at_half();
  pause.fail_metric(false, analysis::OnFail::pause);
  EXPECT_EQ(pause.state.status, ReleaseStatus::paused);
  EXPECT_EQ(pause.state.reason, Reason::metric_failed);
  pause.operate(Operation::resume);
  pause.advance(seconds(3));
  EXPECT_EQ(pause.state.status, ReleaseStatus::progressing);  // the person knows
  pause.judgement.findings.clear();
  pause.advance(seconds(1));
  pause.fail_metric(false, analysis::OnFail::pause);
  EXPECT_EQ(pause.state.reason, Reason::metric_failed);  // it came again
}

TEST(Return, MutedMetricIsIgnored) {
  Lab lab = at_half();
  EXPECT_TRUE(
      lab.operate(event::Operated{.operation = Operation::mute, .metric = "error-rate"}).accepted);
  lab.fail_metric();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Return, RepeatsForeverUntilConfirmedAndComplains) {
  Lab lab = at_half();
  lab.router.reachable = false;
  lab.fail_metric();
  lab.advance(kReturnLate - milliseconds(100));
  EXPECT_EQ(lab.told("return-to-stable-late"), 0);
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.told("return-to-stable-late"), 1);
  lab.advance(minutes(20));
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);
  EXPECT_EQ(lab.told("return-to-stable-late"), 1);
  lab.router.reachable = true;
  lab.advance(kReturnRetryMax + milliseconds(100));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, BacksOffBetweenTries) {
  Lab lab = at_half();
  lab.router.reachable = false;
  std::size_t before = lab.applies().size();
  lab.fail_metric();
  lab.advance(seconds(60));
  std::size_t tries = lab.applies().size() - before;
  EXPECT_GE(tries, 30U);
  EXPECT_LE(tries, 40U);
}

TEST(Return, WithoutTheRouterTheWorkloadStopsTheCanary) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.canary_instances = 2;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(62));
  EXPECT_EQ(lab.canary_ready, 2);
  lab.router.reachable = false;
  lab.fail_metric();
  lab.advance(kReturnEscalate - milliseconds(200));
  EXPECT_EQ(lab.canary_ready, 2);
  lab.advance(milliseconds(400));
  EXPECT_EQ(lab.canary_ready, 0);
  EXPECT_EQ(lab.told("stopping-canary"), 1);
}

TEST(Return, WaitingForStableIsNotBeingWithoutTheRouter) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(62));
  lab.router.seen.stable.servers_ready = 1;
  lab.observe();
  lab.workload_works = false;
  lab.fail_metric();
  lab.advance(kReturnEscalate + seconds(5));
  ASSERT_EQ(lab.state.reason, Reason::stable_capacity);
  lab.router.reachable = false;  // from now on
  lab.router.seen.stable.servers_ready = 4;
  lab.advance(kReturnEscalate - seconds(1));
  EXPECT_EQ(lab.told("stopping-canary"), 0);
  lab.advance(seconds(10));
  EXPECT_EQ(lab.told("stopping-canary"), 1);
}

TEST(Return, LateRaiseIsUndone) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.stuck = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.stuck = false;
  std::string raise = lab.state.traffic.in_flight;
  ASSERT_TRUE(lab.state.traffic.in_flight_gives);
  lab.fail_metric();
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);  // the raise may still land
  lab.router.seen.canary = Weight::from_units(5000);         // and does
  lab.router.seen.canary_slot.in_service = true;
  lab.send(event::TrafficOutcome{raise, Outcome::done, lab.router.seen, "", false});
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, LostRaiseIsWatchedForAWhile) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.deaf = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.deaf = false;
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);
  lab.advance(seconds(2));
  lab.router.seen.canary = Weight::from_units(5000);  // the lost command lands after all
  lab.router.seen.canary_slot.in_service = true;
  lab.advance(milliseconds(1300));
  EXPECT_EQ(lab.share(), 0);
  lab.advance(kUncertain);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, EndsByAReadingFromAfterALostRaiseCouldLand) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.deaf = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.deaf = false;
  lab.fail_metric();
  while (lab.now.mono + milliseconds(300) < lab.state.traffic.uncertain_until) {
    lab.advance(milliseconds(100));
  }
  ASSERT_TRUE(lab.state.traffic.seen_again);
  lab.router.seen.canary = Weight::from_units(5000);  // at the last moment, and no reading sees it
  lab.router.seen.canary_slot.in_service = true;
  lab.router.reachable = false;
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);
  lab.router.reachable = true;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, LyingReplyIsFoundOutByAReadingOfItsOwn) {
  Lab lab = at_half();
  lab.judgement.findings = {{"error-rate", "worse", analysis::OnFail::rollback, false}};
  lab.judge();
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);
  EXPECT_TRUE(lab.state.traffic.confirmed);
  lab.router.seen.canary = Weight::from_units(5000);  // it was never taken out
  lab.router.seen.canary_slot.in_service = true;
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.share(), 0);
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, NeverGivesBackWhatIsAlreadyGone) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 2;
  lab.router.seen.canary = Weight::from_units(6667);
  lab.advance(seconds(1));
  lab.fail_metric();
  ASSERT_EQ(lab.state.reason, Reason::stable_capacity);
  ASSERT_EQ(lab.share(), 50);
  lab.router.seen.canary = Weight::from_units(1000);  // a person helps
  lab.router.seen.stable.servers_ready = 0;
  int writes = lab.router.writes;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 10);
  EXPECT_EQ(lab.router.writes, writes);
}

TEST(Return, WhatIsKeptIsNotGivenAgainRightAfterARestart) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 1;
  lab.observe();
  lab.fail_metric();
  ASSERT_EQ(lab.state.reason, Reason::stable_capacity);
  lab.router.seen.canary = Weight::from_units(1000);  // less while serin was down
  lab.restart();
  for (int i = 0; i < 30; ++i) {
    lab.advance(milliseconds(100));
    ASSERT_LE(lab.share(), 10) << i;
  }
}

TEST(Return, StableThatLacksInstancesDelaysInProportion) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 3;  // of 4
  lab.router.seen.canary = Weight::from_units(5714);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);  // the driver was asked to put the share right
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::rolling_back);
  EXPECT_EQ(lab.state.reason, Reason::stable_capacity);
  EXPECT_EQ(lab.share(), 25);
  EXPECT_EQ(lab.told("stable-capacity"), 1);
  EXPECT_NE(lab.state.sentence.find("3 of 4"), std::string::npos);
  lab.router.seen.stable.servers_ready = 4;
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, WhatIsKeptIsNotGivenBackBlindly) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 1;
  lab.observe();
  lab.router.deaf = true;
  lab.fail_metric();
  ASSERT_EQ(lab.state.reason, Reason::stable_capacity);
  lab.router.deaf = false;
  lab.router.seen.canary = Weight();  // a reload: nothing has read it yet
  lab.now.mono += seconds(1);
  lab.send(event::Tick{});
  EXPECT_EQ(lab.share(), 0);
  lab.advance(seconds(10));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, StableIsScaledFirst) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(62));
  lab.router.seen.stable.servers_ready = 1;
  lab.observe();
  lab.workload_works = false;
  lab.fail_metric();
  EXPECT_EQ(lab.state.reason, Reason::stable_capacity);
  lab.workload_works = true;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.share(), 0);
}

TEST(Return, LightShareGuardAndHardDoNotWaitForStable) {
  auto half_without_stable = [] {
    Lab lab = at_half();
    lab.router.seen.stable.servers_ready = 1;
    lab.observe();
    return lab;
  };
  Lab guard = half_without_stable();
  guard.fail_metric(true);
  EXPECT_EQ(guard.share(), 0);
  EXPECT_EQ(guard.state.back.cause, Cause::guard);

  Lab hard = half_without_stable();
  hard.operate(event::Operated{.operation = Operation::abort, .hard = true});
  EXPECT_EQ(hard.share(), 0);
  EXPECT_EQ(hard.state.status, ReleaseStatus::terminated);

  Lab light(lab_spec());
  light.start();
  light.router.seen.stable.servers_ready = 3;
  light.observe();
  light.fail_metric();
  EXPECT_EQ(light.share(), 0);

  Lab forced = half_without_stable();
  forced.fail_metric();
  EXPECT_GT(forced.share(), 0);
  EXPECT_FALSE(forced.operate(Operation::abort).accepted);
  EXPECT_TRUE(
      forced.operate(event::Operated{.operation = Operation::abort, .hard = true}).accepted);
  EXPECT_EQ(forced.share(), 0);
  EXPECT_EQ(forced.state.status, ReleaseStatus::failed);  // what began it counts
}

TEST(Return, AllCanaryServersDownIsAGuard) {
  Lab lab = at_half();
  lab.router.seen.canary_slot.servers_ready = 0;
  lab.router.seen.canary = Weight();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.back.cause, Cause::guard);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, AllInstancesDownByTheWorkloadIsAGuard) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(20));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.canary_ready = 0;
  lab.advance(2 * kWorkloadLookEvery + seconds(1));
  EXPECT_EQ(lab.state.back.cause, Cause::guard);
  EXPECT_EQ(lab.share(), 0);
}

TEST(Return, WithoutHealthChecksTheWorkloadTellsOfStable) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.router.seen.stable.health_known = false;
  lab.start();
  lab.advance(seconds(62));
  lab.stable_ready = 2;  // of 4
  lab.advance(2 * kWorkloadLookEvery + seconds(1));
  lab.workload_works = false;
  lab.router.seen.stable.servers_ready = 2;
  lab.fail_metric();
  EXPECT_EQ(lab.state.reason, Reason::stable_capacity);
  EXPECT_EQ(lab.share(), 50);
  lab.workload_works = true;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, DrainsFirstWhereMaintenanceWouldCut) {
  Lab lab(lab_spec());
  lab.preflight.drain_before_maintenance = true;
  lab.start();
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_TRUE(lab.router.seen.canary_slot.in_service);
  lab.advance(lab.spec.drain + seconds(1));
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, StoreFailureHoldsButDoesNotStopAReturn) {
  Lab lab = at_half();
  lab.send(event::StoreFailed{"disk full"});
  lab.advance(minutes(5));
  EXPECT_EQ(lab.state.step, 3);
  EXPECT_EQ(lab.share(), 50);
  EXPECT_FALSE(lab.operate(Operation::continue_).accepted);
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Return, StoreRestoredGoesOn) {
  Lab lab = at_half();
  lab.send(event::StoreFailed{"disk full"});
  lab.advance(minutes(5));
  lab.send(event::StoreRestored{});
  lab.advance(seconds(62));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

}  // namespace
}  // namespace serin::rollout::machine
