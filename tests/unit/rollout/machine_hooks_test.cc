#include "tests/unit/rollout/machine_lab.h"

namespace serin::rollout::machine {
namespace {

using Keys = std::vector<std::string>;

Hook command(const char* name) {
  return {.command = {name}};
}

ReleaseStep hook_step() {
  ReleaseStep step{.kind = StepKind::hook};
  step.hook = command("smoke");
  return step;
}

// 5 %, the hook, 50 % for a minute.
ReleaseSpec hook_spec() {
  ReleaseSpec spec = lab_spec();
  spec.steps[1] = hook_step();
  return spec;
}

TEST(Hooks, AStepWaitsForItsHookAndGoesOn) {
  Lab lab(hook_spec());
  lab.hooks_wait = true;
  lab.start();
  lab.advance(minutes(1));
  ASSERT_EQ(lab.hook_keys(), Keys{"step-2"}) << "run once";
  EXPECT_EQ(lab.share(), 5);
  EXPECT_EQ(lab.hooks[0].hook.command, std::vector<std::string>{"smoke"});
  lab.send(event::HookOutcome{"step-2", Outcome::done, ""});
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
  EXPECT_EQ(lab.state.log[1].outcome, StepOutcome::done);
}

TEST(Hooks, AFailureReturnsToStable) {
  Lab lab(hook_spec());
  lab.bad_hook = "step-2";
  lab.start();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.back.cause, Cause::hook);
  EXPECT_EQ(lab.state.sentence, "the hook 'step' of step 2 failed: smoke test: 2 of 9 failed");
}

TEST(Hooks, APluginIsNamedWhereItFails) {
  ReleaseSpec spec = hook_spec();
  spec.steps[1].hook->plugin = "load";
  spec.steps[1].hook->config = Json::object().set("users", 5);
  Lab lab(spec);
  lab.bad_hook = "step-2";
  lab.start();
  lab.advance(seconds(2));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.state.sentence, "the plugin 'load' of step 2 failed: smoke test: 2 of 9 failed");
  ASSERT_EQ(lab.hooks.size(), 1U);
  EXPECT_EQ(lab.hooks[0].hook.config["users"].integer(), 5);
}

TEST(Hooks, TheyWaitForTheJournalAndForNothingThatWasOvertaken) {
  Lab lab(hook_spec());
  lab.hooks_wait = true;
  lab.start();
  lab.advance(seconds(1));
  const Effect* run = nullptr;
  for (const Effect& effect : lab.log) {
    if (std::holds_alternative<effect::RunHook>(effect.action)) run = &effect;
  }
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->when, When::after_durable);
  EXPECT_TRUE(is_wanted(lab.state, *run));
  Effect waiting = *run;
  lab.operate(Operation::abort);
  EXPECT_FALSE(is_wanted(lab.state, waiting));
  ReleaseStatus status = lab.state.status;
  lab.send(event::HookOutcome{"step-2", Outcome::failed, "late"});
  EXPECT_EQ(lab.state.status, status);
  EXPECT_EQ(lab.state.back.cause, Cause::abort);
}

TEST(Hooks, AfterARestartItRunsAgainUnderTheSameKey) {
  Lab lab(hook_spec());
  lab.hooks_wait = true;
  lab.start();
  lab.advance(seconds(1));
  lab.restart();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.hook_keys(), (Keys{"step-2", "step-2"}));
  lab.send(event::HookOutcome{"step-2", Outcome::done, ""});
  lab.advance(seconds(3));
  EXPECT_EQ(lab.share(), 50);
}

TEST(Hooks, ThatItRunsAgainIsTold) {
  ReleaseSpec spec = hook_spec();
  spec.hooks.end = command("e");
  Lab lab(spec);
  lab.hooks_wait = true;
  lab.start();
  lab.advance(seconds(1));
  lab.restart();
  ASSERT_EQ(lab.told("hook-again"), 1);
  for (const Effect& effect : lab.log) {
    const auto* notify = std::get_if<effect::Notify>(&effect.action);
    if (notify == nullptr || notify->event != "hook-again") continue;
    EXPECT_EQ(notify->sentence,
              "serin ended before it knew the end of the hook checkout-1/step-2: it runs again "
              "under this key, also where the first run still goes on");
  }
  // Nothing waits for it any more, and it does not run again.
  lab.advance(seconds(5));
  lab.operate(Operation::abort);
  lab.restart();
  EXPECT_EQ(lab.told("hook-again"), 2) << "the end's alone";
  EXPECT_EQ(lab.hook_keys(), (Keys{"step-2", "step-2", "end", "end"}));
  lab.send(event::HookOutcome{"end", Outcome::done, ""});
  lab.restart();
  EXPECT_EQ(lab.told("hook-again"), 2);
}

TEST(Hooks, APersonMayGoOnWithoutIt) {
  Lab lab(hook_spec());
  lab.hooks_wait = true;
  lab.start();
  lab.advance(seconds(1));
  lab.operate(Operation::continue_);
  lab.advance(seconds(1));
  EXPECT_EQ(lab.share(), 50);
  lab.send(event::HookOutcome{"step-2", Outcome::failed, "too late"});
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

TEST(Hooks, AroundEachStepAndAtTheEnd) {
  ReleaseSpec spec = lab_spec();
  spec.steps = {weight_step(5), pause_step(seconds(10))};
  spec.hooks = {.start = command("a"),
                .before_step = command("b"),
                .after_step = command("c"),
                .rollback = command("d"),
                .end = command("e")};
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(30));
  EXPECT_EQ(lab.state.status, ReleaseStatus::succeeded);
  EXPECT_EQ(lab.hook_keys(),
            (Keys{"start", "beforeStep-1", "afterStep-1", "beforeStep-2", "afterStep-2", "end"}));
  EXPECT_TRUE(lab.state.asides.empty());
}

TEST(Hooks, NothingGetsTrafficBeforeTheStartHook) {
  ReleaseSpec spec = lab_spec();
  spec.hooks.start = command("a");
  Lab lab(spec);
  lab.bad_hook = "start";
  lab.start();
  lab.advance(seconds(5));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_FALSE(lab.state.exposed);
}

TEST(Hooks, TheHookBeforeAStepKeepsItsWeightBack) {
  ReleaseSpec spec = lab_spec();
  spec.hooks.before_step = command("b");
  Lab lab(spec);
  lab.bad_hook = "beforeStep-3";
  lab.start();
  lab.advance(seconds(70));
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  std::vector<Weight> given = lab.weights();
  EXPECT_EQ(std::count(given.begin(), given.end(), Weight::from_units(5000)), 0);
}

// The step begins with the end of the hook before it: a pause is as long as it says.
TEST(Hooks, TheTimeOfAPauseCountsFromTheEndOfTheHookBeforeIt) {
  ReleaseSpec spec = lab_spec();
  spec.hooks.before_step = command("b");
  Lab lab(spec);
  lab.start();
  lab.advance(seconds(50));
  ASSERT_EQ(lab.state.step, 1);
  lab.hooks_wait = true;
  lab.advance(seconds(60));
  ASSERT_EQ(lab.state.step, 2) << "the hook before 50 % has not ended";
  lab.send(event::HookOutcome{"beforeStep-3", Outcome::done, ""});
  lab.advance(milliseconds(200));
  ASSERT_EQ(lab.state.step, 3);
  lab.advance(seconds(70));
  lab.send(event::HookOutcome{"beforeStep-4", Outcome::done, ""});
  EXPECT_EQ(lab.state.step, 3) << "it took longer than the pause";
  EXPECT_EQ(lab.state.timer.looked, Duration{});
  lab.advance(seconds(58));
  EXPECT_EQ(lab.state.step, 3);
  lab.advance(seconds(4));
  EXPECT_NE(lab.state.step, 3);
}

TEST(Hooks, TheWayBackWaitsForNone) {
  ReleaseSpec spec = lab_spec();
  spec.hooks.rollback = command("d");
  spec.hooks.end = command("e");
  Lab lab(spec);
  lab.start();
  lab.hooks_wait = true;
  lab.fail_metric();
  EXPECT_EQ(lab.share(), 0);
  EXPECT_EQ(lab.state.status, ReleaseStatus::failed);
  EXPECT_EQ(lab.hook_keys(), (Keys{"rollback", "end"}));
  lab.send(event::HookOutcome{"rollback", Outcome::failed, "no such program"});
  EXPECT_EQ(lab.told("hook-failed"), 1);
  EXPECT_EQ(lab.state.asides.size(), 1U) << "the end's still runs";
  lab.restart();
  EXPECT_EQ(lab.hook_keys(), (Keys{"rollback", "end", "end"})) << "a restart runs it again";
  lab.send(event::HookOutcome{"end", Outcome::done, ""});
  EXPECT_TRUE(lab.state.asides.empty());
}

TEST(Hooks, ADroppedOneIsAskedForAgain) {
  Lab lab(hook_spec());
  lab.hooks_wait = true;
  lab.start();
  lab.advance(seconds(1));
  lab.send(event::HookOutcome{"step-2", Outcome::dropped, ""});
  lab.advance(seconds(2));
  EXPECT_EQ(lab.hook_keys(), (Keys{"step-2", "step-2"}));
  EXPECT_EQ(lab.state.status, ReleaseStatus::progressing);
}

}  // namespace
}  // namespace serin::rollout::machine
