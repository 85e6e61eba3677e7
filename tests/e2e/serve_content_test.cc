// Requests to the canary by their content under `serin serve`, on a real HAProxy.
#include "tests/e2e/content_cases.h"
#include "tests/e2e/serve_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

class ServeContentTest : public ServeTest {
 protected:
  void start(const std::string& steps, const std::string& match, const char* metric) {
    match_rules_ = true;
    steps_ = steps;
    more_strategy_ = match;
    more_ = "  onEngineLoss: stable\n";  // HAProxy's rules hang on the lease
    start_world();
    write_rollout(metric);
    ASSERT_TRUE(world_->deploy({.version = "v2"}));
    start_server();
    begin({"start", "shop", "--version", "v2", "--stable", "v1", "--wait"}, socket(), "start");
  }
  bool is_paused(const std::string& id, int rules) {
    return test::wait_until(
        [&] {
          Json shown = release(id);
          return shown["status"].string() == "Paused" &&
                 shown["weight"]["rules"].integer() == rules &&
                 shown["weight"]["confirmed"].boolean();
        },
        60s);
  }
  std::string ask(const content::Request& request) {
    return version(request.target, {.headers = request.headers, .body = {}});
  }
  // How many of a hundred requests like this one reach the canary.
  int of_hundred(const content::Request& request) {
    int canary = 0;
    for (int i = 0; i < 100; ++i) canary += ask(request) == "v2" ? 1 : 0;
    return canary;
  }
  void expect_no_rule_left() {
    std::string map = world_->haproxy_command("show map " + dir_.path() + "/world/match.map")
                          .value_or("failed: 0x");
    EXPECT_EQ(map.find("0x"), std::string::npos) << map;
  }
};

// Testers first, then a share beside them; a step takes the route away, and a promotion ends it.
TEST_F(ServeContentTest, AHeaderRouteGoesBeforeTheShare) {
  start(
      "      - setHeaderRoute: {name: testers, match: [{headerName: X-Team, headerValue: {exact: "
      "qa}}]}\n"
      "      - pause: {}\n      - setWeight: 30\n      - pause: {}\n"
      "      - setHeaderRoute: {name: testers}\n      - pause: {}\n",
      "", kErrorRate);
  const content::Request tester{true, "/", {{"X-Team", "qa"}}};
  const content::Request other{false, "/", {{"X-Team", "qa2"}}};
  ASSERT_TRUE(is_paused("shop-1", 1)) << read_file(log_) << read_file(output_);
  EXPECT_EQ(of_hundred(tester), 100);
  EXPECT_EQ(of_hundred(other), 0);

  // Without serin testers are stable's again, by the lease, and stay so until a person says more.
  kill_server();
  EXPECT_EQ(wait_release(), 6) << read_file(output_);
  EXPECT_TRUE(test::wait_until([&] { return of_hundred(tester) == 0; }, 60s));
  start_server();
  std::string output;
  begin({"status", "shop"}, socket(), "status");
  EXPECT_TRUE(
      test::wait_until([&] { return release("shop-1")["reason"].string() == "Recovered"; }, 60s))
      << read_file(log_);
  EXPECT_EQ(of_hundred(tester), 0);
  EXPECT_EQ(serin({"resume", "shop"}, socket(), output), 0) << output;
  ASSERT_TRUE(is_paused("shop-1", 1)) << read_file(log_);
  EXPECT_EQ(of_hundred(tester), 100);
  EXPECT_EQ(serin({"continue", "shop"}, socket(), output), 0) << output;
  ASSERT_TRUE(wait_for_weight("shop-1", 30)) << read_file(log_);
  ASSERT_TRUE(is_paused("shop-1", 1)) << read_file(log_);
  EXPECT_EQ(of_hundred(tester), 100);
  int canary = of_hundred(other);
  EXPECT_GT(canary, 5);
  EXPECT_LT(canary, 70);
  EXPECT_EQ(serin({"continue", "shop"}, socket(), output), 0) << output;
  ASSERT_TRUE(is_paused("shop-1", 0)) << read_file(log_);
  canary = of_hundred(tester);
  EXPECT_GT(canary, 5) << "the share holds for them too";
  EXPECT_LT(canary, 70);
  EXPECT_EQ(serin({"promote-fully", "shop"}, socket(), output), 0) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_) << read_file(log_);
  EXPECT_EQ(of_hundred(tester), 100);
  EXPECT_EQ(of_hundred(other), 100);
  expect_no_rule_left();
}

TEST_F(ServeContentTest, MatchedRequestsAloneReachTheCanaryUntilAnAbort) {
  start("      - pause: {}\n", content::kMatch, content::kErrorTarget);
  ASSERT_TRUE(is_paused("shop-1", 5)) << read_file(log_) << read_file(output_);
  for (const content::Request& request : content::requests()) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(ask(request), request.canary ? "v2" : "v1") << request.target;
    }
  }
  std::string output;
  EXPECT_EQ(serin({"get", "shop"}, socket(), output), 0) << output;
  EXPECT_NE(output.find("5 rule(s) on content"), std::string::npos) << output;
  EXPECT_EQ(serin({"abort", "shop"}, socket(), output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  for (const content::Request& request : content::requests()) EXPECT_EQ(ask(request), "v1");
  expect_no_rule_left();
}

}  // namespace
}  // namespace serin::app
