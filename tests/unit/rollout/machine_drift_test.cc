#include "rollout/machine/traffic.h"
#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

Lab at_half() {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(62));
  return lab;
}

TEST(Drift, ReloadedRouterIsSetAgain) {
  Lab lab = at_half();
  lab.router.seen.router_instance = "router-2";
  lab.router.seen.canary = Weight();
  lab.router.seen.owner = "";
  int step = lab.state.step;
  lab.advance(seconds(1) + milliseconds(100));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.step, step);
  EXPECT_EQ(lab.told("router-restarted"), 1);
}

TEST(Drift, DrainByHandIsRespected) {
  Lab lab = at_half();
  lab.router.seen.canary = Weight::from_units(1000);
  int writes = lab.router.writes;
  lab.advance(minutes(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::external_change);
  EXPECT_EQ(lab.share(), 10);
  EXPECT_EQ(lab.router.writes, writes);
  EXPECT_EQ(lab.told("paused"), 1);
}

TEST(Drift, MaintenanceByHandIsRespectedAndSurvivesReloadAndRestart) {
  Lab lab = at_half();
  lab.router.seen.canary_slot.in_service = false;
  lab.router.seen.canary_slot.servers_ready = 0;
  lab.router.seen.canary = Weight();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.reason, Reason::external_change);
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  lab.restart();
  lab.advance(seconds(10));
  EXPECT_EQ(lab.share(), 0);
  lab.router.seen.router_instance = "router-2";
  lab.advance(seconds(10));
  EXPECT_FALSE(lab.router.seen.canary_slot.in_service);
  EXPECT_EQ(lab.share(), 0);
}

TEST(Drift, PersonGivesBackWhatWasDrained) {
  for (Operation operation : {Operation::resume, Operation::continue_}) {
    Lab lab = at_half();
    lab.router.seen.canary = Weight();
    lab.advance(seconds(2));
    ASSERT_EQ(lab.state.reason, Reason::external_change);
    lab.operate(operation);
    lab.advance(seconds(1));
    if (operation == Operation::resume) {
      EXPECT_EQ(lab.share(), 50);
    } else {
      EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);  // past the last step
    }
  }
}

TEST(Drift, FirstRaiseIsUndoneSecondReturnsToStable) {
  Lab lab = at_half();
  lab.router.seen.canary = Weight::from_units(9000);
  lab.advance(seconds(1) + milliseconds(100));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.told("external-raise"), 1);
  lab.advance(seconds(5));
  lab.router.seen.canary = Weight::from_units(9000);
  lab.advance(seconds(1) + milliseconds(100));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.back.cause, Cause::second_writer);
  EXPECT_EQ(lab.told("second-writer"), 1);
}

TEST(Drift, HealthOfStableIsPutRightByTheDriver) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 2;  // 50 % of one backend become 67 %
  lab.router.seen.canary = Weight::from_units(6667);
  lab.advance(seconds(1) + milliseconds(200));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.state.traffic.foreign_raises, 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Drift, HealthOfTheCanaryIsLeftAlone) {
  Lab lab = at_half();
  int writes = lab.router.writes;
  lab.router.seen.canary_slot.servers_ready = 1;
  lab.router.seen.canary = Weight::from_units(3333);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 33.33);
  EXPECT_EQ(lab.router.writes, writes);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.router.seen.canary = Weight::from_units(5000);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.traffic.foreign_raises, 0);
}

TEST(Drift, DrainBesideAHealthChangeIsStillADrain) {
  Lab lab = at_half();
  lab.router.seen.stable.servers_ready = 3;
  lab.router.seen.canary = Weight();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.reason, Reason::external_change);
}

TEST(Drift, DrainBesideAnUnconfirmedRaiseIsRespected) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.deaf = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.seen.canary = Weight::from_units(100);  // a person, while 50 % are on their way
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.state.reason, Reason::external_change);
  lab.router.deaf = false;
  lab.advance(minutes(5));
  EXPECT_EQ(lab.share(), 1);
}

// The reading was asked before the raise was queued and comes while it waits for the journal.
TEST(Drift, DrainReadBeforeAQueuedRaiseStopsIt) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.stuck = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  std::string raise = lab.state.traffic.in_flight;
  ASSERT_TRUE(lab.state.traffic.in_flight_gives);
  event::TrafficObserved read;
  read.turn = lab.state.traffic.turn - 1;
  read.observed = lab.router.seen;
  read.observed->canary = Weight::from_units(100);
  lab.router.seen = *read.observed;
  lab.send(read);
  EXPECT_EQ(lab.state.reason, Reason::external_change);
  EXPECT_EQ(lab.state.traffic.stale_raise, raise);
  EXPECT_FALSE(is_wanted(
      lab.state, {When::after_durable, effect::ApplyTraffic{lab.state.traffic.desired, raise}}));
  lab.router.stuck = false;
  lab.send(event::TrafficOutcome{.key = raise, .result = Outcome::dropped});
  lab.advance(minutes(5));
  EXPECT_EQ(lab.share(), 1);
}

TEST(Drift, ReadBackFromBeforeACommandIsTooOld) {
  Lab lab = at_half();
  event::TrafficObserved old;
  old.turn = lab.state.traffic.turn - 1;
  old.observed = lab.router.seen;
  old.observed->canary = Weight::from_units(500);
  lab.send(old);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Drift, AnotherOwnersMarkEndsTheWriting) {
  Lab lab = at_half();
  lab.router.seen.owner = "checkout-9@elsewhere";
  int writes = lab.router.writes;
  lab.advance(minutes(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::route_lost);
  EXPECT_EQ(lab.router.writes, writes);
  EXPECT_EQ(lab.router.seen.owner, "checkout-9@elsewhere");
}

TEST(Drift, ToleranceIsSmallForSmallShares) {
  EXPECT_EQ(tolerance_units(Weight()), 0);
  EXPECT_EQ(tolerance_units(Weight::from_units(10)), 5);
  EXPECT_EQ(tolerance_units(Weight::from_units(100)), 25);
  EXPECT_EQ(tolerance_units(Weight::full()), 50);
}

}  // namespace
}  // namespace serin::rollout::machine
