#include "drivers/workloads/process_workload.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/random.h"
#include "tests/support/http_get.h"
#include "tests/support/paths.h"
#include "tests/support/ports.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::DesiredWorkload;
using rollout::ObservedWorkload;
using rollout::Slot;

class ProcessWorkloadTest : public LoopTest {
 protected:
  void SetUp() override {
    options_.name = "shop";
    options_.command = {test::binary_dir() + "/examples/demo/serin-demo-service", "--port",
                        "{port}", "--version", "{version}"};
    options_.ports = {{{stable_.number()}, {first_.number(), second_.number()}}};
    options_.health = "/healthz";
    options_.stop_timeout = 5s;
    options_.directory_of_files = dir_.path();
    make();
  }
  void TearDown() override {
    for (Slot slot : {Slot::stable, Slot::canary}) {
      EXPECT_TRUE(
          until(desired(0, "v2", slot), [](const auto& now) { return now.instances == 0; }));
    }
  }
  void make() { workload_ = std::make_unique<ProcessWorkload>(loop_, *http_, options_, false); }
  static DesiredWorkload desired(int instances, const std::string& version = "v2",
                                 Slot slot = Slot::canary) {
    return {.owner = "shop-1@here", .slot = slot, .version = version, .instances = instances};
  }
  Result<ObservedWorkload> apply(const DesiredWorkload& wanted) {
    Pending<ObservedWorkload> pending;
    workload_->apply(wanted, soon(), pending.callback());
    EXPECT_EQ(pending.calls, 0) << "from within the call";
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  // Asks again and again, as the engine does.
  bool until(const DesiredWorkload& wanted,
             const std::function<bool(const ObservedWorkload&)>& holds) {
    Instant end = soon();
    while (now() < end) {
      auto observed = apply(wanted);
      EXPECT_TRUE(observed) << observed.error().to_string();
      if (!observed) return false;
      if (holds(*observed)) return true;
      loop_.run_until([] { return false; }, 50ms);
    }
    return false;
  }
  bool is_up(int instances, const std::string& version = "v2") {
    return until(desired(instances, version), [&](const ObservedWorkload& now) {
      return now.ready == instances && now.instances == instances && now.version == version;
    });
  }
  std::optional<Instance> found(int number) const {
    return Instance::find(dir_.file("shop-canary-" + std::to_string(number)));
  }
  std::optional<Instance> find_at(int port) const {
    for (const char* place : {"stable", "canary"}) {
      for (int number : {1, 2}) {
        auto instance = Instance::find(dir_.file(fmt::format("shop-{}-{}", place, number)));
        if (instance && instance->port() == port) return instance;
      }
    }
    return std::nullopt;
  }

  test::TempDir dir_;
  test::Port stable_;
  test::Port first_;
  test::Port second_;
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  ProcessWorkloadOptions options_;
  std::unique_ptr<ProcessWorkload> workload_;
};

TEST_F(ProcessWorkloadTest, InstancesAreStartedScaledAndStopped) {
  ASSERT_TRUE(is_up(1));
  EXPECT_EQ(test::http_get(first_.number(), "/").header("X-Version"), "v2");
  ASSERT_TRUE(is_up(2));
  EXPECT_EQ(test::http_get(second_.number(), "/").header("X-Version"), "v2");
  ASSERT_TRUE(is_up(1));
  EXPECT_EQ(test::http_get(second_.number(), "/").status, 0);
}

// Fresh instances of stable are the last ones of its slot, whichever place that is.
TEST_F(ProcessWorkloadTest, StablesLastOnesGoFirstInEitherPlace) {
  test::Port third;
  options_.ports[0] = {stable_.number(), third.number()};
  make();
  auto stable = [&](int instances) {
    return until(desired(instances, "v1", Slot::stable), [&](const ObservedWorkload& now) {
      return now.ready == instances && now.instances == instances;
    });
  };
  for (const std::vector<int>& ports : {options_.ports[0], options_.ports[1]}) {
    ASSERT_TRUE(stable(1));
    const pid_t own = find_at(ports[0])->pid();
    ASSERT_TRUE(stable(2));
    ASSERT_TRUE(stable(1));
    EXPECT_EQ(find_at(ports[0])->pid(), own);
    EXPECT_FALSE(find_at(ports[1]));
    workload_->exchange_roles();
  }
}

// One that has ended and is to be started again is still one of the slot's.
TEST_F(ProcessWorkloadTest, OneThatHasEndedIsCountedAndNotReady) {
  ASSERT_TRUE(is_up(2));
  found(1)->signal(SIGKILL);
  ASSERT_TRUE(run_until([&] { return !found(1); }));
  auto now = apply(desired(2));
  ASSERT_TRUE(now);
  EXPECT_EQ(now->instances, 2);
  EXPECT_EQ(now->version, "v2");
  EXPECT_FALSE(now->mixed);
  EXPECT_TRUE(is_up(2));
}

TEST_F(ProcessWorkloadTest, AnotherVersionTakesThePlaceOfTheOldOne) {
  ASSERT_TRUE(is_up(2, "v2"));
  auto between = apply(desired(2, "v3"));
  ASSERT_TRUE(between);
  ASSERT_TRUE(is_up(2, "v3"));
  EXPECT_EQ(test::http_get(first_.number(), "/").header("X-Version"), "v3");
}

TEST_F(ProcessWorkloadTest, OneThatEndsIsStartedAgain) {
  ASSERT_TRUE(is_up(1));
  pid_t before = found(1)->pid();
  found(1)->signal(SIGKILL);
  ASSERT_TRUE(run_until([&] {
    auto now = found(1);
    return now && now->pid() != before;
  }));
  EXPECT_TRUE(is_up(1));
}

TEST_F(ProcessWorkloadTest, TheyOutliveSerinAndAreFoundAgain) {
  ASSERT_TRUE(is_up(2));
  pid_t first = found(1)->pid();
  workload_.reset();
  EXPECT_EQ(test::http_get(first_.number(), "/").status, 200);
  make();
  Pending<ObservedWorkload> pending;
  workload_->observe(Slot::canary, soon(), pending.callback());
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(**pending.result, (ObservedWorkload{.instances = 2, .ready = 2, .version = "v2"}));
  EXPECT_EQ(found(1)->pid(), first);
  // What was found is looked after too.
  found(2)->signal(SIGKILL);
  EXPECT_TRUE(run_until([&] { return found(2).has_value(); }));
}

TEST_F(ProcessWorkloadTest, AProcessThatTookTheIdIsNotOurs) {
  dir_.write("shop-canary-1.json", "{\"pid\":" + std::to_string(::getpid()) +
                                       ",\"started\":1,\"version\":\"v2\",\"port\":1}");
  EXPECT_FALSE(found(1));
}

TEST_F(ProcessWorkloadTest, MoreThanThePortsIsRefused) {
  auto refused = apply(desired(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_NE(refused.error().message.find("canaryPorts names 2"), std::string::npos);
}

TEST_F(ProcessWorkloadTest, OneThatDoesNotStopIsKilled) {
  options_.command = {"sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"};
  options_.health = "";
  options_.stop_timeout = 200ms;
  make();
  ASSERT_TRUE(until(desired(1), [](const auto& now) { return now.instances == 1; }));
  EXPECT_TRUE(until(desired(0), [](const auto& now) { return now.instances == 0; }));
}

TEST_F(ProcessWorkloadTest, AProgramThatIsMissingIsNamed) {
  options_.command = {"/nowhere/shop-{version}"};
  make();
  auto failed = apply(desired(1));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::not_found);
  EXPECT_NE(failed.error().message.find("/nowhere/shop-v2"), std::string::npos);
}

}  // namespace
}  // namespace serin::drivers
