#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

TEST(Steps, PlanIsFollowedToPromotion) {
  Lab lab(lab_spec());
  lab.start();
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.share(), 5);
  lab.advance(seconds(59));
  EXPECT_EQ(lab.share(), 5);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 50);
  lab.advance(seconds(62));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_TRUE(lab.exchanged);
  EXPECT_EQ(lab.share(), 0);  // the canary slot is the old one now
  std::vector<Weight> expected{Weight(), Weight::from_units(500), Weight::from_units(5000),
                               Weight::full(), Weight()};
  EXPECT_EQ(lab.weights(), expected);
  EXPECT_EQ(lab.router.seen.owner, "");
  for (const StepLog& log : lab.state.log) EXPECT_EQ(log.outcome, StepOutcome::done);
}

TEST(Steps, NothingCountsBeforeTheWeightIsReadBack) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(59));
  lab.router.deaf = true;  // the 50 % never arrive
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.step, 2);
  lab.advance(minutes(5));
  EXPECT_EQ(lab.state.step, 2);
  EXPECT_EQ(lab.state.timer.looked, Duration{});
  EXPECT_EQ(lab.told("delivery-late"), 1);
  lab.router.deaf = false;
  lab.advance(seconds(15));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.state.step, 3);
  EXPECT_LT(lab.state.timer.looked, seconds(16));
}

TEST(Steps, TimedPauseEndsWithinOneTick) {
  Lab lab(lab_spec());
  lab.start();
  Instant confirmed = lab.now.mono;
  while (lab.state.step < 2) lab.advance(milliseconds(10));
  Duration waited = lab.now.mono - confirmed;
  EXPECT_GE(waited, seconds(60));
  EXPECT_LE(waited, seconds(60) + milliseconds(200));
}

TEST(Steps, TimeNobodyLookedDoesNotCount) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(30));
  Duration before = lab.state.timer.looked;
  lab.now.mono += minutes(10);  // a suspend
  lab.now.wall += minutes(10);
  lab.look();
  EXPECT_EQ(lab.state.timer.looked, before);
  EXPECT_EQ(lab.state.step, 1);
  lab.advance(seconds(29));
  EXPECT_EQ(lab.state.step, 1);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, GapAtItsLimitCounts) {
  for (Duration gap : {Duration(kLookGapMax), Duration(kLookGapMax + milliseconds(1))}) {
    Lab lab(lab_spec());
    lab.start();
    lab.advance(seconds(1));
    Duration before = lab.state.timer.looked;
    lab.now.mono += gap;
    lab.send(event::Tick{});
    EXPECT_EQ(lab.state.timer.looked - before, gap <= kLookGapMax ? gap : Duration{});
  }
}

TEST(Steps, ClockThatStepsBackDoesNotCount) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(10));
  Duration before = lab.state.timer.looked;
  lab.now.mono -= seconds(5);
  lab.send(event::Tick{});
  EXPECT_EQ(lab.state.timer.looked, before);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.timer.looked, before + seconds(1));
}

TEST(Steps, ContestedIsExtendedToTwiceThenPaused) {
  Lab lab(lab_spec());
  lab.start();
  lab.judgement.contested = true;
  lab.judgement.contested_sentence = "latency is on its way to worse";
  lab.advance(seconds(61));
  EXPECT_EQ(lab.state.step, 1);
  EXPECT_TRUE(lab.state.timer.extending);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  lab.advance(seconds(60));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::contested);
  EXPECT_NE(lab.state.sentence.find("latency is on its way"), std::string::npos);
}

TEST(Steps, ContestedThatSettlesGoesOnInTheExtension) {
  Lab lab(lab_spec());
  lab.start();
  lab.judgement.contested = true;
  lab.advance(seconds(90));
  EXPECT_EQ(lab.share(), 5);
  lab.judgement.contested = false;
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, UncoveredPausesAsNoData) {
  Lab lab(lab_spec());
  lab.start();
  lab.judgement.covered = false;
  lab.advance(seconds(121));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::no_data);
}

TEST(Steps, PassIsNeededOnlyWhereTheGateSaysSo) {
  ReleaseSpec spec = lab_spec();
  Lab free(spec);
  free.start();
  free.judgement.passed = false;
  free.advance(seconds(61));
  EXPECT_EQ(free.share(), 50);

  spec.steps[1].gate_pass = true;
  Lab gated(spec);
  gated.start();
  gated.judgement.passed = false;
  gated.advance(seconds(61));
  EXPECT_EQ(gated.share(), 5);
  gated.advance(seconds(60));
  EXPECT_EQ(gated.state.reason, Reason::inconclusive);
}

TEST(Steps, JudgementOfAnotherStepDoesNotEndThisOne) {
  Lab lab(lab_spec());
  lab.start();
  lab.judging = false;
  lab.state.judged_step = 0;
  lab.advance(seconds(90));
  EXPECT_EQ(lab.state.step, 1);
  lab.judging = true;
  lab.advance(milliseconds(100));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, PauseWithoutDurationWaitsForAPerson) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = pause_step(std::nullopt);
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::step_wait);
  lab.advance(minutes(20));
  lab.restart();
  lab.advance(minutes(20));
  EXPECT_EQ(lab.state.reason, Reason::step_wait);
  EXPECT_EQ(lab.share(), 5);
  EXPECT_TRUE(lab.operate(Operation::continue_).accepted);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, ZeroDurationOfArgoPassesAtOnce) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = pause_step(Duration{});
  Lab lab(spec);
  lab.start();
  lab.advance(milliseconds(300));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, MetricsDownHoldTheTimerAndFailNothing) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(30));
  lab.judgement.sources_down = true;
  lab.judgement.sources_sentence = "prometheus refuses connections";
  lab.advance(minutes(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.told("metrics-down"), 1);
  lab.judgement.sources_down = false;
  lab.advance(seconds(28));
  EXPECT_EQ(lab.share(), 5);
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.told("metrics-back"), 1);
}

TEST(Steps, ASilentRouterHoldsTheTimerAndIsTold) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(30));
  lab.router.reachable = false;
  lab.advance(seconds(8));
  EXPECT_EQ(lab.told("router-down"), 0) << "it may answer again";
  lab.advance(minutes(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.state.step, 1) << "nobody knows what the canary gets";
  EXPECT_EQ(lab.told("router-down"), 1);
  lab.router.reachable = true;
  lab.advance(seconds(26));
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.told("router-back"), 1);
  lab.advance(seconds(6));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, InlineAnalysisHoldsUntilItIsDone) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = ReleaseStep{.kind = StepKind::analysis};
  Lab lab(spec);
  lab.judgement.step_analysis_done = false;
  lab.start();
  lab.advance(minutes(10));
  EXPECT_EQ(lab.state.step, 1);
  EXPECT_EQ(lab.share(), 5);
  lab.judgement.step_analysis_done = true;
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, CapacityStopsBeforeTheStepThatExceedsIt) {
  ReleaseSpec spec = lab_spec();
  spec.capacity = Weight::from_units(2000);
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(62));
  EXPECT_EQ(lab.state.reason, Reason::capacity);
  EXPECT_EQ(lab.share(), 5);
  lab.operate(Operation::continue_);  // a person made room
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Steps, ApprovalTimesOutAsThePlanSays) {
  for (OnTimeout action : {OnTimeout::hold, OnTimeout::rollback, OnTimeout::promote}) {
    ReleaseSpec spec = lab_spec();
    spec.steps[1] =
        ReleaseStep{.kind = StepKind::approval, .duration = seconds(30), .on_timeout = action};
    Lab lab(spec);
    lab.start();
    lab.advance(seconds(29));
    EXPECT_EQ(lab.state.reason, Reason::approval);
    lab.advance(seconds(3));
    EXPECT_EQ(lab.state.log[1].approval,
              action == OnTimeout::hold ? ApprovalStatus::waiting : ApprovalStatus::timed_out);
    switch (action) {
      case OnTimeout::hold:
        EXPECT_EQ(lab.state.reason, Reason::approval);
        break;
      case OnTimeout::rollback:
        EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
        EXPECT_EQ(lab.state.back.cause, Cause::deadline);
        break;
      case OnTimeout::promote:
        EXPECT_EQ(lab.share(), 50);
        break;
    }
  }
}

TEST(Steps, ApprovalKeepsWhatWasAnswered) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = ReleaseStep{.kind = StepKind::approval};
  auto answered = [&](Operation operation) {
    Lab lab(spec);
    lab.start();
    lab.advance(seconds(29));
    EXPECT_EQ(lab.state.log[1].approval, ApprovalStatus::waiting);
    event::Operated answer{
        .operation = operation, .user = "ana", .comment = "why", .metric = "errors"};
    EXPECT_TRUE(lab.operate(answer).accepted);
    lab.advance(seconds(3));
    return lab.state.log[1];
  };
  for (Operation yes : {Operation::approve, Operation::continue_, Operation::promote_fully}) {
    StepLog log = answered(yes);
    EXPECT_EQ(log.approval, ApprovalStatus::approved) << to_string(yes);
    EXPECT_EQ(log.by, "ana");
    EXPECT_EQ(log.comment, "why");
  }
  for (Operation no : {Operation::abort, Operation::rollback}) {
    StepLog log = answered(no);
    EXPECT_EQ(log.approval, ApprovalStatus::rejected) << to_string(no);
    EXPECT_EQ(log.by, "ana");
    EXPECT_EQ(log.outcome, StepOutcome::failed);
  }
  StepLog elsewhere = answered(Operation::mute);
  EXPECT_EQ(elsewhere.by, "") << "no answer";
}

TEST(Steps, ApprovalIsWithdrawnWhereAMetricFailsFirst) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = ReleaseStep{.kind = StepKind::approval};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(29));
  lab.judgement.findings = {{.metric = "errors", .sentence = "worse"}};
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.back.cause, Cause::metric);
  EXPECT_EQ(lab.state.log[1].approval, ApprovalStatus::withdrawn);
}

TEST(Steps, SetWeightsInARowAreAppliedInOrder) {
  ReleaseSpec spec = lab_spec();
  spec.steps = {weight_step(1), weight_step(2), weight_step(3), pause_step(seconds(10))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 3);
  std::vector<Weight> expected{Weight(), Weight::from_units(100), Weight::from_units(200),
                               Weight::from_units(300)};
  EXPECT_EQ(lab.weights(), expected);
}

}  // namespace
}  // namespace serin::rollout::machine
