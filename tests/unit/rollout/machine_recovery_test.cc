#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

Lab at_five() {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(30));
  return lab;
}

TEST(Recovery, SameShareGoesOnWhereItWas) {
  Lab lab = at_five();
  Duration looked = lab.state.timer.looked;
  lab.now.mono += std::chrono::hours(1);
  lab.now.wall += std::chrono::hours(1);
  lab.restart();
  lab.look();
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.timer.looked, looked);
  lab.advance(seconds(28));
  EXPECT_EQ(lab.share(), 5);
  lab.advance(seconds(4));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Recovery, RebootedClockThatStartsAgainIsNoTrouble) {
  Lab lab = at_five();
  lab.now.mono = Instant(seconds(20));
  lab.restart();
  lab.advance(seconds(40));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Recovery, LessThanRecordedPauses) {
  Lab lab = at_five();
  lab.router.seen.canary = Weight();
  lab.restart();
  lab.advance(minutes(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::recovered);
  EXPECT_EQ(lab.share(), 0);
  lab.operate(Operation::resume);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Recovery, MoreThanRecordedIsLoweredAtOnce) {
  Lab lab = at_five();
  lab.router.seen.canary = Weight::from_units(5000);
  std::size_t before = lab.log.size();
  lab.restart();
  lab.look();
  EXPECT_EQ(lab.share(), 5);
  for (std::size_t i = before; i < lab.log.size(); ++i) EXPECT_EQ(lab.log[i].when, When::at_once);
  EXPECT_EQ(lab.state.traffic.foreign_raises, 0);
}

TEST(Recovery, WhatWasSeenBeforeARestartExcusesNoRaise) {
  Lab lab = at_five();
  lab.router.stuck = true;  // the crash comes before somebody's raise is undone
  lab.router.seen.canary = Weight::from_units(5000);
  lab.advance(seconds(2));
  lab.router.stuck = false;
  lab.router.seen.canary = Weight::from_units(100);  // drained while serin was down
  std::size_t before = lab.applies().size();
  lab.restart();
  lab.advance(minutes(1));
  EXPECT_EQ(lab.applies().size(), before);
  EXPECT_EQ(lab.state.reason, Reason::recovered);
}

TEST(Recovery, RecordedRaiseThatWasNotCarriedOutIsNotHurried) {
  Lab lab(lab_spec());
  lab.start();
  lab.router.stuck = true;  // the crash comes before the command is performed
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.stuck = false;
  EXPECT_EQ(lab.share(), 5);
  lab.restart();
  lab.advance(kRecoverySettle - milliseconds(100));
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.advance(milliseconds(300));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Recovery, DrainBesideAnUnfinishedRaiseIsRespected) {
  Lab lab(lab_spec());
  lab.start();
  lab.router.stuck = true;
  while (lab.state.step < 2) lab.advance(milliseconds(100));
  lab.router.stuck = false;
  lab.router.seen.canary = Weight();
  lab.restart();
  lab.advance(minutes(1));
  EXPECT_EQ(lab.state.reason, Reason::recovered);
  EXPECT_EQ(lab.share(), 0);
}

// Until the first weight is sent, and has no outcome.
Lab at_first_raise() {
  Lab lab(lab_spec());
  lab.send(event::Start{});
  Lab before = lab;
  while (lab.state.traffic.desired.canary.units() == 0) {
    before = lab;
    lab.advance(milliseconds(10));
  }
  before.router.stuck = true;
  before.advance(milliseconds(10));
  before.router.stuck = false;
  EXPECT_FALSE(before.state.traffic.in_flight.empty());
  EXPECT_EQ(before.share(), 0);
  return before;
}

TEST(Recovery, RaiseThatMayHaveBeenDrainedMeanwhileWaitsForAPerson) {
  for (int restarts : {1, 2}) {
    Lab lab = at_first_raise();
    for (int i = 0; i < restarts; ++i) lab.restart();
    lab.advance(minutes(1));
    EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
    EXPECT_EQ(lab.state.reason, Reason::recovered);
    EXPECT_EQ(lab.share(), 0);
    EXPECT_TRUE(lab.operate(Operation::continue_).accepted);
    lab.advance(seconds(5));
    EXPECT_EQ(lab.share(), 5);
  }
}

TEST(Recovery, RaiseThatWasCarriedOutIsSeen) {
  Lab lab = at_first_raise();
  lab.router.seen.canary = Weight::from_units(500);
  lab.router.seen.canary_slot.in_service = true;
  lab.restart();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.share(), 5);
}

TEST(Recovery, NothingIsSentUpBeforeTheRouteWasRead) {
  Lab lab = at_five();
  lab.router.reachable = false;
  lab.restart();
  std::size_t before = lab.applies().size();
  lab.advance(minutes(5));
  EXPECT_EQ(lab.applies().size(), before);
  EXPECT_TRUE(lab.state.recovering);
  EXPECT_FALSE(lab.operate(Operation::continue_).accepted);
  EXPECT_TRUE(lab.operate(Operation::abort).accepted);
  lab.router.reachable = true;
  lab.advance(seconds(8));
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
}

TEST(Recovery, ReturnGoesOnAtOnce) {
  Lab lab = at_five();
  lab.router.reachable = false;
  lab.fail_metric();
  lab.router.reachable = true;
  lab.now.mono += minutes(1);
  lab.restart();
  EXPECT_EQ(lab.share(), 0);
  lab.advance(kUncertain + seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Recovery, GenerationsLeaveRoomForCommandsThatWereLost) {
  Lab lab = at_five();
  auto before = lab.state.traffic.desired.generation;
  lab.restart();
  EXPECT_EQ(lab.state.traffic.desired.generation, before + kGenerationGap);
}

TEST(Recovery, RestartsInEveryStatusLeadOn) {
  // A restart every five seconds from beginning to end.
  Lab lab(lab_spec());
  lab.send(event::Start{});
  for (int i = 0; i < 400 && !is_terminal(lab.state.status); ++i) {
    lab.advance(milliseconds(5300));
    lab.restart();
  }
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Recovery, MarkIsHandedBackAfterARestart) {
  Lab lab = at_five();
  lab.fail_metric();
  lab.router.seen.owner = "checkout-1";  // the reply came, the mark did not go
  lab.state.remainder.hand_back = true;
  lab.state.traffic.confirmed = false;
  lab.restart();
  lab.advance(seconds(3));
  EXPECT_EQ(lab.router.seen.owner, "");
}

TEST(Recovery, MarkOfAnotherIsNotTaken) {
  Lab lab = at_five();
  lab.router.stuck = true;
  lab.fail_metric();
  lab.router.stuck = false;
  lab.send(event::TrafficOutcome{lab.state.traffic.in_flight, Outcome::unknown, {}, "", false});
  lab.advance(seconds(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  lab.state.remainder.hand_back = true;
  lab.state.traffic.confirmed = false;
  lab.router.seen.owner = "next-1";
  lab.restart();
  lab.advance(minutes(1));
  EXPECT_EQ(lab.router.seen.owner, "next-1");
  EXPECT_FALSE(lab.state.remainder.hand_back);
}

TEST(Recovery, WhatWasJudgedBeforeTheRouteWasReadPromotesNothing) {
  Lab lab(lab_spec());
  lab.judgement.covered = true;
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(125));
  ASSERT_EQ(lab.state.status, ReleaseStatus::progressing);
  ASSERT_EQ(lab.state.step, 4);
  lab.restart();
  lab.judgement.passed = true;
  lab.judge();
  ASSERT_TRUE(lab.state.recovering);
  lab.judging = false;
  lab.observe();
  ASSERT_TRUE(lab.state.traffic.confirmed);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.judging = true;
  lab.judge();
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
}

}  // namespace
}  // namespace serin::rollout::machine
