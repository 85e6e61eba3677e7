// Fresh instances of stable to compare the canary with (workload.baseline: fresh).
#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

ReleaseSpec fresh_spec(int canary = 2) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  spec.fresh_baseline = true;
  spec.canary_instances = canary;
  return spec;
}

ReleaseStep scale_step(int replicas) {
  return {.kind = StepKind::set_canary_scale, .scale = CanaryScale{.replicas = replicas}};
}

// What the slot was told to be, without repetitions: "2.3.0 x 6".
std::vector<std::string> told_of(const Lab& lab, Slot slot) {
  std::vector<std::string> list;
  for (const DesiredWorkload& desired : lab.asked) {
    if (desired.slot != slot) continue;
    std::string text = desired.version + " x " + std::to_string(desired.instances);
    if (list.empty() || list.back() != text) list.push_back(text);
  }
  return list;
}

using Texts = std::vector<std::string>;

TEST(Baseline, FreshInstancesAreReadyBeforeTheCanaryGetsTraffic) {
  Lab lab(fresh_spec());
  lab.workload_works = false;
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.canary_ready = 2;
  lab.send(event::Start{});
  lab.advance(seconds(20));
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
  EXPECT_EQ(lab.state.status, ReleaseStatus::starting);
  EXPECT_EQ(lab.share(), 0);
  lab.workload_works = true;
  lab.advance(seconds(6));
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.state.baseline.own, (StableOwn{4, "2.3.0"}));
  EXPECT_EQ(lab.state.baseline.fresh, 2);
  ASSERT_TRUE(lab.state.baseline.since);
  // What stable had counts for all else.
  EXPECT_EQ(lab.state.start.stable_instances, 4);
}

TEST(Baseline, BothAreAskedForByTurns) {
  Lab lab(fresh_spec());
  lab.workload_works = false;
  lab.send(event::Start{});
  lab.advance(seconds(8));
  ASSERT_GE(lab.asked.size(), 4U);
  EXPECT_EQ(lab.asked[0].slot, Slot::stable);
  for (std::size_t i = 1; i < lab.asked.size(); ++i) {
    EXPECT_NE(lab.asked[i].slot, lab.asked[i - 1].slot);
  }
}

TEST(Baseline, WithoutItStableIsLeftAlone) {
  ReleaseSpec spec = fresh_spec();
  spec.fresh_baseline = false;
  Lab lab(spec);
  lab.start();
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{});
  EXPECT_EQ(lab.share(), 5);
}

TEST(Baseline, TheRouterMustListServersForThem) {
  Lab lab(fresh_spec());
  lab.stable_lists = 5;
  lab.send(event::Start{});
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::starting);
  lab.advance(seconds(40));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::refused);
  EXPECT_NE(lab.state.sentence.find("lists 5: name servers for the fresh ones too"),
            std::string::npos)
      << lab.state.sentence;
  EXPECT_EQ(lab.weights(), std::vector<Weight>{Weight()});
}

TEST(Baseline, WhereTheyCanNotBeStartedTheReleaseDoesNotBegin) {
  Lab lab(fresh_spec());
  lab.stable_most = 5;
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::refused);
  EXPECT_NE(lab.state.sentence.find("2 fresh instances of stable can't be started"),
            std::string::npos)
      << lab.state.sentence;
  EXPECT_NE(lab.state.sentence.find("stablePorts names too few"), std::string::npos);
  EXPECT_EQ(told_of(lab, Slot::canary), Texts{});
  lab.stable_most = 1000;
  lab.advance(minutes(1));
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 4"}));
}

TEST(Baseline, StableMustBeTheWorkloads) {
  Lab none(fresh_spec());
  none.stable_instances = none.stable_ready = 0;
  none.start();
  none.advance(seconds(1));
  EXPECT_EQ(none.state.back.cause, Cause::refused);
  EXPECT_NE(none.state.sentence.find("it runs none in the stable slot"), std::string::npos);

  Lab other(fresh_spec());
  other.stable_version_seen = "2.2.0";
  other.start();
  other.advance(seconds(1));
  EXPECT_EQ(other.state.back.cause, Cause::refused);
  EXPECT_NE(other.state.sentence.find("runs 2.2.0 in the stable slot"), std::string::npos);
  EXPECT_EQ(told_of(other, Slot::stable), Texts{});
}

TEST(Baseline, StablesOwnNumberIsTakenOnceAllOfItIsReady) {
  Lab lab(fresh_spec());
  lab.stable_ready = 3;
  lab.send(event::Start{});
  lab.advance(seconds(30));
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{});
  EXPECT_EQ(lab.share(), 0);
  lab.advance(lab.spec.start_deadline);
  EXPECT_EQ(lab.state.back.cause, Cause::deadline);
  EXPECT_NE(lab.state.sentence.find("of stable's own 4 instances 3 are ready"), std::string::npos)
      << lab.state.sentence;
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{});
}

TEST(Baseline, FollowsTheCanaryByStepsAndNotIntoThePromotion) {
  ReleaseSpec spec = fresh_spec();
  spec.steps = {weight_step(5),          pause_step(seconds(20)), scale_step(3),
                pause_step(seconds(20)), scale_step(1),           pause_step(seconds(20))};
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.baseline.fresh, 3);
  lab.advance(minutes(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(told_of(lab, Slot::stable), (Texts{"2.3.0 x 6", "2.3.0 x 7", "2.3.0 x 5"}));
  // The promotion brings the canary to stable's own number.
  EXPECT_EQ(told_of(lab, Slot::canary),
            (Texts{"2.4.0 x 2", "2.4.0 x 3", "2.4.0 x 1", "2.4.0 x 4", "2.3.0 x 4"}));
}

TEST(Baseline, DeferredStartBringsThemUpToo) {
  ReleaseSpec spec = fresh_spec();
  spec.steps.insert(spec.steps.begin(),
                    {pause_step(seconds(10)), ReleaseStep{.kind = StepKind::deploy_start}});
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{});
  lab.advance(seconds(20));
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{"2.3.0 x 6"});
  EXPECT_EQ(lab.share(), 5);
}

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

TEST(Baseline, OneThatFailsToBeStoppedHoldsUpNothing) {
  Lab lab(fresh_spec());
  lab.start();
  lab.fail_metric();
  lab.workload_works = false;
  lab.stable_most = 0;  // it is refused, again and again
  lab.advance(minutes(1));
  EXPECT_EQ(told_of(lab, Slot::canary), (Texts{"2.4.0 x 2", "2.4.0 x 0"}));
  EXPECT_TRUE(lab.state.remainder.stop_fresh_at);
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

TEST(Baseline, TellsTheNextReleaseWhatIsLeft) {
  Lab lab(fresh_spec());
  lab.start();
  EXPECT_FALSE(fresh_left(lab.spec, lab.state));
  lab.operate(Operation::abort);
  ASSERT_TRUE(is_terminal(lab.state.status));
  EXPECT_EQ(fresh_left(lab.spec, lab.state), (StableOwn{4, "2.3.0"}));
  lab.advance(minutes(1));
  EXPECT_FALSE(fresh_left(lab.spec, lab.state));
}

TEST(Baseline, GoesNoWhereInMidRelease) {
  ReleaseSpec spec = fresh_spec();
  Lab lab(spec);
  lab.start();
  ReleaseSpec after = spec;
  after.fresh_baseline = false;
  auto edit = edited(spec, after, lab.state, lab.now);
  ASSERT_FALSE(edit);
  EXPECT_NE(edit.error().message.find("workload.baseline can't change"), std::string::npos);
}

TEST(Baseline, ARollbackGoesStraightBack) {
  ReleaseSpec spec = fresh_spec();
  spec.instant = true;
  spec.steps.clear();
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(30));
  EXPECT_EQ(told_of(lab, Slot::stable), Texts{});
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

// A slot may list more servers than the canary has instances: stable's fresh ones need them.
TEST(Baseline, ServersWithoutAnInstanceAreNotWaitedFor) {
  ReleaseSpec spec = fresh_spec();
  spec.fresh_baseline = false;
  Lab lab(spec);
  lab.router.seen.canary_slot.servers_total = 6;
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.send(event::Start{});
  lab.advance(seconds(20));
  EXPECT_EQ(lab.share(), 0);
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 5);
}

// One backend's share falls as stable grows; the driver sets it again.
TEST(Baseline, TheShareIsSetAgainWhereStableHasMoreServers) {
  Lab lab(fresh_spec());
  lab.start();
  ASSERT_EQ(lab.share(), 5);
  lab.advance(seconds(5));
  const int writes = lab.router.writes;
  lab.router.seen.stable.servers_ready = lab.router.seen.stable.servers_total = 9;
  lab.router.seen.canary = Weight::from_units(339);  // 5 % at 6 servers
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.router.writes, writes + 1);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);

  // Fewer servers of the canary's own are nobody's growth.
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.router.seen.canary = Weight::from_units(256);
  lab.advance(seconds(3));
  EXPECT_EQ(lab.router.seen.canary, Weight::from_units(256));
}

}  // namespace
}  // namespace serin::rollout::machine
