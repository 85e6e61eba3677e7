// One thing that goes wrong at a time.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "torture/world.h"

namespace serin::torture {
namespace {

using namespace std::chrono_literals;

class Faults : public TortureWorld {
 protected:
  // A release of a version that is good, with its canary at 10 %.
  void start_good(const Plan& plan) {
    write_rollout(plan);
    ASSERT_TRUE(deploy({.version = "v2"}));
    start("v2");
    ASSERT_TRUE(says("canary at 10 %")) << output();
  }
  void start_good() { start_good(Plan{.steps = {{10, 60}}}); }
  // Nobody reaches the canary any more. What was under way may be tried again for a while.
  void expect_no_traffic() {
    double before = -1;
    Instant end = now() + 4s;
    while (now() < end && canary_requests() != before) {
      before = canary_requests();
      loop_.run_until([] { return false; }, 300ms);
    }
    EXPECT_EQ(canary_requests(), before);
  }
  void abort_and_expect_the_end() {
    EXPECT_EQ(run_command({"abort", "shop", "--state", store_directory()}), 0)
        << dir_.read("command.out");
    EXPECT_EQ(wait_for_exit(), kAborted) << output();
    EXPECT_EQ(share(), 0);
    EXPECT_EQ(observe().owner, "");
  }
};

TEST_F(Faults, KilledAndGoneItsCanaryLeavesByItself) {
  ASSERT_NO_FATAL_FAILURE(start_good());
  ASSERT_FALSE(test::wait_until([&] { return share() < 10; }, 2500ms)) << "the lease is strong now";
  serin_->signal(SIGKILL);
  Instant killed = now();
  ASSERT_TRUE(serin_->wait(5s));
  EXPECT_TRUE(test::wait_until([&] { return share() == 0; }, 10s));
  EXPECT_LT(now() - killed, 3s);
  expect_no_traffic();
  // A restart finds it gone, and leaves it so until a person says otherwise.
  forget_output();
  start("v2");
  ASSERT_TRUE(says("Paused")) << output();
  ASSERT_FALSE(test::wait_until([&] { return share() > 0; }, 1500ms));
  EXPECT_EQ(run_command({"continue", "shop", "--state", store_directory()}), 0);
  EXPECT_TRUE(test::wait_until([&] { return share() == 10; }, 15s)) << output();
  abort_and_expect_the_end();
}

TEST_F(Faults, SuspendedItsCanaryLeavesAndStaysOut) {
  ASSERT_NO_FATAL_FAILURE(start_good());
  ASSERT_FALSE(test::wait_until([&] { return share() < 10; }, 2500ms));
  serin_->signal(SIGSTOP);
  EXPECT_TRUE(test::wait_until([&] { return share() == 0; }, 8s));
  serin_->signal(SIGCONT);
  ASSERT_TRUE(says("Paused")) << output();
  ASSERT_FALSE(test::wait_until([&] { return share() > 0; }, 1500ms));
  abort_and_expect_the_end();
}

// Its metrics are perfect: refused connections are counted by nobody but the router.
TEST_F(Faults, ACanaryThatRefusesConnectionsIsRolledBackByEdgeErrors) {
  write_rollout({.steps = {{20, 60}}});
  ASSERT_TRUE(deploy({.version = "v2", .refuse_rate = 0.33}));
  start("v2");
  // It refuses health checks too: these pass here, so that only requests tell.
  std::vector<std::string> names = {"green/green1", "green/green2"};
  ASSERT_TRUE(test::wait_until(
      [&] {
        for (const std::string& name : names) admin("set server " + name + " health up");
        return output().find("canary at 20 %") != std::string::npos;
      },
      20s))
      << output();
  for (const std::string& name : names) admin("disable health " + name);
  EXPECT_EQ(wait_for_exit(), kRolledBack) << output();
  for (const std::string& name : names) admin("enable health " + name);
  EXPECT_NE(output().find("RollingBack: edge-errors worse"), std::string::npos) << output();
  EXPECT_EQ(share(), 0);
  expect_no_traffic();
}

TEST_F(Faults, ADrainByHandIsRespected) {
  ASSERT_NO_FATAL_FAILURE(start_good());
  admin("set map " + map_path() + " shop 0");
  ASSERT_TRUE(says("Paused")) << output();
  EXPECT_FALSE(test::wait_until([&] { return share() > 0; }, 2500ms));
  abort_and_expect_the_end();
}

TEST_F(Faults, ASecondSerinIsRefused) {
  ASSERT_NO_FATAL_FAILURE(start_good(Plan{.steps = {{10, 60}}, .on_engine_loss = "hold"}));
  // With the same store, and with one of its own: the mark on the route tells.
  for (const std::string& store : {store_directory(), dir_.path() + "/elsewhere"}) {
    dir_.write("other.out", "");
    auto second = start_serin("v3", store);
    ASSERT_TRUE(second);
    auto status = second->wait(20s);
    ASSERT_TRUE(status) << store << dir_.read("other.out");
    EXPECT_NE(*status, 0) << store;
    std::string text = dir_.read("other.out");
    EXPECT_TRUE(text.find("belongs to") != std::string::npos ||
                text.find("is held by process") != std::string::npos)
        << text;
    EXPECT_EQ(share(), 10);
  }
  abort_and_expect_the_end();
}

TEST_F(Faults, TheRoutersSocketGoesAndComesBack) {
  ASSERT_NO_FATAL_FAILURE(start_good(Plan{.steps = {{10, 6}, {50, 60}}}));
  std::string away = world().socket() + ".away";
  ASSERT_EQ(std::rename(world().socket().c_str(), away.c_str()), 0);
  EXPECT_FALSE(says("RollingBack", 4s)) << output();
  ASSERT_EQ(std::rename(away.c_str(), world().socket().c_str()), 0);
  EXPECT_TRUE(says("canary at 50 %")) << output();
  abort_and_expect_the_end();
}

TEST_F(Faults, AFullDiskDoesNotHoldUpTheWayBack) {
  SmallDisk disk(dir_.file("disk"));
  if (!disk.error().empty()) GTEST_SKIP() << disk.error();
  use_store(disk.path() + "/store");
  write_rollout({.steps = {{10, 4}, {50, 60}}});
  ASSERT_TRUE(deploy({.version = "v2"}));
  start("v2");
  ASSERT_TRUE(says("canary at 10 %")) << output();
  disk.fill();
  // Nothing advances, though the step's time is over …
  EXPECT_FALSE(test::wait_until([&] { return share() > 10; }, 6s)) << output();
  EXPECT_TRUE(says("the journal can't be written, nothing advances")) << output();
  // … and a canary that fails leaves all the same.
  ASSERT_TRUE(deploy({.version = "v2", .error_rate = 0.5}));
  EXPECT_TRUE(test::wait_until([&] { return share() == 0; }, 25s)) << output();
  expect_no_traffic();
  // A release that has ended stays until the journal has its end.
  EXPECT_TRUE(says("Failed")) << output();
  disk.free();
  EXPECT_EQ(wait_for_exit(), kRolledBack) << output();
  EXPECT_EQ(run_command({"history", "--state", store_directory()}), 0);
  EXPECT_NE(dir_.read("command.out").find("Failed"), std::string::npos) << dir_.read("command.out");
  EXPECT_EQ(run_command({"journal", "check", "--state", store_directory()}), 0);
}

TEST_F(Faults, AStoreThatCanNotBeWrittenIsRefused) {
  SmallDisk disk(dir_.file("disk"));
  if (!disk.error().empty()) GTEST_SKIP() << disk.error();
  ASSERT_TRUE(disk.make_read_only());
  use_store(disk.path() + "/store");
  write_rollout();
  ASSERT_TRUE(deploy({.version = "v2"}));
  start("v2");
  int status = wait_for_exit();
  EXPECT_TRUE(status != 0 && status < 128) << status << output();
  EXPECT_NE(output().find("Read-only file system"), std::string::npos) << output();
  EXPECT_EQ(share(), 0);
}

TEST_F(Faults, ABusyDiskDoesNotHoldUpTheWayBack) {
  auto busy = Process::start(
      {.argv = {
           "sh", "-c",
           "while :; do dd if=/dev/zero of=$1 bs=64k count=16 conv=fsync,notrunc 2>/dev/null; done",
           "sh", dir_.file("busy")}});
  ASSERT_TRUE(busy);
  write_rollout({.steps = {{20, 60}}});
  ASSERT_TRUE(deploy({.version = "v2", .error_rate = 0.5}));
  start("v2");
  EXPECT_EQ(wait_for_exit(), kRolledBack) << output();
  EXPECT_EQ(share(), 0);
  expect_no_traffic();
}

}  // namespace
}  // namespace serin::torture
