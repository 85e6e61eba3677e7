#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

using enum Operation;

// The table of operations, cell by cell, written once more and differently from the code's.
std::vector<Operation> expected(ReleaseStatus status) {
  switch (status) {
    case ReleaseStatus::pending:
    case ReleaseStatus::starting:
      return {pause, abort, rollback};
    case ReleaseStatus::progressing:
      return {continue_, promote_fully, pause, abort, rollback, set_weight, mute};
    case ReleaseStatus::paused:
      return {continue_, promote_fully, resume, abort, rollback, set_weight, mute};
    case ReleaseStatus::promoting:
      return {abort, rollback};
    case ReleaseStatus::rolling_back:
      return {};
    case ReleaseStatus::succeeded:
      return {rollback, undo};
    case ReleaseStatus::failed:
    case ReleaseStatus::terminated:
      return {rollback, undo, retry};
  }
  return {};
}

constexpr std::size_t kStatuses = names(std::type_identity<ReleaseStatus>{}).size();
constexpr std::size_t kReasons = names(std::type_identity<Reason>{}).size();
constexpr std::size_t kOperations = names(std::type_identity<Operation>{}).size();

TEST(Operations, EveryCellOfTheTable) {
  for (std::size_t s = 0; s < kStatuses; ++s) {
    auto status = static_cast<ReleaseStatus>(s);
    EXPECT_EQ(allowed({status, Reason::none, false}), expected(status)) << to_string(status);
  }
}

TEST(Operations, ReasonsOpenTheirCellsOnly) {
  for (std::size_t s = 0; s < kStatuses; ++s) {
    for (std::size_t r = 0; r < kReasons; ++r) {
      auto status = static_cast<ReleaseStatus>(s);
      auto reason = static_cast<Reason>(r);
      bool approving = status == ReleaseStatus::paused && reason == Reason::approval;
      EXPECT_EQ(is_allowed({status, reason, false}, approve), approving);
      bool waiting = status == ReleaseStatus::rolling_back && reason == Reason::stable_capacity;
      if (status == ReleaseStatus::rolling_back) {
        EXPECT_EQ(is_allowed({status, reason, false}, abort), waiting);
      }
    }
  }
  EXPECT_FALSE(is_allowed({ReleaseStatus::promoting, Reason::none, true}, abort));
  EXPECT_TRUE(is_allowed({ReleaseStatus::promoting, Reason::none, true}, rollback));
}

// A release brought to a status by what leads there.
Lab in_status(ReleaseStatus status) {
  ReleaseSpec spec = lab_spec();
  spec.verify = minutes(5);
  Lab lab(spec);
  switch (status) {
    case ReleaseStatus::pending:
      break;
    case ReleaseStatus::starting:
      lab.router.seen.canary_slot.servers_ready = 1;
      lab.send(event::Start{});
      lab.advance(seconds(1));
      break;
    case ReleaseStatus::progressing:
      lab.start();
      break;
    case ReleaseStatus::paused:
      lab.start();
      lab.operate(pause);
      break;
    case ReleaseStatus::promoting:
      lab.start();
      lab.router.deaf = true;
      lab.operate(promote_fully);
      break;
    case ReleaseStatus::rolling_back:
      lab.start();
      lab.router.deaf = true;
      lab.operate(abort);
      break;
    case ReleaseStatus::succeeded:
      lab.start();
      lab.operate(promote_fully);
      lab.advance(minutes(6));
      break;
    case ReleaseStatus::failed:
      lab.start();
      lab.fail_metric();
      break;
    case ReleaseStatus::terminated:
      lab.start();
      lab.operate(abort);
      break;
  }
  EXPECT_EQ(lab.state.status, status) << to_string(status);
  return lab;
}

TEST(Operations, RefusedCellsChangeNothingAndListWhatIsAllowed) {
  for (std::size_t s = 0; s < kStatuses; ++s) {
    auto status = static_cast<ReleaseStatus>(s);
    for (std::size_t o = 0; o < kOperations; ++o) {
      auto operation = static_cast<Operation>(o);
      Lab lab = in_status(status);
      ReleaseState before = lab.state;
      event::Operated operated{.operation = operation, .metric = "m", .version = "2.2.0"};
      operated.weight = Weight::from_units(1000);
      auto list = expected(status);
      bool allow = std::find(list.begin(), list.end(), operation) != list.end();
      effect::Reply reply = lab.operate(operated);
      EXPECT_EQ(reply.accepted, allow) << to_string(operation) << " in " << to_string(status);
      if (allow) continue;
      EXPECT_EQ(reply.allowed, list);
      EXPECT_NE(reply.message.find(to_string(status)), std::string::npos) << reply.message;
      EXPECT_EQ(lab.state.status, before.status);
      EXPECT_EQ(lab.state.step, before.step);
      EXPECT_EQ(lab.state.operations, before.operations);
    }
  }
}

TEST(Operations, ContinueAdvancesOneStep) {
  Lab lab = in_status(ReleaseStatus::progressing);
  ASSERT_EQ(lab.state.step, 1);
  lab.operate(continue_);
  lab.advance(milliseconds(200));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.state.log[1].outcome, StepOutcome::skipped);
}

TEST(Operations, SameKeyIsAppliedOnce) {
  ReleaseSpec spec = lab_spec();
  spec.steps = {weight_step(1),         pause_step(minutes(9)), weight_step(2),
                pause_step(minutes(9)), weight_step(3),         pause_step(minutes(9))};
  Lab lab(spec);
  lab.start();
  event::Operated twice{.operation = continue_, .key = "k1"};
  EXPECT_FALSE(lab.operate(twice).repeated);
  lab.advance(seconds(1));
  int at = lab.state.step;
  effect::Reply again = lab.operate(twice);
  EXPECT_TRUE(again.accepted);
  EXPECT_TRUE(again.repeated);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.step, at);
  lab.restart();
  lab.advance(seconds(5));
  EXPECT_TRUE(lab.operate(twice).repeated);
  EXPECT_EQ(lab.state.step, at);
  lab.operate(event::Operated{.operation = continue_, .key = "k2"});
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 3);
}

TEST(Operations, KeysAreKeptUpToTheirBound) {
  Lab lab = in_status(ReleaseStatus::progressing);
  for (std::size_t i = 0; i < ReleaseState::kOperationKeysMax + 1; ++i) {
    lab.operate(
        event::Operated{.operation = i % 2 == 0 ? pause : resume, .key = "k" + std::to_string(i)});
  }
  EXPECT_EQ(lab.state.operations.size(), ReleaseState::kOperationKeysMax);
  EXPECT_EQ(lab.state.operations.front().key, "k1");
}

TEST(Operations, MutedMetricsAreBounded) {
  Lab lab = in_status(ReleaseStatus::progressing);
  for (std::size_t i = 0; i < ReleaseState::kMutedMax; ++i) {
    EXPECT_TRUE(lab.operate(event::Operated{.operation = mute, .metric = "m" + std::to_string(i)})
                    .accepted);
  }
  EXPECT_FALSE(lab.operate(event::Operated{.operation = mute, .metric = "one more"}).accepted);
}

TEST(Operations, PauseStopsTheTimerAndResumeStartsTheStepAgain) {
  Lab lab = in_status(ReleaseStatus::progressing);
  lab.advance(seconds(50));
  lab.operate(pause);
  lab.advance(minutes(10));
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.state.reason, Reason::manual);
  lab.operate(resume);
  lab.advance(seconds(59));
  EXPECT_EQ(lab.share(), 5);
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Operations, PauseInStartingHoldsTraffic) {
  Lab lab = in_status(ReleaseStatus::starting);
  lab.operate(pause);
  lab.router.seen.canary_slot.servers_ready = 2;
  lab.advance(minutes(20));
  EXPECT_EQ(lab.state.status, ReleaseStatus::paused);
  EXPECT_EQ(lab.share(), 0);
  lab.operate(resume);
  lab.advance(seconds(5));
  EXPECT_EQ(lab.share(), 5);
}

TEST(Operations, PromoteFullySkipsTheRestAndNeedsNoEvidence) {
  Lab lab = in_status(ReleaseStatus::progressing);
  lab.judgement.passed = false;
  lab.judgement.contested = true;
  lab.operate(promote_fully);
  lab.advance(minutes(6));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.state.log[2].outcome, StepOutcome::skipped);
}

TEST(Operations, PromoteFullyStillFailsOnFail) {
  Lab lab = in_status(ReleaseStatus::progressing);
  lab.operate(promote_fully);
  lab.advance(minutes(1));
  EXPECT_EQ(lab.share(), 100);
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
}

TEST(Operations, SetWeightHoldsUntilTheNextSetWeight) {
  Lab lab = in_status(ReleaseStatus::progressing);
  lab.advance(seconds(30));
  event::Operated operated{.operation = set_weight};
  operated.weight = Weight::from_units(2000);
  lab.operate(operated);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 20);
  lab.advance(seconds(57));  // the step's window began again
  EXPECT_EQ(lab.share(), 20);
  lab.advance(seconds(4));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Operations, AbortEndsTerminatedAndRollbackOpensATicket) {
  Lab lab = in_status(ReleaseStatus::progressing);
  lab.operate(event::Operated{.operation = rollback, .user = "ana"});
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::terminated);
  int opened = 0;
  for (const Effect& effect : lab.log) {
    if (const auto* open = std::get_if<effect::OpenRelease>(&effect.action)) {
      ++opened;
      EXPECT_EQ(open->operation, rollback);
      EXPECT_EQ(effect.when, When::after_durable);
    }
  }
  EXPECT_EQ(opened, 1);
}

TEST(Operations, ApproveGoesOn) {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = ReleaseStep{.kind = StepKind::approval};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(1));
  EXPECT_EQ(lab.state.reason, Reason::approval);
  EXPECT_FALSE(lab.operate(pause).accepted);
  EXPECT_TRUE(lab.operate(approve).accepted);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Operations, WordsAndAliases) {
  EXPECT_EQ(*operation_from_word("release"), promote_fully);
  EXPECT_EQ(*operation_from_word("terminate"), abort);
  EXPECT_EQ(*operation_from_word("cancel"), abort);
  EXPECT_EQ(*operation_from_word("continue"), continue_);
  EXPECT_EQ(operation_from_word("skip").error().code, Code::failed_precondition);
  auto unknown = operation_from_word("fly");
  EXPECT_EQ(unknown.error().code, Code::invalid_argument);
  EXPECT_NE(unknown.error().message.find("promoteFully"), std::string::npos);
}

}  // namespace
}  // namespace serin::rollout::machine
