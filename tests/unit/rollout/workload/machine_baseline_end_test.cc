// Fresh instances of stable go with the release that they were started for, however it ends.
#include "tests/unit/rollout/workload/baseline_lab.h"

namespace serin::rollout::machine {
namespace {

TEST(Baseline, AfterASwapTheWarmSlotHoldsStablesNumber) {
  ReleaseSpec spec = fresh_spec();
  spec.drain = seconds(10);
  spec.warm = minutes(5);
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  lab.advance(minutes(3));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  lab.advance(seconds(20));
  EXPECT_EQ(told_of(lab, Slot::canary), (Texts{"2.4.0 x 2", "2.4.0 x 4", "2.3.0 x 4"}));
  EXPECT_FALSE(lab.state.remainder.stop_fresh_at);
  EXPECT_TRUE(lab.state.remainder.stop_canary_at);
  lab.advance(minutes(6));
  EXPECT_EQ(lab.asked.back().instances, 0);
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
}

TEST(Baseline, ACopyBringsStableToItsOwnNumber) {
  ReleaseSpec spec = fresh_spec();
  spec.promotion = PromoteBy::copy;
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  lab.advance(minutes(4));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.4.0 x 4"}));
}

TEST(Baseline, ManualPromotionTakesThemAway) {
  ReleaseSpec spec = fresh_spec();
  spec.promotion = PromoteBy::manual;
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  lab.advance(minutes(4));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
  EXPECT_EQ(told_of(lab, Slot::canary), Texts{"2.4.0 x 2"});
}

TEST(Baseline, TheReturnDoesNotWaitForThem) {
  ReleaseSpec spec = fresh_spec();
  spec.drain = seconds(10);
  Lab lab(spec);
  lab.start();
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  ASSERT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
  lab.advance(seconds(9));  // they serve meanwhile
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
  lab.advance(seconds(3));
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
  EXPECT_EQ(told_of(lab, Slot::canary), (Texts{"2.4.0 x 2", "2.4.0 x 0"}));
  EXPECT_FALSE(next_wakeup(lab.spec, lab.state));
}

TEST(Baseline, FreshOnesAreCapacityOnTheWayBack) {
  Lab lab(fresh_spec());
  lab.start();
  lab.advance(seconds(80));
  ASSERT_EQ(lab.share(), 50);
  lab.router.seen.stable.servers_ready = 4;  // two of all six fail: as many as stable had
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);

  Lab few(fresh_spec());
  few.start();
  few.advance(seconds(80));
  few.router.seen.stable.servers_ready = 1;
  few.workload_works = false;
  few.observe();
  few.fail_metric();
  EXPECT_GT(few.share(), 0);
  EXPECT_EQ(few.state.reason, Reason::stable_capacity);
  // Nobody scales stable down while it lacks instances.
  EXPECT_EQ(told_of(few, Slot::stable), Texts{"2.3.0 x 6"});
}

TEST(Baseline, AfterARestartTheyAreTakenAwayToo) {
  Lab lab(fresh_spec());
  lab.start();
  lab.fail_metric();
  ASSERT_EQ(lab.state.status, ReleaseStatus::failed);
  lab.restart();
  lab.advance(minutes(1));
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
}

// A release whose journal an earlier serin has written goes on.
TEST(Baseline, JournalsFromBeforeItAreRead) {
  ReleaseSpec spec = fresh_spec();
  spec.fresh_baseline = false;
  Lab lab(spec);
  lab.start();
  const std::string text = to_json(lab.state).dump() + to_json(spec).dump() +
                           to_json(Event(event::Start{})).dump() +
                           to_json(Event(event::WorkloadOutcome{.key = "w1"})).dump();
  for (const char* name : {"baseline", "stable_own", "problem", "stop_fresh", "refused"}) {
    EXPECT_EQ(text.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(*release_state_from_json(to_json(lab.state)), lab.state);
}

// However far the release had come: fresh ones that were asked for go.
TEST(Baseline, AreTakenAwayAfterAnyEnd) {
  for (Duration when : {Duration(seconds(3)), Duration(seconds(30)), Duration(seconds(100))}) {
    for (bool crash : {false, true}) {
      Lab lab(fresh_spec());
      lab.workload_works = when > seconds(5);  // else they are never ready
      lab.send(event::Start{});
      lab.advance(when);
      ASSERT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
      if (crash) lab.restart();
      lab.advance(seconds(1));
      ASSERT_TRUE(lab.operate(Operation::abort).accepted);
      if (crash) lab.restart();
      lab.workload_works = true;
      lab.advance(minutes(1));
      EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
      EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
      EXPECT_FALSE(lab.state.remainder.stop_fresh_at);
    }
  }
}

// Instants of the boot before mean nothing.
TEST(Baseline, AfterARebootTheyAreTakenAwayInTime) {
  ReleaseSpec spec = fresh_spec();
  spec.drain = seconds(10);
  Lab lab(spec);
  lab.start();
  lab.fail_metric();
  ASSERT_TRUE(lab.state.remainder.stop_fresh_at);
  lab.now.mono = Instant(seconds(10));
  lab.restart();
  lab.advance(seconds(20));
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
}

// A copy that fails brings stable back as it was, without fresh ones.
TEST(Baseline, AFailedCopyRestoresStablesOwnNumber) {
  ReleaseSpec spec = fresh_spec();
  spec.promotion = PromoteBy::copy;
  spec.steps = {weight_step(5), pause_step(seconds(10))};
  spec.verify = seconds(10);
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  auto stage = [&] { return lab.state.promotion.stage; };
  for (int i = 0; i < 3000 && stage() != PromotionStage::hand_over; ++i) {
    lab.router.stuck = stage() == PromotionStage::verify;  // what comes then is not carried out
    lab.advance(milliseconds(100));
  }
  ASSERT_EQ(stage(), PromotionStage::hand_over);
  lab.fail_metric();
  lab.router.stuck = false;
  lab.restart();  // the command of before has no outcome
  lab.advance(minutes(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.4.0 x 4", "2.3.0 x 4"}));
}

TEST(Baseline, OneThatFailsToBeStoppedHoldsUpNothing) {
  Lab lab(fresh_spec());
  lab.start();
  lab.fail_metric();
  lab.workload_works = false;
  lab.stable_most = 0;  // it is refused, again and again
  lab.advance(minutes(1));
  EXPECT_EQ(told_of(lab, Slot::canary), (Texts{"2.4.0 x 2", "2.4.0 x 0"}));
  EXPECT_TRUE(lab.state.remainder.stop_fresh_at);
  EXPECT_EQ(lab.told("fresh-left"), 1);
}

TEST(Baseline, AreLeftToTheControllerThatTakesTheRoute) {
  Lab lab(fresh_spec());
  lab.start();
  lab.router.seen.owner = "checkout-9@elsewhere";
  lab.advance(minutes(5));
  EXPECT_EQ(lab.state.back.cause, Cause::route_lost);
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6"})) << "it may count on them";
  EXPECT_EQ(lab.told("fresh-left"), 1);
}

TEST(Baseline, WhatAnEarlierReleaseLeftIsNotFreshAndNotStables) {
  ReleaseSpec spec = fresh_spec();
  Lab lab(spec);
  lab.stable_instances = lab.stable_ready = 6;
  lab.router.seen.stable.servers_total = lab.router.seen.stable.servers_ready = 6;
  lab.send(event::Start{.stable_own = StableOwn{4, "2.3.0"}});
  lab.advance(seconds(20));
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 4", "2.3.0 x 6"}));
  EXPECT_EQ(lab.state.start.stable_instances, 4);
  EXPECT_EQ(lab.share(), 5);

  // One without a baseline takes them away at its end.
  spec.fresh_baseline = false;
  Lab plain(spec);
  plain.stable_instances = plain.stable_ready = 6;
  plain.send(event::Start{.stable_own = StableOwn{4, "2.3.0"}});
  plain.advance(seconds(20));
  plain.operate(Operation::abort);
  plain.advance(minutes(1));
  EXPECT_EQ(told_of(plain, Slot::stable), Texts{"2.3.0 x 4"});

  // So does a rollback that finds nothing to do; its own stable version is the failed one.
  spec.restored = true;
  std::swap(spec.version, spec.stable_version);
  Lab restored(spec);
  restored.send(event::Start{.restored = true, .stable_own = StableOwn{4, "2.3.0"}});
  restored.advance(minutes(1));
  EXPECT_EQ(restored.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(told_of(restored, Slot::stable), Texts{"2.3.0 x 4"});
  EXPECT_EQ(told_of(restored, Slot::canary), Texts{});
}

}  // namespace
}  // namespace serin::rollout::machine
