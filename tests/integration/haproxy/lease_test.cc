// `onEngineLoss: stable`: the canary leaves by itself when nobody answers the lease's check, and
// comes back only when it is told to.
#include "app/acting/lease.h"

#include <cstdio>

#include "integration/haproxy/world.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::ObservedTraffic;
using rollout::Weight;

class HaproxyLease : public HaproxyWorld {
 protected:
  static constexpr const char* kCheckOfLease = " check inter 500ms fall 4 rise 1\n";

  std::string lease_backend(const std::string& words = kCheckOfLease) const {
    return "backend serin_lease\n  option httpchk GET /lease\n  server engine " +
           health_.address() + words;
  }
  std::string follow() const {
    std::string map = dir_.file("share.map");
    return "  http-request set-var(txn.share) str(shop.base),map_str_int(" + map +
           ",0)\n  http-request set-var(txn.share) str(shop),map_str_int(" + map +
           ",0) if { nbsrv(serin_lease) ge 1 }\n"
           "  use_backend green if { rand(10000),sub(txn.share) -m int lt 0 }\n";
  }
  void start_leased_map() {
    start_map(
        {.map_text = "shop 0\nshop.base 0\n", .frontend_lines = follow(), .more = lease_backend()});
    begin();
  }
  void start_leased_weights() {
    ASSERT_NO_FATAL_FAILURE(stable_.start());
    ASSERT_NO_FATAL_FAILURE(canary_.start());
    start_proxy(test::Haproxy::preamble(dir_) + "frontend in\n  bind " + front_.address() +
                "\n  default_backend be\nbackend be\n  balance roundrobin\n  server s1 " +
                stable_.port().address() + kCheck + " weight 100\n  server c1 " +
                canary_.port().address() + " weight 0 track serin_lease/engine\n" +
                lease_backend());
    make_router(weights_options());
    begin();
  }
  // The engine is there: a router that leases, and who answers for it.
  void begin() {
    if (HasFatalFailure()) return;
    HaproxyOptions options = router_->options();
    options.lease_backend = "serin_lease";
    options.lease_listen = health_.address();
    make_router(options);
    serve();
  }
  void serve() {
    auto lease = app::LeaseServer::listen(
        loop_, health_.address(),
        [this](app::LeaseServer::Answer answer) { router_->ask_lease(std::move(answer)); });
    ASSERT_TRUE(lease) << lease.error().to_string();
    lease_ = std::move(*lease);
  }
  bool lease_is_up() const {
    return admin("show servers state serin_lease").find(" engine 127.0.0.1 2 ") !=
           std::string::npos;
  }
  rollout::DesiredTraffic leased(double percent, bool in_service = true) const {
    auto wanted = desired(percent, in_service);
    wanted.lease = true;
    return wanted;
  }
  bool is_granted() {
    std::optional<bool> granted;
    router_->ask_lease([&](bool is) { granted = is; });
    EXPECT_TRUE(wait([&] { return granted.has_value(); }));
    return granted.value_or(false);
  }
  // HAProxy takes a server that it has just met for down after one check that fails.
  void grow_strong() { pass(2200ms); }
  // The engine dies: nobody answers, nobody commands. All requests go to `version` soon.
  void expect_the_canary_leaves(const char* version) {
    grow_strong();
    test::Load load({.port = front_.number(), .clients = 2});
    ASSERT_TRUE(wait([&] { return load.answered() > 50; }));
    lease_.reset();
    Instant gone = clock_.now().mono;
    auto others = [&] {
      auto result = test::run_load({.port = front_.number(), .requests = 40, .clients = 1});
      return 40 - result.by_version[version];
    };
    EXPECT_GT(others(), 0) << "not before the lease lapses";
    while (others() > 0 && clock_.now().mono - gone < 20s) pass(50ms);
    // Four checks of half a second that fail, and no more than that.
    EXPECT_LT(clock_.now().mono - gone, 3s);
    EXPECT_EQ(others(), 0);
    EXPECT_EQ(load.stop().failures, 0);
  }

  test::Port health_;
  std::unique_ptr<app::LeaseServer> lease_;
};

TEST_F(HaproxyLease, InTheMapLayoutTheShareFollowsIt) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  EXPECT_EQ(refusals(), "");
  ASSERT_TRUE(apply(leased(0)));
  auto set = apply(leased(50));
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->canary, Weight::from_units(5000));
  EXPECT_GT(canary_of(100), 20);
  expect_the_canary_leaves("stable");
  auto lapsed = observed();
  EXPECT_EQ(lapsed.canary, Weight()) << "what the map says does not count without the lease";
}

// After an exchange of roles it is the other slot that is left.
TEST_F(HaproxyLease, InTheMapLayoutItFollowsAnExchangeOfRoles) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(100)));
  router_->exchange_roles();
  ASSERT_TRUE(apply(leased(0)));
  auto set = apply(leased(50));
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_LT(canary_of(100), 100);
  expect_the_canary_leaves("canary");
}

// A serin that dies right after it: the new stable slot keeps its traffic.
TEST_F(HaproxyLease, AnExchangeOfRolesNeedsNoFurtherCommand) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(100)));
  router_->exchange_roles();
  ASSERT_TRUE(wait([&] {
    return admin("show map " + dir_.file("share.map")).find("shop.base 10000") != std::string::npos;
  }));
  lease_.reset();
  ASSERT_TRUE(test::wait_until([&] { return !lease_is_up(); }));
  EXPECT_EQ(canary_of(50), 50) << "green is stable now";
}

TEST_F(HaproxyLease, InTheWeightsLayoutTheCanaryTracksIt) {
  ASSERT_NO_FATAL_FAILURE(start_leased_weights());
  EXPECT_EQ(refusals(), "");
  ASSERT_TRUE(apply(leased(0)));
  auto set = apply(leased(50));
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_TRUE(set->canary_slot.health_known);
  EXPECT_NEAR(canary_of(100), 50, 2);
  expect_the_canary_leaves("stable");
}

// A new engine finds a lease that lapsed with a share set: answering must not bring the canary
// back.
TEST_F(HaproxyLease, ARestartBringsNoCanaryBack) {
  for (bool map : {true, false}) {
    SCOPED_TRACE(map);
    if (map) {
      ASSERT_NO_FATAL_FAILURE(start_leased_map());
    } else {
      router_.reset();
      lease_.reset();
      proxy_.reset();
      stable_.stop();
      canary_.stop();
      ASSERT_NO_FATAL_FAILURE(start_leased_weights());
    }
    ASSERT_TRUE(apply(leased(0)));
    ASSERT_TRUE(apply(leased(50)));
    lease_.reset();
    ASSERT_TRUE(test::wait_until([&] { return !lease_is_up(); }));
    make_router(router_->options());
    serve();
    EXPECT_FALSE(is_granted());
    EXPECT_EQ(observed().canary, Weight());
    pass(1200ms);
    EXPECT_FALSE(lease_is_up());
    EXPECT_EQ(canary_of(100), 0);
    // A command settles it: first nothing, then what it says.
    ASSERT_TRUE(apply(leased(0)));
    EXPECT_TRUE(wait([&] { return lease_is_up(); }));
    EXPECT_EQ(canary_of(100), 0);
    auto set = apply(leased(50));
    ASSERT_TRUE(set) << set.error().to_string();
    EXPECT_GT(canary_of(100), 20);
  }
}

// The same command again waits for the lease, and then the share is there.
TEST_F(HaproxyLease, ACommandBringsItBack) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(50)));
  lease_.reset();
  ASSERT_TRUE(test::wait_until([&] { return !lease_is_up(); }));
  observed();
  serve();
  auto set = apply(leased(50));
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->canary, Weight::from_units(5000));
}

// An engine that restarts before the lease lapsed goes on as if nothing had been.
TEST_F(HaproxyLease, AQuickRestartKeepsIt) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(50)));
  lease_.reset();
  make_router(router_->options());
  serve();
  EXPECT_EQ(observed().canary, Weight::from_units(5000));
  EXPECT_TRUE(is_granted());
  pass(3s);
  EXPECT_EQ(observed().canary, Weight::from_units(5000));
}

// Where serin stood still, its answers after that do not bring the canary back either.
TEST_F(HaproxyLease, AStandstillEndsIt) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(50)));
  grow_strong();
  EXPECT_TRUE(is_granted());
  // Nobody runs the loop: what a stopped process is to HAProxy.
  ASSERT_TRUE(test::wait_until([&] { return !lease_is_up(); }));
  pass(1200ms);
  EXPECT_FALSE(lease_is_up());
  EXPECT_FALSE(is_granted());
  EXPECT_EQ(canary_of(100), 0);
}

// Who can't steer does not hold the canary in; for a while the socket may be gone.
TEST_F(HaproxyLease, AnEngineThatSeesNothingLetsGo) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  ASSERT_TRUE(apply(leased(0)));
  ASSERT_TRUE(apply(leased(50)));
  EXPECT_TRUE(is_granted());
  std::string gone = proxy_->socket_path() + ".gone";
  ASSERT_EQ(::rename(proxy_->socket_path().c_str(), gone.c_str()), 0);
  EXPECT_TRUE(is_granted()) << "it was read a moment ago";
  Instant start = clock_.now().mono;
  while (is_granted() && clock_.now().mono - start < 20s) pass(200ms);
  EXPECT_GE(clock_.now().mono - start, HaproxyRouter::kLeaseBlindMax - 2s);
  EXPECT_LT(clock_.now().mono - start, HaproxyRouter::kLeaseBlindMax + 2s);
  ASSERT_EQ(::rename(gone.c_str(), proxy_->socket_path().c_str()), 0);
}

// Without `lease` the route stays as it is, with the same configuration of HAProxy.
TEST_F(HaproxyLease, AHeldRouteStays) {
  ASSERT_NO_FATAL_FAILURE(start_leased_map());
  HaproxyOptions held = router_->options();
  held.lease_backend = "";
  make_router(held);
  lease_.reset();
  ASSERT_TRUE(test::wait_until([&] { return !lease_is_up(); }));
  ASSERT_TRUE(apply(0));
  ASSERT_TRUE(apply(50));
  EXPECT_GT(canary_of(100), 20);
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_of(100), 0);
}

TEST_F(HaproxyLease, WithoutItsBackendTheLinesToAddAreNamed) {
  start_map();
  begin();
  std::string text = refusals();
  for (const std::string& part :
       {std::string("backend serin_lease\n"), "server engine " + health_.address() + " check",
        std::string("str(shop.base),map_str_int("), std::string("if { nbsrv(serin_lease) ge 1 }"),
        std::string("onEngineLoss: hold")}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST_F(HaproxyLease, ASetUpThatWouldNotWorkIsRefused) {
  struct Case {
    std::string frontend;
    std::string backend;
    const char* says;
  };
  std::string followed = follow();
  std::string plain = followed.substr(followed.find('\n') + 1);
  plain.replace(plain.find(" if { nbsrv(serin_lease) ge 1 }"),
                std::string(" if { nbsrv(serin_lease) ge 1 }").size(), "");
  std::string elsewhere =
      "backend serin_lease\n  server engine 127.0.0.1:1" + std::string(kCheckOfLease);
  for (const Case& c :
       {Case{plain, lease_backend(), "whether or not serin is there (haproxy.cfg:"},
        Case{followed, lease_backend(" check inter 2s fall 3\n"), "3 checks 2s apart take 6s"},
        Case{followed, lease_backend("\n"), "serin_lease/engine is not checked"},
        Case{followed, elsewhere, "its one server must be serin"}}) {
    router_.reset();
    lease_.reset();
    proxy_.reset();
    if (stable_.is_running()) stable_.stop();
    if (canary_.is_running()) canary_.stop();
    start_map({.frontend_lines = c.frontend, .more = c.backend});
    ASSERT_NO_FATAL_FAILURE(begin());
    std::string text = refusals();
    EXPECT_NE(text.find(c.says), std::string::npos) << c.says << "\n" << text;
  }
}

}  // namespace
}  // namespace serin::drivers
