// Entering and leaving service: health checks, stickiness, requests under way.
#include "integration/haproxy/world.h"
#include "support/scripted_server.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::ObservedTraffic;
using rollout::Weight;

class HaproxyService : public HaproxyWorld {};

TEST_F(HaproxyService, LeavingTakesTheCanaryOutAndGivesStableItsWeightBack) {
  start_weights({.stable = {"weight 40"}});
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(50));
  auto left = apply(0, false);
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_EQ(left->canary, Weight());
  EXPECT_FALSE(left->canary_slot.in_service);
  EXPECT_EQ(canary_of(200), 0);
  EXPECT_NE(admin("get weight be/s1").find("40 (initial 40)"), std::string::npos);
  EXPECT_NE(admin("get weight be/c1").find("0 (initial 0)"), std::string::npos);
  // Once more is harmless.
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_of(50), 0);
}

// HAProxy itself takes a server that is set ready for up, until checks fail.
TEST_F(HaproxyService, AServerComesBackOnlyWhenItsChecksPassed) {
  start_weights({.canary = {"weight 0 disabled"}});
  canary_.stop();
  auto claimed = apply(0);
  ASSERT_TRUE(claimed) << claimed.error().to_string();
  EXPECT_TRUE(claimed->canary_slot.in_service);
  EXPECT_TRUE(claimed->canary_slot.health_known);
  EXPECT_EQ(claimed->canary_slot.servers_ready, 0);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(observed().canary_slot.servers_ready, 0) << "before any check passed";
    pass(20ms);
  }
  ASSERT_NO_FATAL_FAILURE(canary_.start());
  ASSERT_TRUE(test::wait_until([&] { return observed().canary_slot.servers_ready == 1; }));
  EXPECT_EQ(canary_of(100), 0);
}

// The same with a share: it waits for the checks, and nobody is sent to a dead server meanwhile.
TEST_F(HaproxyService, AShareWaitsForTheChecks) {
  start_weights({.canary = {"weight 0 disabled"}});
  canary_.stop();
  auto late = apply(desired(20), 700ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded);
  EXPECT_NE(late.error().message.find("be/c1 did not pass the health checks"), std::string::npos)
      << late.error().message;
  auto waiting = observed();
  EXPECT_EQ(waiting.canary, Weight());
  EXPECT_FALSE(waiting.canary_slot.in_service) << "it has no share yet";
  test::Load load({.port = front_.number(), .clients = 2});
  std::optional<Result<ObservedTraffic>> got;
  router_->apply(desired(20), clock_.now().mono + test::kPatience,
                 [&](Result<ObservedTraffic> result) { got = std::move(result); });
  pass(200ms);
  EXPECT_FALSE(got);
  ASSERT_NO_FATAL_FAILURE(canary_.start());
  ASSERT_TRUE(wait([&] { return got.has_value(); }));
  ASSERT_TRUE(*got) << got->error().to_string();
  EXPECT_EQ((*got)->canary, Weight::from_units(2000));
  EXPECT_TRUE((*got)->canary_slot.in_service);
  EXPECT_EQ((*got)->canary_slot.servers_ready, 1);
  EXPECT_EQ(load.stop().failures, 0);
  // About a fifth: how exactly is share_test's business, and a busy machine may miss a check.
  EXPECT_NEAR(canary_of(500), 100, 25);
}

TEST_F(HaproxyService, ALaterCommandOvertakesOneThatWaits) {
  start_map({.green_words = "disabled"});
  canary_.stop();
  std::optional<Result<ObservedTraffic>> first;
  router_->apply(desired(20), clock_.now().mono + test::kPatience,
                 [&](Result<ObservedTraffic> result) { first = std::move(result); });
  pass(200ms);
  auto left = apply(0, false);
  ASSERT_TRUE(left) << left.error().to_string();
  ASSERT_TRUE(wait([&] { return first.has_value(); }));
  ASSERT_FALSE(*first);
  EXPECT_EQ(first->error().code, Code::cancelled);
  ASSERT_NO_FATAL_FAILURE(canary_.start());
  pass(500ms);
  EXPECT_EQ(canary_of(100), 0);
  EXPECT_FALSE(observed().canary_slot.in_service);
}

TEST_F(HaproxyService, MaintenanceDefeatsAStickyCookie) {
  start_weights({.backend_lines = "  cookie SRV insert indirect nocache\n",
                 .stable = {"weight 100 cookie one"},
                 .canary = {"weight 0 cookie two"}});
  ASSERT_NO_FATAL_FAILURE(claim());
  auto warned = preflight();
  ASSERT_TRUE(warned);
  ASSERT_EQ(warned->warnings.size(), 1U);
  EXPECT_NE(warned->warnings[0].find("cookie SRV"), std::string::npos);
  ASSERT_TRUE(apply(50));
  auto sticky = [&] {
    auto result =
        test::run_load({.port = front_.number(), .requests = 20, .headers = "Cookie: SRV=two\r\n"});
    EXPECT_EQ(result.failures, 0);
    return result.by_version["canary"];
  };
  EXPECT_EQ(sticky(), 20);
  ASSERT_TRUE(apply(0, true));
  EXPECT_EQ(sticky(), 20) << "weight 0 alone keeps them";
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(sticky(), 0);
}

// A service of our own that answers when it is told to.
class HaproxyDrain : public HaproxyWorld {
 protected:
  void start(const std::string& words = "") {
    ASSERT_NO_FATAL_FAILURE(stable_.start());
    start_proxy(test::Haproxy::preamble(dir_) + "frontend in\n  bind " + front_.address() +
                "\n  default_backend be\nbackend be\n  balance roundrobin\n  server s1 " +
                stable_.port().address() + " weight 100\n  server c1 127.0.0.1:" +
                std::to_string(slow_.port()) + " weight 0 " + words + "\n");
    make_router(weights_options());
  }
  // A request that the canary holds, on a thread of its own.
  std::thread hold(std::string& reply) {
    int before = held_;
    std::thread client([&] { reply = test::exchange(front_.number(), kRequest, 60s); });
    EXPECT_TRUE(test::wait_until([&] { return held_ > before; }));
    return client;
  }
  static constexpr const char* kRequest =
      "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n";
  std::atomic<int> held_ = 0;
  std::atomic<bool> release_ = false;
  test::ScriptedServer slow_{[this](test::Connection& peer) {
    if (peer.read_request().empty()) return;
    ++held_;
    test::wait_until([this] { return release_.load(); });
    peer.reply("", "200 OK", "X-Version: canary\r\n");
  }};
};

TEST_F(HaproxyDrain, RequestsUnderWayAreFinished) {
  start();
  ASSERT_TRUE(apply(100));
  std::string reply;
  std::thread client = hold(reply);
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_of(50), 0);
  release_ = true;
  client.join();
  EXPECT_NE(reply.find("200 OK"), std::string::npos) << reply;
}

TEST_F(HaproxyDrain, WhatGoesOnIsEndedAfterTheDrainTime) {
  start();
  drain_ = 300ms;
  ASSERT_TRUE(apply(100));
  std::string reply;
  std::thread client = hold(reply);
  ASSERT_TRUE(apply(0, false));
  Instant left = clock_.now().mono;
  ASSERT_TRUE(apply(0, false));  // told again, it does not begin anew
  std::atomic<bool> ended = false;
  std::thread waiter([&] {
    client.join();
    ended = true;
  });
  EXPECT_TRUE(wait([&] { return ended.load(); }));
  EXPECT_GE(clock_.now().mono - left, 250ms);
  waiter.join();
  EXPECT_EQ(reply.find("200 OK"), std::string::npos) << reply;
  release_ = true;
}

TEST_F(HaproxyDrain, ComingBackForgetsTheDrainTime) {
  start();
  drain_ = 200ms;
  ASSERT_TRUE(apply(100));
  std::string reply;
  std::thread client = hold(reply);
  ASSERT_TRUE(apply(0, false));
  ASSERT_TRUE(apply(100));
  pass(500ms);
  release_ = true;
  client.join();
  EXPECT_NE(reply.find("200 OK"), std::string::npos) << reply;
}

// Marking down cuts requests under way: the preflight says so, and weight 0 first lets them end.
TEST_F(HaproxyDrain, ShutdownSessionsIsWarnedOf) {
  start("on-marked-down shutdown-sessions");
  auto result = preflight();
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_TRUE(result->refusals.empty());
  EXPECT_TRUE(result->drain_before_maintenance);
  ASSERT_TRUE(apply(100));
  std::string reply;
  std::thread client = hold(reply);
  ASSERT_TRUE(apply(0, true));  // drains
  EXPECT_EQ(canary_of(20), 0);
  release_ = true;
  client.join();
  EXPECT_NE(reply.find("200 OK"), std::string::npos) << reply;
  release_ = false;
  ASSERT_TRUE(apply(100));
  std::thread cut = hold(reply);
  ASSERT_TRUE(apply(0, false));
  cut.join();
  EXPECT_EQ(reply.find("200 OK"), std::string::npos) << reply;
  release_ = true;
}

}  // namespace
}  // namespace serin::drivers
