// Requests to the canary by their content, on a real HAProxy.
#include "tests/e2e/content_cases.h"
#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

class ContentTest : public ReleaseTest {
 protected:
  void start(const DemoVersion& canary, const std::string& steps) {
    match_rules_ = true;
    steps_ = steps;
    more_strategy_ = content::kMatch;
    start_world();
    write_rollout(content::kErrorTarget);
    ASSERT_TRUE(world_->deploy(canary));
    start_release("v2", {"--stable", "v1"});
  }
  std::string ask(const content::Request& request) {
    return version(request.target, {.headers = request.headers, .body = {}});
  }
  void expect_split() {
    for (const content::Request& request : content::requests()) {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(ask(request), request.canary ? "v2" : "v1")
            << request.target << " " << (request.headers.empty() ? "" : request.headers[0].second);
      }
    }
  }
  void expect_all_stable() {
    for (const content::Request& request : content::requests()) {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(ask(request), "v1") << request.target;
      }
    }
    std::string map =
        world_->haproxy_command("show map " + dir_.path() + "/world/match.map").value_or("failed");
    EXPECT_EQ(map.find("0x"), std::string::npos) << map;
    EXPECT_EQ(map.find("failed"), std::string::npos);
  }
  bool rules_are_set() {
    return test::wait_until(
        [&] {
          std::string output;
          if (run({"get", "shop", "--state", state(), "-o", "json"}, output) != 0) return false;
          auto view = Json::parse(output);
          return view && (*view)["weight"]["rules"].integer() == 5 &&
                 (*view)["weight"]["confirmed"].boolean();
        },
        60s);
  }
};

TEST_F(ContentTest, MatchedRequestsAloneReachTheCanaryUntilAnAbort) {
  start({.version = "v2"}, "      - pause: {}\n      - setWeight: 50\n");
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  ASSERT_TRUE(rules_are_set()) << read_file(output_);
  expect_split();
  std::string output;
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 0);
  EXPECT_NE(output.find("5 rule(s) on content"), std::string::npos) << output;
  EXPECT_EQ(run({"abort", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  expect_all_stable();
}

TEST_F(ContentTest, ARollbackTakesTheRulesWithIt) {
  start({.version = "v2"}, "      - pause: {}\n");
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  ASSERT_TRUE(rules_are_set()) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  expect_all_stable();
}

// Its matched users see nothing but errors; nobody else sees it at all.
TEST_F(ContentTest, WhatFailsForMatchedUsersComesBackByItself) {
  start({.version = "v2", .error_rate = 1}, "      - pause: {duration: 120s}\n");
  const content::Request internal = content::requests()[0];
  ASSERT_TRUE(test::wait_until([&] { return ask(internal) == "v2"; }, 60s)) << read_file(output_);
  ASSERT_TRUE(test::wait_until(
      [&] {
        for (int i = 0; i < 5; ++i) ask(internal);
        return release_->poll().has_value();
      },
      110s))
      << read_file(output_);
  EXPECT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find(R"("verdict":"rollback")"), std::string::npos)
      << read_file(output_);
  expect_all_stable();
}

// The share goes on behind the rules; at the end all is the canary's, and no rule is left.
TEST_F(ContentTest, RulesGoBeforeTheShareAndEndWithThePromotion) {
  start({.version = "v2"}, "      - setWeight: 20\n      - pause: {}\n");
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  ASSERT_TRUE(rules_are_set()) << read_file(output_);
  int canary = 0;
  for (int i = 0; i < 200; ++i) canary += ask(content::requests()[5]) == "v2" ? 1 : 0;
  EXPECT_GT(canary, 5);
  EXPECT_LT(canary, 100);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(content::requests()[0]), "v2");
  std::string output;
  EXPECT_EQ(run({"promote-fully", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  for (const content::Request& request : content::requests()) EXPECT_EQ(ask(request), "v2");
  std::string map =
      world_->haproxy_command("show map " + dir_.path() + "/world/match.map").value_or("failed");
  EXPECT_EQ(map.find("0x"), std::string::npos) << map;
}

}  // namespace
}  // namespace serin::app
