// Instances: setCanaryScale, promotion by copy, and blue-green's switch.
#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

ReleaseStep scale_step(CanaryScale scale) {
  ReleaseStep step{.kind = StepKind::set_canary_scale};
  step.scale = scale;
  return step;
}

ReleaseSpec workload_spec() {
  ReleaseSpec spec = lab_spec();
  spec.has_workload = true;
  return spec;
}

TEST(Scale, AStepAsksForItsInstances) {
  ReleaseSpec spec = workload_spec();
  spec.steps = {scale_step({.replicas = 3}), weight_step(5), pause_step(minutes(9))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.canary_ready, 3);
  EXPECT_EQ(lab.share(), 5);
}

TEST(Scale, TrafficWaitsForTheInstances) {
  ReleaseSpec spec = workload_spec();
  spec.steps = {pause_step(seconds(5)), scale_step({.weight = Weight::from_units(5000)}),
                weight_step(5), pause_step(minutes(9))};
  Lab lab(spec);
  lab.start();
  lab.workload_works = false;
  lab.advance(seconds(20));
  EXPECT_EQ(lab.share(), 0);
  lab.workload_works = true;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.canary_ready, 2) << "half of stable's four";
  EXPECT_EQ(lab.share(), 5);
}

TEST(Scale, ItFollowsTheTrafficAndComesFirst) {
  ReleaseSpec spec = workload_spec();
  spec.steps = {scale_step({.match_traffic = true}), weight_step(20), pause_step(seconds(30)),
                weight_step(60), pause_step(minutes(9))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.canary_ready, 1);
  EXPECT_EQ(lab.share(), 20);
  lab.workload_works = false;
  lab.advance(seconds(60));
  EXPECT_EQ(lab.share(), 20) << "60 % needs three of four instances";
  lab.workload_works = true;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.canary_ready, 3);
  EXPECT_EQ(lab.share(), 60);
}

TEST(Scale, SmallerIsAnswerToo) {
  ReleaseSpec spec = workload_spec();
  spec.canary_instances = 3;
  spec.steps = {weight_step(5), scale_step({.replicas = 1}), pause_step(minutes(9))};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.canary_ready, 1);
  EXPECT_EQ(lab.state.step, 2);
}

ReleaseSpec copy_spec() {
  ReleaseSpec spec = workload_spec();
  spec.promotion = PromoteBy::copy;
  spec.steps = {weight_step(5), pause_step(seconds(10))};
  return spec;
}

TEST(Copy, StableGetsTheNewVersionAndThenTheTraffic) {
  Lab lab(copy_spec());
  lab.start();
  lab.advance(seconds(60));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.stable_version, "2.4.0");
  EXPECT_EQ(lab.share(), 0) << "the slots keep their places";
  EXPECT_TRUE(lab.exchanged) << "what is stable is recorded";
  std::vector<Weight> given = lab.weights();
  EXPECT_EQ(std::count(given.begin(), given.end(), Weight::full()), 1);
  bool copied = false;
  for (const Effect& effect : lab.log) {
    const auto* exchange = std::get_if<effect::ExchangeRoles>(&effect.action);
    if (exchange != nullptr) copied = exchange->copied;
  }
  EXPECT_TRUE(copied);
  lab.advance(lab.spec.drain + seconds(5));
  EXPECT_EQ(lab.canary_ready, 0) << "the canary slot is free again";
}

TEST(Copy, TheTrafficStaysUntilStableIsReady) {
  Lab lab(copy_spec());
  lab.start();
  lab.advance(seconds(5));
  lab.workload_works = false;
  lab.router.seen.stable.servers_ready = 4;
  lab.advance(seconds(60));  // the canary can't be scaled: still before 100 %
  EXPECT_EQ(lab.share(), 5);
  lab.workload_works = true;
  lab.advance(milliseconds(1200));
  ASSERT_EQ(lab.share(), 100);
  lab.workload_works = false;
  lab.router.seen.stable.servers_ready = 1;
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.promotion.stage, PromotionStage::copy);
  EXPECT_EQ(lab.share(), 100);
}

TEST(Copy, AFailureBringsStableBackToItsVersion) {
  Lab lab(copy_spec());
  lab.start();
  lab.advance(seconds(9));
  lab.workload_works = true;
  for (int i = 0; i < 200 && lab.state.promotion.stage != PromotionStage::copy; ++i) {
    lab.advance(milliseconds(100));
    if (lab.state.promotion.stage >= PromotionStage::full) {
      lab.workload_works = false;  // stable never becomes ready
      lab.router.seen.stable.servers_ready = 3;
    }
  }
  ASSERT_EQ(lab.state.promotion.stage, PromotionStage::copy);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.stable_version, "2.4.0");
  lab.workload_works = true;
  lab.fail_metric(true);  // a guard: at once
  EXPECT_EQ(lab.share(), 0);
  lab.advance(seconds(10));
  EXPECT_EQ(lab.stable_version, "2.3.0");
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Copy, AfterADrainInItTheWatchBeginsAgain) {
  ReleaseSpec spec = copy_spec();
  spec.verify = seconds(20);
  Lab lab(spec);
  lab.start();
  while (lab.state.promotion.stage < PromotionStage::verify) lab.advance(milliseconds(100));
  lab.workload_works = false;  // stable's copy takes its time
  lab.router.seen.stable.servers_ready = 3;
  lab.advance(seconds(25));
  ASSERT_EQ(lab.state.promotion.stage, PromotionStage::copy);
  lab.router.seen.canary = Weight();  // drained by hand
  lab.advance(seconds(3));
  ASSERT_EQ(lab.state.reason, Reason::external_change);
  lab.workload_works = true;
  lab.router.seen.stable.servers_ready = 4;
  EXPECT_TRUE(lab.operate(Operation::resume).accepted);
  lab.advance(seconds(15));
  EXPECT_EQ(lab.state.promotion.stage, PromotionStage::verify);
  EXPECT_EQ(lab.share(), 100);
  lab.advance(seconds(15));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
}

TEST(Copy, AfterTheFullShareOnlyARollbackGoesBack) {
  Lab lab(copy_spec());
  lab.state.status = ReleaseStatus::promoting;
  for (PromotionStage stage :
       {PromotionStage::verify, PromotionStage::copy, PromotionStage::hand_over}) {
    lab.state.promotion.stage = stage;
    EXPECT_FALSE(is_allowed(standing(lab.state), Operation::abort));
    EXPECT_TRUE(is_allowed(standing(lab.state), Operation::rollback));
  }
}

// One switch, between two analyses.
ReleaseSpec switch_spec() {
  ReleaseSpec spec = lab_spec();
  spec.undecided = Undecided::promote;
  ReleaseStep judge{.kind = StepKind::analysis};
  spec.steps = {judge, weight_step(100), pause_step(seconds(10)), judge};
  return spec;
}

TEST(BlueGreen, TheSwitchComesAfterTheFirstAnalysisAndPromotionAfterTheSecond) {
  Lab lab(switch_spec());
  lab.judgement.step_analysis_done = false;
  lab.start();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_TRUE(lab.router.seen.canary_slot.in_service) << "it can be tried";
  lab.judgement.step_analysis_done = true;
  lab.advance(seconds(1));
  lab.judgement.step_analysis_done = false;
  lab.advance(seconds(15));  // the pause is extended to at most twice its time
  EXPECT_EQ(lab.share(), 100);
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
  EXPECT_FALSE(lab.exchanged);
  lab.judgement.step_analysis_done = true;
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.weights(), (std::vector<Weight>{Weight(), Weight::full(), Weight()}));
}

TEST(BlueGreen, AFailureWithoutTrafficIsOne) {
  Lab lab(switch_spec());
  lab.judgement.step_analysis_done = false;
  lab.start();
  lab.fail_metric();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_FALSE(lab.state.exposed);
}

TEST(BlueGreen, AFailureAfterTheSwitchGoesBackAtOnce) {
  Lab lab(switch_spec());
  lab.start();
  lab.judgement.step_analysis_done = false;
  lab.advance(seconds(1));
  ASSERT_EQ(lab.share(), 100);
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

}  // namespace
}  // namespace serin::rollout::machine
