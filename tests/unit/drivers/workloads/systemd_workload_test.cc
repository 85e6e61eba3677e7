// Units of systemd, by a stand-in for systemctl that keeps their names and states in files: no
// systemd runs where the tests do.
#include "drivers/workloads/systemd_workload.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using rollout::DesiredWorkload;
using rollout::ObservedWorkload;
using rollout::Slot;

constexpr const char* kStandIn = R"(#!/bin/sh
# Units are files in ./units with their states in them.
cd "$(dirname "$0")/units" || exit 1
verb=$1
echo "$@" >>../log
while [ "$1" != -- ]; do shift; done
shift
case $verb in
  list-units)
    for unit in $1; do
      [ -f "$unit" ] && echo "$unit loaded $(cat "$unit") running A unit"
    done
    exit 0 ;;
  start)
    [ -f ../broken ] && { echo "Failed to start $1: Unit not found." >&2; exit 5; }
    for unit in "$@"; do cat ../next >"$unit"; done ;;
  stop)
    for unit in "$@"; do echo inactive >"$unit"; done ;;
esac
)";

class SystemdWorkloadTest : public LoopTest {
 protected:
  void SetUp() override {
    dir_.write("systemctl", kStandIn);
    ASSERT_EQ(::chmod(dir_.file("systemctl").c_str(), 0700), 0);
    ASSERT_EQ(::mkdir(dir_.file("units").c_str(), 0700), 0);
    dir_.write("next", "active");
    make("shop-{slot}@{instance}.service");
  }
  void make(const std::string& unit, bool swapped = false) {
    auto workload =
        SystemdWorkload::create(loop_, {.unit = unit, .program = dir_.file("systemctl")}, swapped);
    ASSERT_TRUE(workload) << workload.error().to_string();
    workload_ = std::move(*workload);
  }
  Result<ObservedWorkload> apply(int instances, const std::string& version = "v2",
                                 Slot slot = Slot::canary) {
    Pending<ObservedWorkload> pending;
    workload_->apply(
        {.owner = "shop-1@here", .slot = slot, .version = version, .instances = instances},
        now() + test::kPatience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "from within the call";
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  std::string unit(const std::string& name) const { return dir_.read("units/" + name); }

  test::TempDir dir_;
  std::unique_ptr<SystemdWorkload> workload_;
};

TEST_F(SystemdWorkloadTest, StartsScalesAndStops) {
  auto two = apply(2);
  ASSERT_TRUE(two) << two.error().to_string();
  EXPECT_EQ(two->instances, 2);
  EXPECT_EQ(two->ready, 2);
  EXPECT_EQ(unit("shop-canary@1.service"), "active");
  auto one = apply(1);
  ASSERT_TRUE(one);
  EXPECT_EQ(one->instances, 1);
  EXPECT_EQ(unit("shop-canary@2.service"), "inactive\n");
  auto none = apply(0);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->instances, 0);
}

// Fresh instances of stable are the last ones of its slot, whichever place that is.
TEST_F(SystemdWorkloadTest, StablesLastOnesGoFirstInEitherPlace) {
  for (const std::string place : {"stable", "canary"}) {
    ASSERT_TRUE(apply(3, "v1", Slot::stable));
    ASSERT_TRUE(apply(1, "v1", Slot::stable));
    EXPECT_EQ(unit("shop-" + place + "@1.service"), "active");
    EXPECT_EQ(unit("shop-" + place + "@2.service"), "inactive\n");
    EXPECT_EQ(unit("shop-" + place + "@3.service"), "inactive\n");
    workload_->exchange_roles();
  }
}

TEST_F(SystemdWorkloadTest, AUnitOnItsWayIsNotReadyAndNotStartedAgain) {
  dir_.write("next", "activating");
  auto first = apply(1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->instances, 1);
  EXPECT_EQ(first->ready, 0);
  ASSERT_TRUE(apply(1));
  std::string log = dir_.read("log");
  EXPECT_EQ(log.find("start"), log.rfind("start")) << log;
}

TEST_F(SystemdWorkloadTest, AnotherVersionTakesTheOldOnesPlace) {
  make("shop-{slot}-{version}@{instance}.service");
  ASSERT_TRUE(apply(2, "1.0+b"));
  EXPECT_EQ(unit("shop-canary-1.0\\x2bb@1.service"), "active");
  auto next = apply(2, "2.0");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->instances, 2);
  EXPECT_EQ(next->version, "2.0");
  EXPECT_EQ(unit("shop-canary-1.0\\x2bb@1.service"), "inactive\n");
  EXPECT_EQ(unit("shop-canary-2.0@2.service"), "active");
  dir_.write("units/shop-canary-9@1.service", "active");
  Pending<ObservedWorkload> pending;
  workload_->observe(Slot::canary, now() + test::kPatience, pending.callback());
  ASSERT_TRUE(wait_for(pending));
  ASSERT_TRUE(*pending.result);
  EXPECT_TRUE((*pending.result)->mixed);
}

TEST_F(SystemdWorkloadTest, SlotsAreTheRoutersPlaces) {
  ASSERT_TRUE(apply(1, "v1", Slot::stable));
  EXPECT_EQ(unit("shop-stable@1.service"), "active");
  workload_->exchange_roles();
  auto canary = apply(0);
  ASSERT_TRUE(canary);
  EXPECT_EQ(unit("shop-stable@1.service"), "inactive\n");
}

TEST_F(SystemdWorkloadTest, SaysWhatSystemctlSays) {
  dir_.write("broken", "");
  auto failed = apply(1);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::unavailable);
  EXPECT_NE(failed.error().message.find("Unit not found"), std::string::npos);
}

TEST_F(SystemdWorkloadTest, RefusesWhatItCantDo) {
  make("shop-{slot}.service");
  EXPECT_TRUE(apply(1));
  auto two = apply(2);
  ASSERT_FALSE(two);
  EXPECT_NE(two.error().message.find("{instance}"), std::string::npos);
  EXPECT_FALSE(SystemdWorkload::create(loop_, {.unit = "shop.service"}, false));
  EXPECT_FALSE(SystemdWorkload::create(loop_, {.unit = "shop {slot}"}, false));
  make("shop-{slot}@{instance}.service");
  EXPECT_FALSE(apply(SystemdWorkload::kInstancesMax + 1));
}

}  // namespace
}  // namespace serin::drivers
