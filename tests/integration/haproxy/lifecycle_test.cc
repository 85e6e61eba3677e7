// Owners, reloads, several proxies, exchanged slots, and the engine that goes away.
#include <sys/stat.h>
#include <unistd.h>

#include "integration/haproxy/world.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;
using rollout::ObservedTraffic;
using rollout::Weight;

class HaproxyLifecycle : public HaproxyWorld {
 protected:
  void expect_one_owner_at_a_time() {
    ASSERT_NO_FATAL_FAILURE(claim());
    EXPECT_EQ(observed().owner, "shop-1@here");
    // Another serin, which knows nothing of this one, reaches the same socket.
    HaproxyOptions options = router_->options();
    auto ours = std::move(router_);
    make_router(options);
    owner_ = "shop-7@there";
    EXPECT_EQ(observed().owner, "shop-1@here");
    auto refused = apply(10);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::failed_precondition);
    EXPECT_NE(refused.error().message.find("'shop-1@here'"), std::string::npos);
    EXPECT_EQ(canary_of(100), 0);
    // Taking traffic away is allowed to everybody, and leaves the mark alone.
    auto left = apply(0, false);
    ASSERT_TRUE(left) << left.error().to_string();
    EXPECT_EQ(left->owner, "shop-1@here");
    EXPECT_FALSE(left->canary_slot.in_service);
    // Nobody gives back another's mark.
    owner_ = "";
    auto wanted = desired(0, false);
    wanted.gives_back = "shop-7@there";
    auto not_theirs = apply(wanted);
    ASSERT_FALSE(not_theirs);
    EXPECT_EQ(not_theirs.error().code, Code::failed_precondition);
    EXPECT_EQ(observed().owner, "shop-1@here");
    // The route is given back, and taken by the other.
    wanted.gives_back = "shop-1@here";
    auto freed = apply(wanted);
    ASSERT_TRUE(freed) << freed.error().to_string();
    EXPECT_EQ(freed->owner, "");
    owner_ = "shop-7@there";
    ASSERT_NO_FATAL_FAILURE(claim());
    auto taken = apply(10);
    ASSERT_TRUE(taken) << taken.error().to_string();
    EXPECT_EQ(taken->owner, "shop-7@there");
    // A person's word takes a dead owner's mark away.
    owner_ = "";
    ASSERT_TRUE(apply(0, true));
    EXPECT_EQ(observed().owner, "");
  }

  void expect_a_reload_shows() {
    ASSERT_NO_FATAL_FAILURE(claim());
    auto before = apply(50);
    ASSERT_TRUE(before);
    test::Load load({.port = front_.number(), .clients = 2});
    ASSERT_TRUE(proxy_->reload());
    auto after = observed();
    EXPECT_NE(after.router_instance, before->router_instance);
    EXPECT_EQ(after.canary, Weight()) << "a reload brings no traffic to a canary";
    EXPECT_EQ(after.owner, "") << "the mark goes with the process";
    auto again = apply(50);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->canary, Weight::from_units(5000));
    EXPECT_EQ(again->owner, "shop-1@here");
    auto result = load.stop();
    // One keep-alive connection each may be closed by the old process just as it is used.
    EXPECT_LE(result.failures, 2);
    EXPECT_GT(result.by_version["canary"], 0);
  }
};

TEST_F(HaproxyLifecycle, WeightsHaveOneOwnerAtATime) {
  start_weights();
  expect_one_owner_at_a_time();
}

TEST_F(HaproxyLifecycle, MapsHaveOneOwnerAtATime) {
  start_map();
  expect_one_owner_at_a_time();
}

TEST_F(HaproxyLifecycle, AReloadOfWeightsResetsAndShows) {
  start_weights();
  expect_a_reload_shows();
}

TEST_F(HaproxyLifecycle, AReloadOfAMapResetsAndShows) {
  start_map();
  expect_a_reload_shows();
}

// The way back rests on what was read before; a reload in between must not lead it astray.
TEST_F(HaproxyLifecycle, LeavingWorksRightAfterAReload) {
  for (bool map : {false, true}) {
    SCOPED_TRACE(map);
    if (map) {
      router_.reset();
      proxy_.reset();
      stable_.stop();
      canary_.stop();
      ASSERT_NO_FATAL_FAILURE(start_map({.map_text = "other 5\n"}));  // the key comes by `add`
    } else {
      ASSERT_NO_FATAL_FAILURE(start_weights());
    }
    ASSERT_NO_FATAL_FAILURE(claim());
    ASSERT_TRUE(apply(50));
    if (map) dir_.write("share.map", "other 5\n");
    ASSERT_TRUE(proxy_->reload());
    auto left = apply(0, false);
    ASSERT_TRUE(left) << left.error().to_string();
    EXPECT_EQ(left->canary, Weight());
    EXPECT_FALSE(left->canary_slot.in_service);
    EXPECT_EQ(left->owner, "shop-1@here");
    EXPECT_EQ(canary_of(100), 0);
  }
}

TEST_F(HaproxyLifecycle, AForeignChangeIsSeen) {
  start_weights();
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(50));
  admin("set server be/s1 weight 9");
  auto lower = observed();
  EXPECT_LT(lower.canary, Weight::from_units(2000));
  EXPECT_GT(lower.canary, Weight());
  admin("set server be/c1 state maint");
  EXPECT_FALSE(observed().canary_slot.in_service);
  admin("set server be/c1 state ready; set server be/c1 weight 256; set server be/s1 weight 0");
  EXPECT_EQ(observed().canary, Weight::full());
  auto undone = apply(50);
  ASSERT_TRUE(undone);
  EXPECT_EQ(undone->canary, Weight::from_units(5000));
  EXPECT_EQ(canary_of(400), 200);
}

// Two proxies in front of the same services.
class HaproxyPair : public HaproxyLifecycle {
 protected:
  void start() {
    ASSERT_NO_FATAL_FAILURE(start_weights());
    std::string config =
        test::Haproxy::preamble(dir_, "second") + "frontend in\n  bind " + second_front_.address() +
        "\n  default_backend be\nbackend be\n" + "  server s1 " + stable_.port().address() +
        kCheck + " weight 100\n  server c1 " + canary_.port().address() + kCheck + " weight 0\n";
    auto second = test::Haproxy::start(
        dir_, config, {.port = second_front_.number(), .master_worker = true, .name = "second"});
    ASSERT_TRUE(second) << second.error().to_string();
    second_.emplace(std::move(*second));
    HaproxyOptions options = weights_options();
    options.sockets.push_back(second_->socket_path());
    make_router(options);
  }
  int canary_of_second(int requests) {
    return test::run_load({.port = second_front_.number(), .requests = requests})
        .by_version["canary"];
  }
  test::Port second_front_;
  std::optional<test::Haproxy> second_;
};

TEST_F(HaproxyPair, BothAreSetAndBothAreCounted) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(refusals(), "");
  ASSERT_NO_FATAL_FAILURE(claim());
  auto set = apply(20);
  ASSERT_TRUE(set) << set.error().to_string();
  EXPECT_EQ(set->canary, Weight::from_units(2000));
  // The first round of a new split may come late by a request or two.
  EXPECT_NEAR(canary_of(100), 20, 2);
  EXPECT_NEAR(canary_of_second(100), 20, 2);
  EXPECT_NEAR(observed().canary_slot.counts.requests, 40, 4);
  EXPECT_EQ(observed().canary_slot.servers_total, 1) << "the same server, seen twice";
  // One proxy that differs shows in the mean.
  second_->admin("set server be/c1 weight 0");
  EXPECT_EQ(observed().canary, Weight::from_units(1000));
  second_->admin("set server be/c1 state maint");
  EXPECT_TRUE(observed().canary_slot.in_service);
  EXPECT_EQ(observed().canary_slot.servers_ready, 0);
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_of(50) + canary_of_second(50), 0);
}

TEST_F(HaproxyPair, ConfirmedMeansAll) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(20));
  std::string before = observed().router_instance;
  ASSERT_TRUE(second_->reload());
  EXPECT_NE(observed().router_instance, before);
  second_->server().stop();
  auto left = apply(0, false);
  ASSERT_FALSE(left);
  EXPECT_EQ(left.error().code, Code::unavailable);
  EXPECT_NE(left.error().to_string().find("second.sock"), std::string::npos);
  EXPECT_EQ(canary_of(50), 0) << "the other one has done it all the same";
}

TEST_F(HaproxyPair, AForeignMarkOnOneIsAForeignMark) {
  ASSERT_NO_FATAL_FAILURE(start());
  auto both = std::move(router_);
  HaproxyOptions only_second = weights_options();
  only_second.sockets = {second_->socket_path()};
  make_router(only_second);
  owner_ = "other-1@there";
  ASSERT_NO_FATAL_FAILURE(claim());
  router_ = std::move(both);
  owner_ = "shop-1@here";
  EXPECT_EQ(observed().owner, "other-1@there");
  auto refused = apply(20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_EQ(canary_of(50), 0) << "nothing was sent to the first either";
}

TEST_F(HaproxyLifecycle, SwappedMapsAreWrittenForTheNextReload) {
  start_map({.map_text = "# shares in 0.01 %\ncart 250\nshop 0\n"});
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(100));
  ASSERT_TRUE(wait([&] {
    return dir_.read("share.map") == "# shares in 0.01 %\ncart 250\nshop 0\nshop.base 0\n";
  })) << dir_.read("share.map");
  EXPECT_EQ(canary_of(50), 50);
  router_->exchange_roles();
  EXPECT_TRUE(router_->options().swapped);
  auto now = observed();
  EXPECT_EQ(now.canary, Weight()) << "green has all, and is stable";
  // The old slot stays warm.
  auto warm = apply(0, true);
  ASSERT_TRUE(warm) << warm.error().to_string();
  EXPECT_TRUE(warm->canary_slot.in_service);
  EXPECT_EQ(canary_of(50), 50);
  ASSERT_TRUE(wait([&] {
    return dir_.read("share.map") == "# shares in 0.01 %\ncart 250\nshop 10000\nshop.base 10000\n";
  })) << dir_.read("share.map");
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(canary_of(50), 50) << "the new version stays stable over a reload";
  EXPECT_NE(admin("show map " + dir_.file("share.map")).find("cart 250"), std::string::npos);
  // The next release goes into blue.
  ASSERT_TRUE(apply(25));
  EXPECT_NEAR(canary_of(4'000), 3'000, 150);
  ASSERT_TRUE(apply(0, false));
  EXPECT_EQ(canary_of(50), 50);
}

TEST_F(HaproxyLifecycle, SwappedWeightsAreKeptInTheStateFile) {
  std::string state = dir_.write("servers.state", "1\n");
  start_weights({.backend_lines = "  load-server-state-from-file global\n",
                 .global_lines = "  server-state-file " + state + "\n"});
  HaproxyOptions options = weights_options();
  options.state_file = state;
  make_router(options);
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(100));
  router_->exchange_roles();
  ASSERT_TRUE(apply(0, true));
  EXPECT_EQ(canary_of(50), 50) << "c1 is stable now";
  ASSERT_TRUE(wait([&] { return dir_.read("servers.state").find(" c1 ") != std::string::npos; }));
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(canary_of(50), 50) << "the new version stays stable over a reload";
  EXPECT_EQ(observed().canary, Weight());
  EXPECT_TRUE(preflight()->warnings.empty());
}

TEST_F(HaproxyLifecycle, SwappedWeightsWithoutAStateFileComeBackByTheNextApply) {
  start_weights({.canary = {"weight 0 disabled"}});
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(100));
  router_->exchange_roles();
  ASSERT_TRUE(apply(0, true));
  ASSERT_EQ(canary_of(20), 20);
  ASSERT_TRUE(proxy_->reload());
  EXPECT_EQ(canary_of(20), 0) << "the file does not know: the old version has all";
  EXPECT_EQ(observed().canary, Weight::full());
  auto warned = preflight();
  ASSERT_TRUE(warned);
  ASSERT_FALSE(warned->warnings.empty());
  EXPECT_NE(warned->warnings[0].find("server-state-file"), std::string::npos);
  // Nobody is sent to it before its checks have passed.
  auto regained = apply(0, true);
  ASSERT_TRUE(regained) << regained.error().to_string();
  EXPECT_EQ(regained->canary, Weight());
  EXPECT_EQ(canary_of(20), 20);
}

TEST_F(HaproxyLifecycle, LeavingAfterAReloadThatDisabledStableServesEverybody) {
  start_weights({.canary = {"weight 0 disabled"}});
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(apply(100));
  router_->exchange_roles();
  ASSERT_TRUE(apply(50));
  ASSERT_TRUE(proxy_->reload());
  auto left = apply(0, false);
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_EQ(left->stable.servers_ready, 1);
  EXPECT_EQ(canary_of(20), 20) << "c1 is stable";
}

TEST_F(HaproxyLifecycle, AFileThatCanNotBeWrittenIsTold) {
  start_map();
  std::vector<std::string> problems;
  router_->on_problem([&](const std::string& problem) { problems.push_back(problem); });
  ASSERT_EQ(::mkdir(dir_.file("share.map.new").c_str(), 0700), 0);
  ASSERT_NO_FATAL_FAILURE(claim());
  ASSERT_TRUE(wait([&] { return !problems.empty(); }));
  EXPECT_NE(problems[0].find("share.map"), std::string::npos);
  ASSERT_TRUE(apply(20)) << "the split does not wait for the file";
  ASSERT_EQ(::rmdir(dir_.file("share.map.new").c_str()), 0);
  ASSERT_TRUE(wait(
      [&] { return apply(20).has_value() && dir_.read("share.map") == "shop 0\nshop.base 0\n"; }));
  EXPECT_EQ(problems.size(), 1U) << "told once";
}

}  // namespace
}  // namespace serin::drivers
