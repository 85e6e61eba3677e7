// Routers and metrics servers of the releases under way: as they were seen, and asked now.
#include "app/inquiry/targets.h"

#include "tests/unit/app/fake_prometheus.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

constexpr const char* kMeasured = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy:
          socket: [/nowhere/serin-test.sock]
          backend: shop
          stable: [s1]
          canary: [c1]
      analysis:
        metrics:
        - name: saturation
          interval: 10s
          successCondition: result[0] < 0.8
          provider: {prometheus: {address: '@ADDRESS@', query: saturation}}
      steps:
      - setWeight: 10
      - pause: {duration: 1m}
)";

class ServerTargetsTest : public ServerTest {
 protected:
  void begin(const std::string& address) {
    std::string text = kMeasured;
    write("checkout.yaml", text.replace(text.find("@ADDRESS@"), 9, address));
    start(options());
    release();
  }
  HttpResponse test(const std::string& target) {
    return own("POST", "/api/v1/targets/" + target + "/test");
  }
};

TEST_F(ServerTargetsTest, ARouterThatDoesNotAnswerIsNamed) {
  begin("http://127.0.0.1:1");
  Json items = json(own("GET", "/api/v1/targets"))["items"];
  ASSERT_GE(items.size(), 1U) << items.dump();
  const Json& router = items.at(0);
  EXPECT_EQ(router["id"].string(), "router:checkout-1");
  EXPECT_EQ(router["desired"].number(), 0);
  EXPECT_TRUE(router["observed"].is_null());
  EXPECT_TRUE(router["age_s"].is_null());
  auto answer = test("router:checkout-1");
  ASSERT_EQ(answer.status, 200) << answer.body;
  Json tested = json(answer);
  EXPECT_FALSE(tested["healthy"].boolean(true));
  EXPECT_NE(tested["detail"].string().find("serin-test.sock"), std::string_view::npos)
      << answer.body;
}

TEST_F(ServerTargetsTest, AMetricsServerIsAskedNow) {
  std::atomic<bool> good = true;
  FakePrometheus prometheus([&](const FakePrometheus::Asked&) {
    return good ? one_value("0.1")
                : std::string(R"({"status":"error","errorType":"x","error":"out of order"})");
  });
  begin(prometheus.url());
  auto answer = test("metrics:checkout-1:saturation");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(json(answer)["healthy"].boolean()) << answer.body;
  EXPECT_EQ(json(answer)["asked"].at(0).string(), "saturation");
  good = false;
  Json failed = json(test("metrics:checkout-1:saturation"));
  EXPECT_FALSE(failed["healthy"].boolean(true));
  EXPECT_NE(failed["detail"].string().find("out of order"), std::string_view::npos)
      << failed.dump();
}

TEST_F(ServerTargetsTest, OnlyTargetsOfReleasesUnderWay) {
  begin("http://127.0.0.1:1");
  for (const char* none : {"router:nothing-1", "router:", "checkout-1", "metrics:checkout-1"})
    EXPECT_EQ(test(none).status, 404) << none;
  EXPECT_EQ(test("metrics:checkout-1:nothing").status, 409);
  EXPECT_EQ(own("POST", "/api/v1/targets/router:checkout-1/test", R"({"a":1})").status, 422);
  own("POST", "/api/v1/releases/checkout-1/operations/terminate", "{}");
  ASSERT_TRUE(wait_for_status("checkout-1", "Terminated"));
  EXPECT_EQ(test("router:checkout-1").status, 404);
  EXPECT_EQ(json(own("GET", "/api/v1/targets"))["items"].size(), 0U);
}

constexpr const char* kHeld = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        command:
          set: [sh, -c, 'printf %s "$SERIN_WANTED" > @FILE@']
          get: [cat, @FILE@]
      steps: [{setWeight: 10}, {pause: {}}]
)";

class ServerReassertTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    dir_.write("held", R"({"weight":0,"inService":false,"owner":""})");
    std::string text = kHeld;
    for (std::size_t at = text.find("@FILE@"); at != std::string::npos; at = text.find("@FILE@"))
      text.replace(at, 6, dir_.file("held"));
    write("checkout.yaml", text);
    start(options());
    ASSERT_TRUE(wait_for_status(release(), "Paused"));
  }
  // As somebody else would, by hand.
  void change(const std::function<void(Json&)>& how) {
    Json held = *Json::parse(dir_.read("held"));
    how(held);
    dir_.write("held", held.dump());
  }
  double weight() { return (*Json::parse(dir_.read("held")))["weight"].number(); }
  HttpResponse reassert(const std::string& target = "router:checkout-1") {
    return own("POST", "/api/v1/targets/" + target + "/reassert", R"({"reason":"by hand"})");
  }
};

TEST_F(ServerReassertTest, AppliesWhatIsWantedOnceMore) {
  auto done = reassert();
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(json(done)["observed"].number(), 10);
  EXPECT_EQ(weight(), 10);
  EXPECT_NE(own("GET", "/api/v1/audit").body.find("target.reassert"), std::string::npos);
  change([](Json& held) { held.set("weight", 60); });
  EXPECT_TRUE(eventually([&] { return reassert().status == 200 && weight() <= 10; }));
  EXPECT_EQ(reassert("metrics:checkout-1:x").status, 409);
  EXPECT_EQ(reassert("router:nothing-1").status, 404);
}

TEST_F(ServerReassertTest, NeverGivesTheCanaryMoreThanItHas) {
  change([](Json& held) { held.set("weight", 4); });
  reassert();
  EXPECT_LE(weight(), 4);
  change([](Json& held) { held.set("owner", "somebody-1"); });
  EXPECT_EQ(reassert().status, 409);
}

TEST(WhyNotAgain, NamesEveryReason) {
  rollout::machine::TrafficState traffic;
  traffic.desired.owner = "checkout-1";
  traffic.desired.canary = rollout::Weight::from_units(1'000);
  rollout::ObservedTraffic observed;
  observed.canary = traffic.desired.canary;
  observed.owner = traffic.desired.owner;
  EXPECT_EQ(why_not_again(traffic, observed), "");
  observed.canary = rollout::Weight::from_units(5'000);
  EXPECT_EQ(why_not_again(traffic, observed), "") << "it lowers";
  observed.canary = rollout::Weight::from_units(999);
  EXPECT_NE(why_not_again(traffic, observed), "");
  observed.canary = traffic.desired.canary;
  observed.owner = "other-1";
  EXPECT_NE(why_not_again(traffic, observed), "");
  observed.owner = traffic.desired.owner;
  rollout::KeyMatch user;
  user.key = "user";
  user.exact = "internal";
  traffic.desired.content = {{.header = {user}}};
  EXPECT_NE(why_not_again(traffic, observed), "") << "rules would bring requests";
  observed.content = rollout::content_id(traffic.desired.content);
  EXPECT_EQ(why_not_again(traffic, observed), "");
  traffic.in_flight = "key";
  EXPECT_NE(why_not_again(traffic, observed), "");
}

}  // namespace
}  // namespace serin::app
