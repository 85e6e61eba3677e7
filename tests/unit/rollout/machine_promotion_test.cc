#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

TEST(Promotion, NeedsEvidenceElseExtendsThenPauses) {
  Lab lab(lab_spec());
  lab.judgement.passed = false;
  lab.judgement.undecided_metric = "latency";
  lab.judgement.undecided_sentence = "1 420 more requests needed";
  lab.start();
  lab.advance(seconds(122));
  EXPECT_EQ(lab.state.step, 4);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_EQ(lab.share(), 50);
  lab.advance(seconds(60));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::inconclusive);
  EXPECT_NE(lab.state.sentence.find("1 420 more requests"), std::string::npos);
  lab.advance(minutes(20));
  EXPECT_EQ(lab.share(), 50);
  lab.operate(Operation::continue_);  // the operator's word
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Promotion, EvidenceThatArrivesInTheExtensionPromotes) {
  Lab lab(lab_spec());
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(150));
  lab.judgement.passed = true;
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Promotion, NeverForWantOfData) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(119));
  lab.judgement.covered = false;
  lab.advance(minutes(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::no_data);
  EXPECT_FALSE(lab.exchanged);
}

TEST(Promotion, NeverContestedEvenWhereUndecidedPromotes) {
  ReleaseSpec spec = lab_spec();
  spec.undecided = Undecided::promote;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(119));
  lab.judgement.contested = true;
  lab.advance(minutes(10));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.state.reason, Reason::contested);
  EXPECT_FALSE(lab.exchanged);
}

TEST(Promotion, UndecidedDoesAsSpeltOut) {
  for (Undecided undecided : {Undecided::promote, Undecided::rollback}) {
    ReleaseSpec spec = lab_spec();
    spec.undecided = undecided;
    Lab lab(spec);
    lab.judgement.passed = false;
    lab.start();
    lab.advance(seconds(124));
    EXPECT_EQ(lab.state.status,
              undecided == Undecided::promote ? ReleaseStatus::succeeded : ReleaseStatus::failed);
  }
}

TEST(Promotion, SkippingATimedStepIsNoWordForPromotion) {
  Lab lab(lab_spec());
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(65));
  ASSERT_EQ(lab.state.step, 3);
  lab.operate(Operation::continue_);
  lab.advance(seconds(10));
  EXPECT_FALSE(lab.exchanged);
  EXPECT_EQ(lab.share(), 50);
}

TEST(Promotion, ContinuingTheLastWaitIsAWord) {
  ReleaseSpec spec = lab_spec();
  spec.steps[3] = pause_step(std::nullopt);
  Lab lab(spec);
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(65));
  ASSERT_EQ(lab.state.reason, Reason::step_wait);
  lab.operate(Operation::continue_);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Promotion, VerifyWindowIsWatchedBeforeTheRolesChange) {
  ReleaseSpec spec = lab_spec();
  spec.verify = seconds(30);
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(123));
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
  EXPECT_EQ(lab.share(), 100);
  EXPECT_FALSE(lab.exchanged);
  lab.advance(seconds(25));
  EXPECT_FALSE(lab.exchanged);
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_FALSE(lab.exchanged);
}

TEST(Promotion, ContestedInVerifyPauses) {
  ReleaseSpec spec = lab_spec();
  spec.verify = seconds(30);
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(125));
  lab.judgement.contested = true;
  lab.advance(seconds(60));
  EXPECT_EQ(lab.state.reason, Reason::contested);
  EXPECT_EQ(lab.state.resume_to, ReleaseStatus::promoting);
  lab.judgement.contested = false;
  lab.operate(Operation::resume);
  lab.advance(seconds(31));
  EXPECT_TRUE(lab.exchanged);
}

// What a person set while it was paused ends with the pause: what is promoted has had all traffic.
TEST(Promotion, AWeightByHandInItsPauseEndsWithThePause) {
  for (Operation go_on : {Operation::resume, Operation::continue_}) {
    ReleaseSpec spec = lab_spec();
    spec.verify = seconds(30);
    Lab lab(spec);
    lab.start();
    lab.advance(seconds(125));
    lab.judgement.contested = true;
    lab.advance(seconds(60));
    ASSERT_EQ(lab.state.resume_to, ReleaseStatus::promoting);
    event::Operated lower{.operation = Operation::set_weight, .weight = Weight::from_units(5000)};
    ASSERT_TRUE(lab.operate(lower).accepted);
    lab.advance(seconds(5));
    ASSERT_EQ(lab.share(), 50);
    lab.judgement.contested = false;
    ASSERT_TRUE(lab.operate(go_on).accepted);
    lab.advance(seconds(25));
    EXPECT_EQ(lab.share(), 100);
    EXPECT_FALSE(lab.exchanged) << "it is watched at all traffic first";
    lab.advance(seconds(10));
    EXPECT_TRUE(lab.exchanged);
  }
}

TEST(Promotion, ExchangeIsAskedForUntilItIsDone) {
  Lab lab(lab_spec());
  lab.exchange_works = false;
  lab.start();
  lab.operate(Operation::promote_fully);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
  EXPECT_FALSE(lab.operate(Operation::abort).accepted);
  lab.restart();
  lab.exchange_works = true;
  lab.advance(seconds(11));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  for (const Effect& effect : lab.log) {
    if (std::holds_alternative<effect::ExchangeRoles>(effect.action)) {
      EXPECT_EQ(effect.when, When::after_durable);
    }
  }
}

TEST(Promotion, StableIsNotTouchedBefore) {
  for (const PromoteBy way : {PromoteBy::swap, PromoteBy::copy}) {
    ReleaseSpec spec = lab_spec();
    spec.has_workload = true;
    spec.promotion = way;
    Lab lab(spec);
    auto changes_stable = [](const Effect& effect) {
      const auto* scale = std::get_if<effect::ApplyWorkload>(&effect.action);
      return std::holds_alternative<effect::ExchangeRoles>(effect.action) ||
             (scale != nullptr && scale->desired.slot == Slot::stable);
    };
    const SlotState before = lab.router.seen.stable;
    lab.start();
    while (lab.state.status == ReleaseStatus::progressing) {
      EXPECT_TRUE(std::ranges::none_of(lab.log, changes_stable));
      EXPECT_EQ(lab.router.seen.stable, before);
      EXPECT_EQ(lab.stable_ready, 4);
      lab.advance(milliseconds(100));
    }
    lab.advance(minutes(10));
    EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
    EXPECT_TRUE(std::ranges::any_of(lab.log, changes_stable)) << "now it is";
  }
}

TEST(Promotion, ScalesTheCanaryToStableFirst) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.start();
  EXPECT_EQ(lab.canary_ready, 1);
  lab.workload_works = false;
  lab.operate(Operation::promote_fully);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 5);
  lab.workload_works = true;
  lab.advance(seconds(3));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Promotion, OldSlotIsStoppedAfterItsWarmTime) {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  Lab lab(spec);
  lab.start();
  lab.operate(Operation::promote_fully);
  lab.advance(seconds(5));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  int ready = lab.canary_ready;
  lab.advance(spec.warm - seconds(10));
  EXPECT_EQ(lab.canary_ready, ready);
  lab.advance(seconds(20));
  EXPECT_EQ(lab.canary_ready, 0);
  EXPECT_FALSE(next_wakeup(lab.spec, lab.state));
}

TEST(Promotion, ManualEndsAndSaysWhatRemains) {
  ReleaseSpec spec = lab_spec();
  spec.promotion = PromoteBy::manual;
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(125));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.share(), 50);
  EXPECT_FALSE(lab.exchanged);
  EXPECT_EQ(lab.router.seen.owner, "");
  EXPECT_NE(lab.state.sentence.find("left to you"), std::string::npos);
}

TEST(Promotion, InstantTicketGoesStraightToFull) {
  ReleaseSpec spec = lab_spec();
  spec.instant = true;
  spec.steps.clear();
  Lab lab(spec);
  lab.judgement.passed = false;
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_TRUE(lab.exchanged);
}

TEST(Promotion, AllEffectsThatGiveTrafficWaitForTheJournal) {
  Lab lab(lab_spec());
  lab.start();
  lab.advance(seconds(125));
  Weight last;
  for (const Effect& effect : lab.log) {
    const auto* apply = std::get_if<effect::ApplyTraffic>(&effect.action);
    if (apply == nullptr) continue;
    if (apply->desired.canary != last) {
      EXPECT_EQ(effect.when, apply->desired.canary > last ? When::after_durable : When::at_once);
    }
    last = apply->desired.canary;
  }
}

// The exchange waits, for a disk that is full or for its reply.
Lab exchanging() {
  ReleaseSpec spec = lab_spec();
  Lab lab(spec);
  lab.exchange_waits = true;
  lab.start();
  lab.advance(minutes(2) + seconds(5));
  EXPECT_EQ(lab.state.promotion.stage, PromotionStage::exchange);
  EXPECT_TRUE(lab.state.promotion.in_flight);
  return lab;
}

bool exchange_wanted(const Lab& lab) {
  return is_wanted(lab.state, {When::after_durable, effect::ExchangeRoles{"exchange", "2.4.0"}});
}

TEST(Promotion, FailureBeforeTheRolesChangedReturns) {
  Lab lab = exchanging();
  EXPECT_TRUE(exchange_wanted(lab));
  lab.fail_metric();
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);  // it may have been done this moment
  EXPECT_FALSE(exchange_wanted(lab));
  lab.send(event::RolesExchanged{"exchange", Outcome::dropped, ""});
  lab.see_again();
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::metric);
  EXPECT_EQ(lab.share(), 0);
}

TEST(Promotion, FailureBetweenTriesOfTheExchangeReturnsAtOnce) {
  Lab lab = exchanging();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(lab.state.promotion.in_flight);
    lab.send(event::RolesExchanged{"exchange", Outcome::failed, "no space left on device"});
  }
  EXPECT_FALSE(lab.state.promotion.in_flight);
  lab.fail_metric(true);
  EXPECT_EQ(lab.state.back.cause, Cause::guard);
  EXPECT_EQ(lab.share(), 0);
}

TEST(Promotion, FailureAfterTheRolesChangedIsToldAndNotActedOn) {
  Lab lab = exchanging();
  lab.fail_metric();
  lab.send(event::RolesExchanged{"exchange", Outcome::done, ""});
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.told("failed-while-promoted"), 1);
}

TEST(Promotion, ExchangeOfUnknownOutcomeIsCarriedThrough) {
  Lab lab = exchanging();
  lab.send(event::RolesExchanged{"exchange", Outcome::unknown, ""});
  lab.fail_metric();
  EXPECT_TRUE(exchange_wanted(lab));
  lab.send(event::RolesExchanged{"exchange", Outcome::failed, ""});
  EXPECT_EQ(lab.state.status, ReleaseStatus::promoting);
  lab.advance(seconds(1));
  lab.send(event::RolesExchanged{"exchange", Outcome::done, ""});
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.told("failed-while-promoted"), 1);
}

TEST(Promotion, LeaseLastsUntilTheRouteIsGivenBack) {
  ReleaseSpec spec = lab_spec();
  spec.lease = true;
  Lab lab(spec);
  lab.judgement.passed = true;
  lab.start();
  lab.advance(minutes(5));
  ASSERT_EQ(lab.state.status, ReleaseStatus::succeeded);
  for (const effect::ApplyTraffic& apply : lab.applies()) {
    EXPECT_EQ(apply.desired.lease, !apply.desired.owner.empty());
  }
  EXPECT_TRUE(lab.applies().back().desired.owner.empty());
}

}  // namespace
}  // namespace serin::rollout::machine
