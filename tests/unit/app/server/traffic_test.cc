// A release's traffic as numbers, and as the configuration that other routers read.
#include "app/render/split.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

constexpr const char* kByContent = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy:
          socket: [/nowhere/serin-test.sock]
          map: /etc/haproxy/share.map
          matchMap: /etc/haproxy/match.map
          stableBackend: blue
          canaryBackend: green
      match:
      - header: {key: X-Team, exact: checkout}
      steps:
      - setWeight: 10
      - pause: {}
)";

class ServerTrafficTest : public ServerTest {};

TEST_F(ServerTrafficTest, GivesTheConfigurationOfEveryRouter) {
  start(options());
  const std::string path = "/api/v1/releases/" + release() + "/traffic";
  auto numbers = own("GET", path);
  EXPECT_EQ(json(numbers)["router"].string(), "haproxy");
  struct Case {
    const char* format;
    const char* part;
  };
  for (const Case& each :
       {Case{"istio", "kind: VirtualService"}, Case{"gateway", "kind: HTTPRoute"},
        Case{"haproxy", "use_backend"}, Case{"nginx", "split_clients"}}) {
    auto answer = own("GET", path + "?format=" + each.format);
    EXPECT_EQ(answer.status, 200) << each.format << ": " << answer.body;
    EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8") << each.format;
    EXPECT_NE(answer.body.find(each.part), std::string::npos) << answer.body;
  }
  auto named = own("GET", path + "?format=istio");
  EXPECT_NE(named.body.find("version: v2"), std::string::npos) << named.body;
}

TEST_F(ServerTrafficTest, NamesTheSlotsOfNginx) {
  write("checkout.yaml", R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        nginx: {file: /nowhere/split.conf, stableUpstream: blue, canaryUpstream: green}
      steps:
      - setWeight: 10
      - pause: {}
)");
  start(options());
  auto numbers = json(own("GET", "/api/v1/releases/" + release() + "/traffic"));
  EXPECT_EQ(numbers["router"].string(), "nginx");
  EXPECT_EQ(numbers["stable"].string(), "blue");
  EXPECT_EQ(numbers["canary"].string(), "green");
}

TEST_F(ServerTrafficTest, RefusesAFormatThatThereIsNot) {
  start(options());
  const std::string id = release();
  for (const char* wrong : {"envoy", "", "Istio", "istio,nginx"}) {
    auto answer = own("GET", "/api/v1/releases/" + id + "/traffic?format=" + wrong);
    EXPECT_EQ(answer.status, 400) << wrong;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_NE(json(answer)["detail"].string().find("gateway"), std::string_view::npos);
  }
  EXPECT_EQ(own("GET", "/api/v1/releases/nothing-1/traffic?format=istio").status, 404);
}

TEST(Split, FollowsTheShareAndTheRulesThatAreInForce) {
  auto loaded = rollout::load_config({{"a.yaml", kByContent}}, {});
  ASSERT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  const rollout::Rollout& rollout = loaded.set.rollouts.front();
  auto text = [&](const SplitRequest& request) {
    auto rendered = render_split(rollout, request);
    EXPECT_TRUE(rendered) << rendered.error().to_string();
    return rendered ? rendered->text : "";
  };
  const std::string first = text({.format = SplitFormat::nginx});
  EXPECT_NE(first.find("10.00%"), std::string::npos) << first;
  EXPECT_NE(first.find("x_team"), std::string::npos) << first;
  const std::string set = text(
      {.format = SplitFormat::nginx, .units = 2'500, .rules = std::vector<rollout::MatchRule>()});
  EXPECT_NE(set.find("25.00%"), std::string::npos) << set;
  EXPECT_EQ(set.find("x_team"), std::string::npos) << set;
  EXPECT_NE(set, text({.format = SplitFormat::nginx, .idle = true}));
  auto fine = render_split(rollout, {.format = SplitFormat::istio, .units = 1'250});
  EXPECT_FALSE(fine) << "Istio's weights are whole percentages";
}

TEST(Split, OfAStepIsWhatThePlanHasBroughtAbout) {
  auto load = [](const std::string& mirror) {
    return rollout::load_config({{"a.yaml", R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: "shop:1"}]}
  strategy:
    canary:
      canaryService: shop-canary
      stableService: shop-stable
      trafficRouting:
        managedRoutes: [{name: shadow}]
        istio: {virtualService: {name: shop}}
      steps:
      - setWeight: 5
      - setMirrorRoute: {name: shadow, percentage: 35, match: [)" +
                                                mirror +
                                                R"(]}
      - setWeight: 20
      - setMirrorRoute: {name: shadow}
)"}},
                                {.unsupported = rollout::Unsupported::tell});
  };
  auto loaded = load("{path: {prefix: /}}");
  ASSERT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  auto at = [&](std::size_t step) {
    auto rendered =
        render_split(loaded.set.rollouts.front(), {.format = SplitFormat::istio, .step = step});
    return rendered ? rendered->text : rendered.error().message;
  };
  EXPECT_EQ(at(1).find("mirror"), std::string::npos) << at(1);
  EXPECT_NE(at(1).find("weight: 5\n"), std::string::npos) << at(1);
  EXPECT_NE(at(3).find("mirrorPercentage:\n      value: 35\n"), std::string::npos) << at(3);
  EXPECT_NE(at(3).find("weight: 20\n"), std::string::npos) << at(3);
  EXPECT_EQ(at(4).find("mirror"), std::string::npos) << at(4);
  EXPECT_EQ(at(0), "step 0 is none of the plan's: it has 4");
  EXPECT_EQ(at(5), "step 5 is none of the plan's: it has 4");
  loaded = load("{method: {exact: GET}}");
  ASSERT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  EXPECT_NE(at(2).find("by method or path"), std::string::npos) << "every request would be copied";
  EXPECT_EQ(at(1).find("by method or path"), std::string::npos);
}

}  // namespace
}  // namespace serin::app
