// Fresh instances of stable to compare the canary with (workload.baseline: fresh).
#include "tests/unit/rollout/workload/baseline_lab.h"

namespace serin::rollout::machine {
namespace {

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
  EXPECT_NE(lab.state.sentence.find("2 fresh instances of stable to compare with (baseline: fresh) "
                                    "can't be started"),
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
