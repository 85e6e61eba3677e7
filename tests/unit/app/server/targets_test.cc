// Routers and metrics servers of the releases under way: as they were seen, and asked now.
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

}  // namespace
}  // namespace serin::app
