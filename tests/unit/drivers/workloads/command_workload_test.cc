#include "drivers/workloads/command_workload.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::DesiredWorkload;
using rollout::ObservedWorkload;
using rollout::Slot;

class CommandWorkloadTest : public LoopTest {
 protected:
  CommandWorkloadOptions sh(const std::string& apply, const std::string& observe = "") {
    CommandWorkloadOptions options;
    options.apply = {"sh", "-c", apply, "sh", "{slot}", "{version}", "{instances}"};
    if (!observe.empty()) options.observe = {"sh", "-c", observe, "sh", "{slot}"};
    return options;
  }
  void make(CommandWorkloadOptions options, bool swapped = false) {
    workload_ = std::make_unique<CommandWorkload>(loop_, std::move(options), swapped);
  }
  static DesiredWorkload desired(int instances, const std::string& version = "v2",
                                 Slot slot = Slot::canary) {
    return {.owner = "shop-1@here", .slot = slot, .version = version, .instances = instances};
  }
  Result<ObservedWorkload> apply(const DesiredWorkload& wanted,
                                 Duration patience = test::kPatience) {
    Pending<ObservedWorkload> pending;
    workload_->apply(wanted, now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "from within the call";
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  std::string log() const { return dir_.read("log"); }
  std::string file(const char* name) const { return dir_.file(name); }

  test::TempDir dir_;
  std::unique_ptr<CommandWorkload> workload_;
};

TEST_F(CommandWorkloadTest, TheCommandIsToldWhatIsWanted) {
  make(sh("echo $1 $2 $3 $SERIN_SLOT $SERIN_VERSION $SERIN_INSTANCES $SERIN_RELEASE >" +
          file("log")));
  auto observed = apply(desired(3));
  ASSERT_TRUE(observed) << observed.error().to_string();
  EXPECT_EQ(log(), "canary v2 3 canary v2 3 shop-1@here\n");
  EXPECT_EQ(*observed, (ObservedWorkload{.instances = 3, .ready = 3, .version = "v2"}));
}

TEST_F(CommandWorkloadTest, AfterAnExchangeTheSlotsAreInEachOthersPlace) {
  make(sh("echo $1 >>" + file("log")), true);
  ASSERT_TRUE(apply(desired(1)));
  workload_->exchange_roles();
  ASSERT_TRUE(apply(desired(1)));
  ASSERT_TRUE(apply(desired(1, "v1", Slot::stable)));
  EXPECT_EQ(log(), "stable\ncanary\nstable\n");
}

// Which ones go is the command's: it is told stable's number, in the place where stable is.
TEST_F(CommandWorkloadTest, StableIsScaledInEitherPlace) {
  make(sh("echo $1 $2 $3 >>" + file("log")));
  ASSERT_TRUE(apply(desired(3, "v1", Slot::stable)));
  ASSERT_TRUE(apply(desired(2, "v1", Slot::stable)));
  workload_->exchange_roles();
  ASSERT_TRUE(apply(desired(3, "v1", Slot::stable)));
  EXPECT_EQ(log(), "stable v1 3\nstable v1 2\ncanary v1 3\n");
}

TEST_F(CommandWorkloadTest, WhatRunsIsAsked) {
  make(sh("true", "echo '{\"instances\": 2, \"ready\": 1, \"version\": \"v2\"}'"));
  auto observed = apply(desired(2));
  ASSERT_TRUE(observed);
  EXPECT_EQ(*observed, (ObservedWorkload{.instances = 2, .ready = 1, .version = "v2"}));
  Pending<ObservedWorkload> pending;
  workload_->observe(Slot::canary, soon(), pending.callback());
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(**pending.result, *observed);
}

TEST_F(CommandWorkloadTest, AFailureCarriesItsLastLine) {
  make(sh("echo one >&2; echo 'no such image' >&2; exit 4"));
  auto failed = apply(desired(1));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_EQ(failed.error().message, "sh ended with status 4: no such image");
  Pending<ObservedWorkload> pending;
  workload_->observe(Slot::canary, soon(), pending.callback());
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(pending.code(), Code::failed_precondition);
}

// A start takes longer than a call may wait: asked again, the same command is waited for.
TEST_F(CommandWorkloadTest, ACommandOutlivesTheCallThatBeganIt) {
  make(sh("echo start >>" + file("log") + "; while [ ! -e " + file("go") +
          " ]; do sleep 0.01; done"));
  auto late = apply(desired(2), 100ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded);
  Pending<ObservedWorkload> pending;
  workload_->apply(desired(2), soon(), pending.callback());
  run_briefly();
  EXPECT_EQ(pending.calls, 0);
  dir_.write("go", "");
  ASSERT_TRUE(wait_for(pending));
  EXPECT_TRUE(*pending.result);
  EXPECT_EQ(log(), "start\n") << "once";
}

TEST_F(CommandWorkloadTest, AnotherStateComesAfterIt) {
  make(sh("echo $3 >>" + file("log") + "; [ $3 = 3 ] || while [ ! -e " + file("go") +
          " ]; do sleep 0.01; done"));
  Pending<ObservedWorkload> first;
  Pending<ObservedWorkload> second;
  Pending<ObservedWorkload> third;
  workload_->apply(desired(1), soon(), first.callback());
  workload_->apply(desired(2), soon(), second.callback());
  workload_->apply(desired(3), soon(), third.callback());
  ASSERT_TRUE(wait_for(second));
  EXPECT_EQ(second.code(), Code::cancelled) << "overtaken before it began";
  dir_.write("go", "");
  ASSERT_TRUE(wait_for(first));
  ASSERT_TRUE(wait_for(third));
  EXPECT_EQ(log(), "1\n3\n");
}

TEST_F(CommandWorkloadTest, NothingHoldsUpStopping) {
  make(sh("echo $3 >>" + file("log") + "; [ $3 = 0 ] || sleep 1000"));
  Pending<ObservedWorkload> start;
  workload_->apply(desired(2), soon(), start.callback());
  ASSERT_TRUE(run_until([&] { return log() == "2\n"; }));
  auto stopped = apply(desired(0));
  ASSERT_TRUE(stopped) << stopped.error().to_string();
  EXPECT_EQ(start.code(), Code::cancelled);
  EXPECT_EQ(log(), "2\n0\n");
}

TEST_F(CommandWorkloadTest, ItIsKilledAfterItsTime) {
  CommandWorkloadOptions options = sh("sleep 1000");
  options.timeout = 100ms;
  make(std::move(options));
  auto late = apply(desired(1));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded);
  EXPECT_NE(late.error().message.find("killed"), std::string::npos);
}

TEST_F(CommandWorkloadTest, CallsThatWaitAreBounded) {
  make(sh("sleep 1000"));
  std::vector<Pending<ObservedWorkload>> pending(CommandWorkload::kWaitersMax + 1);
  for (auto& one : pending) workload_->apply(desired(1), soon(), one.callback());
  ASSERT_TRUE(wait_for(pending.back()));
  EXPECT_EQ(pending.back().code(), Code::rate_limited);
  EXPECT_EQ(pending.front().calls, 0);
  workload_.reset();
}

TEST(CommandWorkloadOutput, IsReadOrNamed) {
  EXPECT_EQ(*read_workload(R"({"instances": 2})"),
            (ObservedWorkload{.instances = 2, .ready = 2, .version = ""}));
  EXPECT_TRUE(read_workload(R"({"instances": 2, "mixed": true})")->mixed);
  for (const char* bad : {"", "2", "{}", R"({"instances": -1})", R"({"instances": 1, "ready": 2})",
                          R"({"instances": "2"})"}) {
    auto read = read_workload(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Code::data_loss);
    EXPECT_NE(read.error().message.find("\"instances\": 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace serin::drivers
