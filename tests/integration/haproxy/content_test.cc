// Match rules in a real HAProxy, changed at run time.
#include <gtest/gtest.h>

#include "integration/haproxy/world.h"
#include "rollout/traffic/conditions.h"
#include "support/http_get.h"
#include "unit/rollout/traffic/cases.h"

namespace serin::drivers {
namespace {

namespace cases = rollout::cases;

class HaproxyContent : public HaproxyWorld {
 protected:
  void start() {
    match_map_ = dir_.write("match.map", "");
    std::string share = dir_.file("share.map");
    start_map(
        {.frontend_lines = "  http-request set-var(txn.share) str(shop),map_str_int(" + share +
                           ",0)\n"
                           "  http-request set-var-fmt(txn.request) \"%[query]\\n%[req.hdrs]\"\n"
                           "  http-request set-var(txn.share) var(txn.request),map_reg_int(" +
                           match_map_ +
                           ")\n"
                           "  use_backend green if { rand(10000),sub(txn.share) -m int lt 0 }\n"});
    HaproxyOptions options = map_options();
    options.match_map = match_map_;
    make_router(options);
  }
  std::string version(const rollout::RequestHead& request) {
    test::HttpReply reply =
        test::http_ask(front_.number(), request.target, {.headers = request.headers, .body = {}});
    return reply.status == 200 ? reply.header("X-Version") : std::to_string(reply.status);
  }
  rollout::DesiredTraffic with(std::vector<rollout::MatchRule> rules, double percent = 0) {
    rollout::DesiredTraffic wanted = desired(percent);
    wanted.content = std::move(rules);
    return wanted;
  }

  std::string match_map_;
};

TEST_F(HaproxyContent, RequestsGoWhereTheTableSays) {
  start();
  claim();
  for (const cases::RuleSet& set : cases::rule_sets()) {
    auto applied = apply(with(set.rules));
    ASSERT_TRUE(applied) << set.name << ": " << applied.error().to_string();
    EXPECT_EQ(applied->content, rollout::content_id(set.rules)) << set.name;
    EXPECT_EQ(applied->canary.units(), 0);
    for (const cases::Case& one : cases::cases()) {
      if (one.rules != set.name) continue;
      EXPECT_EQ(version(one.request), one.canary ? "canary" : "stable")
          << one.rules << " " << one.request.target << " "
          << (one.request.headers.empty() ? "" : one.request.headers[0].second);
    }
  }
}

TEST_F(HaproxyContent, GoesBeforeTheShareAndLeavesWithTheCanary) {
  start();
  claim();
  const auto rules = cases::rule_sets()[3].rules;  // header User: Internal
  const rollout::RequestHead internal{.headers = {{"User", "Internal"}}};
  ASSERT_TRUE(apply(with(rules, 10)));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(version(internal), "canary");
  int others = 0;
  for (int i = 0; i < 300; ++i) others += version({}) == "canary" ? 1 : 0;
  EXPECT_GT(others, 0);
  EXPECT_LT(others, 100);
  auto left = apply(desired(0, false));
  ASSERT_TRUE(left) << left.error().to_string();
  EXPECT_EQ(left->content, "");
  EXPECT_EQ(version(internal), "stable");
  EXPECT_EQ(admin("show map " + match_map_).find("0x"), std::string::npos);
}

TEST_F(HaproxyContent, NobodyElseReachesTheCanary) {
  start();
  claim();
  ASSERT_TRUE(apply(with(cases::rule_sets()[3].rules)));  // header User: Internal
  EXPECT_EQ(canary_of(20'000), 0);
  EXPECT_EQ(version({.headers = {{"User", "Internal"}}}), "canary");
}

TEST_F(HaproxyContent, FollowsAnExchangeOfRoles) {
  start();
  claim();
  ASSERT_TRUE(apply(100));
  router_->exchange_roles();
  // Green is stable now, and the next canary comes into blue.
  ASSERT_TRUE(apply(desired(0, false)));
  ASSERT_TRUE(apply(0));
  const rollout::RequestHead internal{.headers = {{"User", "Internal"}}};
  ASSERT_TRUE(apply(with(cases::rule_sets()[3].rules)));
  EXPECT_EQ(version(internal), "stable") << "that is what blue answers";
  EXPECT_EQ(version({}), "canary");
}

TEST_F(HaproxyContent, AsManyAndAsLargeRulesAsThereMayBe) {
  start();
  claim();
  std::vector<rollout::MatchRule> rules;
  for (std::size_t i = 0; i < rollout::MatchRule::kRulesMax; ++i) {
    std::string text = std::to_string(i) + std::string(rollout::kMatchTextMax - 2, '\\');
    rules.push_back({.header = {{.key = "X-Long", .exact = text, .regex = {}}}});
  }
  auto applied = apply(with(rules));
  ASSERT_TRUE(applied) << applied.error().to_string();
  EXPECT_EQ(applied->content, rollout::content_id(rules));
  EXPECT_EQ(version({.headers = {{"X-Long", rules.back().header[0].exact}}}), "canary");
  EXPECT_EQ(version({.headers = {{"X-Long", rules.back().header[0].exact + "x"}}}), "stable");
}

TEST_F(HaproxyContent, SeesWhatSomebodyElseChanged) {
  start();
  claim();
  const auto rules = cases::rule_sets()[3].rules;
  ASSERT_TRUE(apply(with(rules)));
  admin("add map " + match_map_ + " ^x 10000");
  EXPECT_EQ(observed().content, "unknown");
  admin("clear map " + match_map_);
  EXPECT_EQ(observed().content, "");
  auto again = apply(with(rules));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->content, rollout::content_id(rules));
}

TEST_F(HaproxyContent, NeedsItsLineInAFrontend) {
  start_map();
  HaproxyOptions options = map_options();
  options.match_map = dir_.write("match.map", "");
  make_router(options);
  std::string text = refusals();
  EXPECT_NE(text.find("no map"), std::string::npos) << text;
}

}  // namespace
}  // namespace serin::drivers
