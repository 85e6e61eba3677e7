// What people ask of a release, and plans beyond weights and pauses.
#include <map>
#include <sstream>

#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

TEST_F(ReleaseTest, ARollbackGoesBackAtOnceAndAnUndoThroughTheSteps) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_EQ(wait_release(), 0) << read_file(output_);
  ASSERT_EQ(share(), 10000);
  // No serin runs any more: the state directory is enough.
  std::string output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state(), "-o", "json"}, output), 0) << output;
  EXPECT_EQ(share(), 0) << "blue is stable again";
  EXPECT_NE(output.find(R"("release":"shop-2")"), std::string::npos) << output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("already"), std::string::npos) << output;
  EXPECT_EQ(run({"retry", "shop", "--state", state()}, output), 4) << output;
  // v2 once more, with the metrics of v2 against v1.
  EXPECT_EQ(run({"undo", "shop", "--state", state(), "-o", "json"}, output), 0) << output;
  EXPECT_NE(output.find("canary at 50 %"), std::string::npos) << output;
  EXPECT_NE(output.find(R"("stable_version":"v1")"), std::string::npos) << output;
  EXPECT_EQ(share(), 10000);
  EXPECT_EQ(run({"journal", "check", "--state", state()}, output), 0) << output;
}

TEST_F(ReleaseTest, PeopleSteerAReleaseAndRollItBack) {
  start_world();
  steps_ =
      "      - setWeight: 10\n      - approval: {comment: is the till right}\n"
      "      - setWeight: 50\n      - pause: {}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("is the till right")) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"set-weight", "shop", "12.5", "--state", state()}, output), 0) << output;
  EXPECT_EQ(run({"set-weight", "shop", "much", "--state", state()}, output), 3) << output;
  EXPECT_EQ(run({"mute", "shop", "error-rite", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("error-rate"), std::string::npos) << "which metrics there are: " << output;
  EXPECT_EQ(run({"retry", "shop", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("approve"), std::string::npos) << "what is allowed: " << output;
  std::vector<std::string> approve = {
      "approve",           "shop", "--state", state(), "--reason", "the till is fine",
      "--idempotency-key", "a1"};
  EXPECT_EQ(run(approve, output), 0) << output;
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  EXPECT_EQ(run(approve, output), 0) << output;
  EXPECT_NE(output.find("done before"), std::string::npos) << output;
  EXPECT_EQ(run({"get", "shop", "--state", state(), "-o", "json"}, output), 0);
  EXPECT_NE(output.find(R"("comment":"the till is fine")"), std::string::npos) << output;
  // Somebody else's start is refused, and told who holds the service.
  EXPECT_EQ(run({"run", "-f", rollout_, "--version", "v3", "--state", state()}, output), 4);
  EXPECT_NE(output.find("held by shop-1 of version v2"), std::string::npos) << output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, HooksRunAroundAReleaseAndAFailureEndsIt) {
  start_world();
  std::string log = dir_.path() + "/hooks.log";
  auto say = [&](const std::string& more) {
    return "{command: [sh, -c, 'echo $SERIN_HOOK $1 $SERIN_VERSION >> " + log + more +
           "', sh, '{key}']}";
  };
  steps_ = "      - setWeight: 10\n      - hook: " + say("") +
           "\n      - hook: " + say("; echo the till is wrong >&2; exit 3") +
           "\n      - setWeight: 50\n";
  more_ = "  hooks: {start: " + say("") + ", rollback: " + say("") + ", end: " + say("") + "}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  EXPECT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find("the hook 'step' of step 3 failed: "), std::string::npos)
      << read_file(output_);
  EXPECT_NE(read_file(output_).find("the till is wrong"), std::string::npos);
  EXPECT_EQ(share(), 0);
  EXPECT_EQ(read_file(log),
            "start shop-1/start v2\nstep shop-1/step-2 v2\nstep shop-1/step-3 v2\n"
            "rollback shop-1/rollback v2\nend shop-1/end v2\n");
}

TEST_F(ReleaseTest, PluginsRunWithTheirConfigurationAndAFailureEndsIt) {
  start_world();
  std::string log = dir_.path() + "/plugins.log";
  steps_ =
      "      - setWeight: 10\n"
      "      - plugin: {name: load, config: {users: 5, kinds: [a, b]}}\n"
      "      - plugin: {name: load, config: {users: many}}\n"
      "      - setWeight: 50\n";
  more_ =
      "  plugins:\n    load:\n      command: [sh, -c, 'echo $SERIN_PLUGIN $1 \"$SERIN_CONFIG\" "
      ">> " +
      log + "; case $SERIN_CONFIG in *many*) echo no number >&2; exit 3;; esac', sh, '{key}']\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  EXPECT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find("the plugin 'load' of step 3 failed: "), std::string::npos)
      << read_file(output_);
  EXPECT_NE(read_file(output_).find("no number"), std::string::npos);
  EXPECT_EQ(share(), 0);
  EXPECT_EQ(read_file(log),
            "load shop-1/step-2 {\"users\":5,\"kinds\":[\"a\",\"b\"]}\n"
            "load shop-1/step-3 {\"users\":\"many\"}\n");
}

TEST_F(ReleaseTest, BlueGreenIsOneSwitchAndOneBack) {
  start_world();
  rollout_ = dir_.path() + "/rollout.yaml";
  std::ofstream(rollout_) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    blueGreen:
      trafficRouting: )" << router()
                          << R"(
      prePromotionAnalysis:
        metrics:
        - name: canary-is-up
          interval: 1s
          count: 2
          successCondition: result[0] == 1
          provider: {prometheus: {address: ')"
                          << world_->prometheus_url() << R"(', query: 'vector(1)'}}
      autoPromotionEnabled: false
)";
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2", {"--stable", "v1"});
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  EXPECT_EQ(share(), 0);
  std::string output;
  EXPECT_EQ(run({"continue", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  EXPECT_EQ(share(), 10000);
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, CopyBringsTheStableSlotToTheNewVersion) {
  start_world();
  std::string log = dir_.path() + "/instances.log";
  steps_ = "      - setCanaryScale: {replicas: 2}\n" + steps_;
  more_ =
      "  promotion: {mode: copy}\n  workload:\n    command: {apply: [sh, -c, 'echo $SERIN_SLOT "
      "$SERIN_VERSION $SERIN_INSTANCES >> " +
      log + "']}\n";
  write_rollout(kErrorRate);
  drain_for_two_seconds();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  EXPECT_EQ(share(), 0) << "the places stay what they are";
  std::string instances = read_file(log);
  EXPECT_TRUE(instances.starts_with("canary v2 1\ncanary v2 2\n")) << instances;
  EXPECT_NE(instances.find("stable v2 "), std::string::npos) << instances;
  EXPECT_TRUE(instances.ends_with("canary v2 0\n")) << "the canary's are stopped: " << instances;
  // v2 is stable now: once more is refused.
  start_release("v2");
  EXPECT_EQ(wait_release(), 3) << read_file(output_);
  EXPECT_NE(read_file(output_).find("v2 is stable already"), std::string::npos)
      << read_file(output_);
}

// A release that fails takes the instances that it started with it, before serin ends.
TEST_F(ReleaseTest, AFailureStopsTheCanarysInstances) {
  start_world();
  std::string log = dir_.path() + "/instances.log";
  steps_ = "      - setWeight: 10\n      - hook: {command: [sh, -c, 'exit 3']}\n";
  more_ =
      "  workload:\n    command: {apply: [sh, -c, 'echo $SERIN_SLOT "
      "$SERIN_VERSION $SERIN_INSTANCES >> " +
      log + "']}\n";
  write_rollout(kErrorRate);
  drain_for_two_seconds();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  EXPECT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_EQ(read_file(log), "canary v2 1\ncanary v2 0\n");
  EXPECT_NE(read_file(output_).find("stays until the instances"), std::string::npos)
      << read_file(output_);
}

// serin is killed while a hook runs: it runs again under the same key, and the release goes on.
TEST_F(ReleaseTest, AHookThatRanWhenSerinWasKilledRunsAgain) {
  start_world();
  std::string log = dir_.path() + "/hooks.log";
  steps_ = "      - setWeight: 10\n      - hook: {command: [sh, -c, 'echo begin $SERIN_KEY >> " +
           log + "; sleep 4; echo end $SERIN_KEY >> " + log +
           "'], timeout: 30s}\n      - setWeight: 50\n      - pause: {duration: 12s}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(test::wait_until([&] { return !read_file(log).empty(); }, 60s));
  ::kill(release_->pid(), SIGKILL);
  EXPECT_EQ(wait_release(), 128 + SIGKILL);
  start_release("v2");
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  // The first run was not ended with serin, and goes on beside the second.
  std::string lines = read_file(log);
  std::map<std::string, int> counts;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) ++counts[line];
  EXPECT_EQ(counts,
            (std::map<std::string, int>{{"begin shop-1/step-2", 2}, {"end shop-1/step-2", 2}}))
      << lines;
  std::string output;
  EXPECT_EQ(run({"events", "shop-1", "--state", state()}, output), 0);
  EXPECT_NE(output.find("hook-again"), std::string::npos) << output;
  EXPECT_NE(output.find("shop-1/step-2: it runs again under this key"), std::string::npos)
      << output;
}

// Instances as steps: nothing runs before its step, and nothing of the old version after the last.
TEST_F(ReleaseTest, StepsDeployAndCleanUp) {
  start_world();
  std::string log = dir_.path() + "/instances.log";
  steps_ = "      - pause: {}\n      - deploy: {mode: start}\n" + steps_ + "      - cleanup: {}\n";
  more_ =
      "  workload:\n    instances: 2\n    command: {apply: [sh, -c, 'echo $SERIN_SLOT "
      "$SERIN_VERSION $SERIN_INSTANCES >> " +
      log + "']}\n";
  write_rollout(kErrorRate);
  drain_for_two_seconds();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  EXPECT_EQ(read_file(log), "") << "not before its step";
  EXPECT_EQ(share(), 0);
  std::string output;
  EXPECT_EQ(run({"set-weight", "shop", "20", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("a step that comes starts them"), std::string::npos) << output;
  EXPECT_EQ(run({"continue", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  std::string instances = read_file(log);
  EXPECT_TRUE(instances.starts_with("canary v2 2\n")) << instances;
  EXPECT_TRUE(instances.ends_with("stable v2 0\n")) << instances;
  EXPECT_NE(read_file(output_).find("promote"), std::string::npos);
  EXPECT_EQ(run({"get", "shop-1", "--state", state(), "-o", "json"}, output), 6) << "it has left";
  EXPECT_EQ(share(), 10000);
}

}  // namespace
}  // namespace serin::app
