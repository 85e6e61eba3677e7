#include "drivers/routers/haproxy/plan.h"

#include <algorithm>

#include "base/random.h"
#include "unit/drivers/haproxy/fake_proxy.h"

namespace serin::drivers {
namespace {

using rollout::Slot;
using rollout::Weight;

Weight percent(int value) {
  return Weight::from_units(value * 100);
}

std::size_t commands_in(const Conversation& talk) {
  std::size_t count = 0;
  for (const std::string& line : talk.lines()) {
    if (!line.empty()) count += static_cast<std::size_t>(std::ranges::count(line, ';')) + 1;
  }
  return count;
}

TEST(HaproxyPlan, LeavingIsWeightZeroAndMaintenanceInOneLine) {
  FakeProxy proxy = FakeProxy::weights(1, 1);
  Conversation talk;
  plan_leave(proxy.options, proxy.state, talk);
  EXPECT_EQ(talk.lines(),
            std::vector<std::string>{"set server be/s1 weight 100;set server be/c1 weight 0;"
                                     "set server be/c1 state maint"});
  proxy = FakeProxy::map(1, 2);
  Conversation map;
  plan_leave(proxy.options, proxy.state, map);
  EXPECT_EQ(map.lines(), std::vector<std::string>{
                             "add map /etc/share.map shop 0;add map /etc/share.map shop.base 0;"
                             "set server green/g1 state maint;set server green/g2 state maint"});
}

// From any share to any other, command by command: the canary never has more than the greater of
// the two, and there is always somebody to take requests.
TEST(HaproxyPlan, SharesMoveWithoutASpike) {
  Rng rng(3);
  for (int round = 0; round < 3000; ++round) {
    int stable = 1 + static_cast<int>(rng.below(4));
    int canary = 1 + static_cast<int>(rng.below(4));
    FakeProxy proxy = FakeProxy::weights(stable, canary, 1 + static_cast<int>(rng.below(256)));
    // Somewhere to begin, be it one that serin would not have chosen.
    int s = static_cast<int>(rng.below(257));
    int c = s == 0 ? 1 : static_cast<int>(rng.below(257));
    for (HaproxyServer& server : proxy.state.servers) {
      server.weight = server.slot == Slot::stable ? s : c;
    }
    Weight share = rng.chance(0.2)   ? Weight()
                   : rng.chance(0.2) ? Weight::full()
                                     : percent(5 + static_cast<int>(rng.below(90)));
    Conversation talk;
    Status planned = plan_split(proxy.options, proxy.state, share, true, talk);
    ASSERT_TRUE(planned) << planned.error().message;
    Weight before = proxy.state.share(false);
    std::size_t commands = commands_in(talk);
    FakeProxy after = proxy;
    after.obey(talk);
    Weight most = std::max(before, after.state.share(false));
    EXPECT_NEAR(after.state.share(false).units(), share.units(), 50);
    for (std::size_t count = 0; count <= commands; ++count) {
      FakeProxy halfway = proxy;
      halfway.obey(talk, count);
      EXPECT_LE(halfway.state.share(false).units(), most.units() + 1)
          << talk.lines()[0] << " after " << count;
      int weights = 0;
      for (const HaproxyServer& server : halfway.state.servers) weights += server.weight;
      EXPECT_GT(weights, 0) << talk.lines()[0] << " after " << count;
    }
  }
}

TEST(HaproxyPlan, WhatIsSetAlreadyIsNotSetAgain) {
  FakeProxy proxy = FakeProxy::weights(2, 1);
  Conversation first;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(20), true, first));
  EXPECT_TRUE(first.changes());
  proxy.obey(first);
  Conversation again;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(20), true, again));
  EXPECT_FALSE(again.changes());

  FakeProxy map = FakeProxy::map(1, 1);
  Conversation raise;
  ASSERT_TRUE(plan_split(map.options, map.state, Weight::from_units(1), true, raise));
  EXPECT_EQ(raise.lines(), std::vector<std::string>{"add map /etc/share.map shop 1;"
                                                    "add map /etc/share.map shop.base 0"});
  map.obey(raise);
  Conversation more;
  ASSERT_TRUE(plan_split(map.options, map.state, Weight::from_units(1), true, more));
  EXPECT_FALSE(more.changes());
}

TEST(HaproxyPlan, SharesCountServersThatAreUp) {
  FakeProxy proxy = FakeProxy::weights(4, 1);
  proxy.server("be/s1").up = false;
  proxy.server("be/s2").up = false;
  Conversation talk;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(5), true, talk));
  proxy.obey(talk);
  EXPECT_EQ(proxy.state.share(false), percent(5));
  // When they are back, the same weights mean less, and a new plan puts it right.
  proxy.server("be/s1").up = true;
  proxy.server("be/s2").up = true;
  EXPECT_LT(proxy.state.share(false), percent(3));
  Conversation again;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(5), true, again));
  proxy.obey(again);
  EXPECT_EQ(proxy.state.share(false), percent(5));
}

TEST(HaproxyPlan, StableGetsItsOwnWeightsBack) {
  FakeProxy proxy = FakeProxy::weights(2, 2, 37);
  Conversation raise;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(30), true, raise));
  proxy.obey(raise);
  Conversation leave;
  plan_leave(proxy.options, proxy.state, leave);
  proxy.obey(leave);
  EXPECT_EQ(proxy.server("be/s1").weight, 37);
  EXPECT_EQ(proxy.server("be/s2").weight, 37);
  EXPECT_EQ(proxy.server("be/c1").weight, 0);
  EXPECT_TRUE(proxy.server("be/c1").maintenance);
}

TEST(HaproxyPlan, AServerThatWasOutComesBackWithoutTrafficAndDown) {
  FakeProxy proxy = FakeProxy::weights(1, 3);
  proxy.server("be/c1").maintenance = true;
  proxy.server("be/c1").up = false;
  proxy.server("be/c1").weight = 50;  // left over
  proxy.server("be/c2").draining = true;
  proxy.server("be/c3").maintenance = true;
  proxy.server("be/c3").checked = false;
  Conversation talk;
  auto waiting = plan_ready(proxy.options, proxy.state, talk);
  EXPECT_EQ(waiting, std::vector<std::string>{"be/c1"});
  EXPECT_EQ(talk.lines(),
            std::vector<std::string>{"set server be/c1 weight 0;set server be/c1 state ready;"
                                     "set server be/c1 health down;set server be/c2 state ready;"
                                     "set server be/c3 weight 0;set server be/c3 state ready"});
  // One that tracks another is as healthy as that: HAProxy takes no word about it.
  FakeProxy tracked = FakeProxy::weights(1, 1);
  tracked.server("be/c1").maintenance = true;
  tracked.server("be/c1").tracks = true;
  Conversation tracking;
  EXPECT_TRUE(plan_ready(tracked.options, tracked.state, tracking).empty());
  EXPECT_EQ(tracking.lines(), std::vector<std::string>{"set server be/c1 weight 0;"
                                                       "set server be/c1 state ready"});
}

TEST(HaproxyPlan, AMapThatSendsRequestsToNobodyIsSetBackFirst) {
  FakeProxy proxy = FakeProxy::map(1, 1);
  proxy.state.share_units = 2000;
  proxy.state.base_units = 0;
  proxy.server("green/g1").maintenance = true;
  proxy.server("green/g1").up = false;
  Conversation talk;
  EXPECT_EQ(plan_ready(proxy.options, proxy.state, talk).size(), 1U);
  EXPECT_EQ(talk.lines()[0].substr(0, 31), "set map /etc/share.map shop 0;s");
}

TEST(HaproxyPlan, SwappedSlotsTurnEverythingAround) {
  FakeProxy proxy = FakeProxy::map(1, 1);
  proxy.options.swapped = true;
  proxy.state.share_units = 10000;
  proxy.state.base_units = 0;
  for (HaproxyServer& server : proxy.state.servers) {
    server.slot = server.backend == "green" ? Slot::stable : Slot::canary;
  }
  EXPECT_EQ(proxy.state.share(true), Weight());
  Conversation raise;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(20), true, raise));
  proxy.obey(raise);
  EXPECT_EQ(proxy.state.share_units, 8000);
  EXPECT_EQ(proxy.state.base_units, 10000);
  EXPECT_EQ(proxy.state.share(true), percent(20));
  Conversation leave;
  plan_leave(proxy.options, proxy.state, leave);
  proxy.obey(leave);
  EXPECT_EQ(proxy.state.share_units, 10000);
  EXPECT_TRUE(proxy.server("blue/b1").maintenance);

  // weights layout: what is stable now has weight 0 in the file, and takes the other's.
  FakeProxy weights = FakeProxy::weights(1, 1, 80);
  weights.options.swapped = true;
  weights.server("be/s1").slot = Slot::canary;
  weights.server("be/c1").slot = Slot::stable;
  Conversation back;
  plan_leave(weights.options, weights.state, back);
  weights.obey(back);
  EXPECT_EQ(weights.server("be/c1").weight, 80);
  EXPECT_EQ(weights.server("be/s1").weight, 0);
}

// What the map says without serin: nothing of the canary's, or all of it where the route is to
// stay.
TEST(HaproxyPlan, WithoutALeaseTheBaseFollowsTheShare) {
  FakeProxy proxy = FakeProxy::map(1, 1);
  proxy.state.share_units = 0;
  proxy.state.base_units = 0;
  Conversation held;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(20), false, held));
  proxy.obey(held);
  EXPECT_EQ(proxy.state.base_units, 2000);
  Conversation leased;
  ASSERT_TRUE(plan_split(proxy.options, proxy.state, percent(20), true, leased));
  proxy.obey(leased);
  EXPECT_EQ(proxy.state.base_units, 0);
  EXPECT_EQ(proxy.state.share_units, 2000);
  Conversation back;
  plan_leave(proxy.options, proxy.state, back);
  proxy.obey(back);
  EXPECT_EQ(proxy.state.base_units, 0);
}

TEST(HaproxyPlan, AShareThatALeaseLeftBehindIsTakenAway) {
  FakeProxy proxy = FakeProxy::map(1, 1);
  proxy.state.share_units = 2000;
  proxy.state.base_units = 0;
  Conversation none;
  plan_quiet(proxy.options, proxy.state, none);
  EXPECT_FALSE(none.changes()) << "no lease";
  proxy.state.lease = {{.name = "engine", .address = "", .checked = true, .up = true}};
  plan_quiet(proxy.options, proxy.state, none);
  EXPECT_FALSE(none.changes()) << "it holds";
  proxy.state.lease->front().up = false;
  EXPECT_EQ(proxy.state.share(false), Weight());
  Conversation quiet;
  plan_quiet(proxy.options, proxy.state, quiet);
  proxy.obey(quiet);
  EXPECT_EQ(proxy.state.share_units, 0);
  EXPECT_TRUE(proxy.state.is_quiet(false));
}

// A reload disables what the file calls canary; after an exchange of roles that is stable.
TEST(HaproxyPlan, AStableServerThatTheFileDisablesIsBroughtBack) {
  FakeProxy proxy = FakeProxy::weights(1, 1);
  proxy.options.swapped = true;
  proxy.server("be/s1").slot = Slot::canary;
  HaproxyServer& stable = proxy.server("be/c1");
  stable.slot = Slot::stable;
  stable.maintenance = true;
  stable.disabled_in_file = true;
  Conversation talk;
  EXPECT_EQ(plan_ready(proxy.options, proxy.state, talk), std::vector<std::string>{"be/c1"});
  EXPECT_EQ(talk.lines(), std::vector<std::string>{"set server be/c1 state ready;"
                                                   "set server be/c1 health down"});
  // On the way back it does not wait for checks, where nobody else would serve.
  Conversation regain;
  stable.up = false;
  plan_regain(proxy.options, proxy.state, regain);
  EXPECT_EQ(regain.lines(), std::vector<std::string>{"set server be/c1 state ready"});
  // One that a person took out stays out.
  stable.disabled_in_file = false;
  Conversation none;
  plan_ready(proxy.options, proxy.state, none);
  EXPECT_FALSE(none.changes());
}

}  // namespace
}  // namespace serin::drivers
