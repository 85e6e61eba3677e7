// The router driver on a real HAProxy, in both layouts. The services behind it are frontends of the
// same HAProxy that answer by themselves, so that every response comes at once.
#include "drivers/routers/haproxy/router.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/real_clock.h"
#include "support/http_get.h"
#include "support/servers.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::DesiredTraffic;
using rollout::ObservedTraffic;
using rollout::Weight;

class HaproxyRouterTest : public testing::Test {
 protected:
  std::string apps() {
    std::string text;
    for (auto [port, name] : {std::pair{&stable_, "stable"}, std::pair{&canary_, "canary"}}) {
      text += "frontend app-" + std::string(name) + "\n  bind " + port->address() +
              "\n  http-request return status 200 hdr X-Version " + name + "\n";
    }
    return text;
  }
  void start_weights(const std::string& backend_options = "  balance roundrobin\n",
                     const std::string& canary_options = "weight 0") {
    std::string config = test::Haproxy::preamble(dir_) + apps() + "frontend in\n  bind " +
                         front_.address() + "\n  default_backend be\nbackend be\n" +
                         backend_options + "  server s1 " + stable_.address() +
                         " check inter 200ms weight 100\n  server c1 " + canary_.address() +
                         " check inter 200ms rise 2 " + canary_options + "\n";
    launch(config);
    HaproxyOptions options;
    options.sockets = {haproxy_->socket_path()};
    options.backend = "be";
    options.stable_servers = {"s1"};
    options.canary_servers = {"c1"};
    make(options);
  }
  void start_map(bool swapped = false) {
    map_ = dir_.path() + "/share.map";
    std::ofstream(map_) << "shop " << (swapped ? 10000 : 0) << "\n";
    std::string config = test::Haproxy::preamble(dir_) + apps() + "frontend in\n  bind " +
                         front_.address() +
                         "\n  http-request set-var(txn.share) str(shop),map_str_int(" + map_ +
                         ",0)\n  use_backend green if { rand(10000),sub(txn.share) -m int lt 0 }\n"
                         "  default_backend blue\nbackend blue\n  server b1 " +
                         stable_.address() + " check inter 200ms\nbackend green\n  server g1 " +
                         canary_.address() + " check inter 200ms\n";
    launch(config);
    HaproxyOptions options;
    options.sockets = {haproxy_->socket_path()};
    options.map = map_;
    options.key = "shop";
    options.stable_backend = "blue";
    options.canary_backend = "green";
    options.swapped = swapped;
    make(options);
  }
  void launch(const std::string& config) {
    auto haproxy =
        test::Haproxy::start(dir_, config, {.port = front_.number(), .master_worker = true});
    ASSERT_TRUE(haproxy) << haproxy.error().to_string();
    haproxy_.emplace(std::move(*haproxy));
  }
  void make(HaproxyOptions options) {
    auto router = HaproxyRouter::create(loop_, std::move(options));
    ASSERT_TRUE(router) << router.error().to_string();
    router_ = std::move(*router);
  }
  template <class T, class Call>
  Result<T> wait(Call call) {
    std::optional<Result<T>> got;
    call(loop_.clock().now().mono + 5s, [&](Result<T> result) { got = std::move(result); });
    EXPECT_FALSE(got) << "never from within the call";
    EXPECT_TRUE(loop_.run_until([&] { return got.has_value(); }, 10s));
    return got ? std::move(*got) : Result<T>(fail(Code::internal, "no answer"));
  }
  Result<ObservedTraffic> apply(double percent, bool in_service = true,
                                std::string owner = "shop-1") {
    DesiredTraffic desired;
    desired.owner = std::move(owner);
    desired.generation = ++generation_;
    desired.canary = Weight::from_units(static_cast<int>(percent * 100));
    desired.canary_in_service = in_service;
    return wait<ObservedTraffic>(
        [&](Instant deadline, auto done) { router_->apply(desired, deadline, std::move(done)); });
  }
  Result<ObservedTraffic> observe() {
    return wait<ObservedTraffic>(
        [&](Instant deadline, auto done) { router_->observe(deadline, std::move(done)); });
  }
  Result<rollout::Preflight> preflight() {
    return wait<rollout::Preflight>(
        [&](Instant deadline, auto done) { router_->preflight(deadline, std::move(done)); });
  }
  // Until the canary's servers are up by their checks.
  void until_ready() {
    for (int i = 0; i < 200; ++i) {
      auto observed = observe();
      ASSERT_TRUE(observed) << observed.error().to_string();
      if (observed->canary_slot.servers_ready == observed->canary_slot.servers_total) return;
      loop_.run_until([] { return false; }, 50ms);
    }
    FAIL() << "the canary never became ready";
  }
  int canary_responses(int requests) {
    int count = 0;
    for (int i = 0; i < requests; ++i) {
      auto reply = test::http_get(front_.number(), "/");
      EXPECT_EQ(reply.status, 200);
      if (reply.header("X-Version") == "canary") ++count;
    }
    return count;
  }

  test::TempDir dir_;
  test::Port front_;
  test::Port stable_;
  test::Port canary_;
  std::string map_;
  std::optional<test::Haproxy> haproxy_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  std::unique_ptr<HaproxyRouter> router_;
  std::uint64_t generation_ = 0;
};

TEST_F(HaproxyRouterTest, WeightsGiveExactShares) {
  start_weights();
  ASSERT_TRUE(apply(0));
  until_ready();
  auto observed = apply(25);
  ASSERT_TRUE(observed) << observed.error().to_string();
  EXPECT_EQ(observed->canary, Weight::from_units(2500));
  EXPECT_EQ(observed->owner, "shop-1");
  EXPECT_TRUE(observed->canary_slot.health_known);
  EXPECT_EQ(canary_responses(200), 50);
  double before = observed->canary_slot.counts.requests;
  auto after = observe();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->canary_slot.counts.requests - before, 50);
}

TEST_F(HaproxyRouterTest, ReturnToStableTakesTheCanaryOutAndGivesTheRouteBack) {
  start_weights();
  ASSERT_TRUE(apply(0));
  until_ready();
  ASSERT_TRUE(apply(50));
  auto observed = apply(0, false);
  ASSERT_TRUE(observed);
  EXPECT_EQ(observed->canary, Weight());
  EXPECT_FALSE(observed->canary_slot.in_service);
  EXPECT_EQ(canary_responses(50), 0);
  observed = apply(0, false, "");
  ASSERT_TRUE(observed);
  EXPECT_EQ(observed->owner, "");
}

TEST_F(HaproxyRouterTest, MapGivesSharesOfAHundredthOfAPercent) {
  start_map();
  ASSERT_TRUE(apply(0));
  until_ready();
  auto observed = apply(0.01);
  ASSERT_TRUE(observed) << observed.error().to_string();
  EXPECT_EQ(observed->canary, Weight::from_units(1));
  ASSERT_TRUE(apply(100));
  EXPECT_EQ(canary_responses(50), 50);
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_responses(50), 0);
}

TEST_F(HaproxyRouterTest, SwappedRolesTurnTheMapAround) {
  start_map(true);  // green is stable now, and takes everything
  EXPECT_EQ(canary_responses(20), 20);
  auto observed = observe();
  ASSERT_TRUE(observed);
  EXPECT_EQ(observed->canary, Weight());
  ASSERT_TRUE(apply(100));
  EXPECT_EQ(canary_responses(20), 0) << "blue is the canary slot";
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_responses(20), 20);
}

TEST_F(HaproxyRouterTest, AReloadResetsTheShareAndShows) {
  start_map();
  ASSERT_TRUE(apply(0));
  until_ready();
  auto before = apply(50);
  ASSERT_TRUE(before);
  ASSERT_TRUE(haproxy_->reload());
  auto after = observe();
  ASSERT_TRUE(after) << after.error().to_string();
  EXPECT_NE(after->router_instance, before->router_instance);
  EXPECT_EQ(after->canary, Weight())
      << "what the proxy reads at a reload has no share for the canary";
  EXPECT_EQ(after->owner, "shop-1");
  auto again = apply(50);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->canary, Weight::from_units(5000));
}

TEST_F(HaproxyRouterTest, AnotherOwnersRouteIsRefused) {
  start_map();
  ASSERT_TRUE(apply(0));
  auto refused = apply(10, true, "shop-2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("shop-1"), std::string::npos);
}

TEST_F(HaproxyRouterTest, UnknownNamesAndSocketsAreNamed) {
  start_weights();
  HaproxyOptions options = router_->options();
  options.canary_servers = {"c9"};
  make(options);
  auto result = preflight();
  ASSERT_TRUE(result) << result.error().to_string();
  ASSERT_EQ(result->refusals.size(), 1U);
  EXPECT_NE(result->refusals[0].find("no server 'c9' (servers: s1, c1)"), std::string::npos)
      << result->refusals[0];
  options.canary_servers = {"c1"};
  options.backend = "bee";
  make(options);
  result = preflight();
  ASSERT_TRUE(result);
  EXPECT_NE(result->refusals.at(0).find("no backend 'bee'"), std::string::npos);
  options.sockets = {dir_.path() + "/none.sock"};
  make(options);
  auto gone = preflight();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::unavailable);
  EXPECT_NE(gone.error().to_string().find("none.sock"), std::string::npos);
}

TEST_F(HaproxyRouterTest, AlgorithmsOnWhichWeightsMeanNothingAreRefused) {
  start_weights("  balance leastconn\n");
  auto result = preflight();
  ASSERT_TRUE(result) << result.error().to_string();
  ASSERT_EQ(result->refusals.size(), 1U);
  EXPECT_NE(result->refusals[0].find("balance roundrobin"), std::string::npos);
}

TEST_F(HaproxyRouterTest, ACanaryThatAReloadWouldBringIntoTrafficIsRefused) {
  start_weights("  balance roundrobin\n", "weight 10");
  auto result = preflight();
  ASSERT_TRUE(result);
  ASSERT_EQ(result->refusals.size(), 1U);
  EXPECT_NE(result->refusals[0].find("weight 0"), std::string::npos);
}

TEST_F(HaproxyRouterTest, AGoodSetUpPasses) {
  start_weights();
  auto result = preflight();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->refusals.empty());
}

TEST_F(HaproxyRouterTest, AForeignChangeIsSeen) {
  start_weights();
  ASSERT_TRUE(apply(0));
  until_ready();
  ASSERT_TRUE(apply(50));
  haproxy_->admin("set server be/c1 weight 10");
  auto observed = observe();
  ASSERT_TRUE(observed);
  EXPECT_LT(observed->canary, Weight::from_units(2000));
}

}  // namespace
}  // namespace serin::drivers
