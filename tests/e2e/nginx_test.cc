// The program on a real nginx: a bad version comes back, a good one is promoted, and rules on
// content choose who sees it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/process.h"
#include "support/demo.h"
#include "support/http_get.h"
#include "support/servers.h"
#include "tests/e2e/content_cases.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

class NginxReleaseTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"nginx", "prometheus"}) {
      ASSERT_TRUE(test::is_installed(program)) << program << " is not installed";
    }
  }
  // Stable in blue, `canary` in green, nginx before both, Prometheus and a load.
  void start_world(const std::vector<std::string>& canary) {
    auto blue = test::DemoService::start(dir_, "blue", {"--version", "v1"});
    ASSERT_TRUE(blue) << blue.error().to_string();
    blue_.emplace(std::move(*blue));
    auto green = test::DemoService::start(dir_, "green", canary);
    ASSERT_TRUE(green) << green.error().to_string();
    green_.emplace(std::move(*green));
    write_rollout("http://127.0.0.1:9");
    std::string first;
    ASSERT_EQ(run({"render", "nginx", "-f", rollout_, "--idle"}, first), 0) << first;
    dir_.write("shop.conf", first);
    auto nginx = test::Nginx::start(
        dir_,
        "  include " + dir_.file("shop.conf") + ";\n  upstream blue { server " + blue_->address() +
            "; }\n  upstream green { server " + green_->address() + "; }\n  server { listen " +
            front_.address() + "; " + location_ + " }\n",
        front_.number());
    ASSERT_TRUE(nginx) << nginx.error().to_string();
    nginx_.emplace(std::move(*nginx));
    auto load =
        test::start_demo_load(dir_, front_.url("/"), {"--rate", "300", "--duration", "240"});
    ASSERT_TRUE(load) << load.error().to_string();
    load_.emplace(std::move(*load));
    auto job = [](const char* name, const std::string& address, const char* version) {
      return test::Prometheus::Job{
          .name = name, .targets = {address}, .labels = {{"version", version}, {"pod", name}}};
    };
    auto prometheus = test::Prometheus::start(
        dir_, test::Prometheus::config(1s, {job("blue", blue_->address(), "v1"),
                                            job("green", green_->address(), "v2")}));
    ASSERT_TRUE(prometheus) << prometheus.error().to_string();
    prometheus_.emplace(std::move(*prometheus));
    ASSERT_TRUE(test::wait_until([&] {
      return test::http_get(prometheus_->port(),
                            "/api/v1/query?query=count(http_requests_total{version=%22v1%22})")
                 .body.find("\"value\"") != std::string::npos;
    }));
    write_rollout(prometheus_->url());
  }
  void write_rollout(const std::string& prometheus) {
    rollout_ = dir_.write("rollout.yaml", R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      trafficRouting:
        nginx:
          file: )" + dir_.file("shop.conf") +
                                              R"(
          stableUpstream: blue
          canaryUpstream: green
          config: )" + dir_.file("nginx/nginx.conf") +
                                              "\n          prefix: " + dir_.file("nginx") +
                                              "\n          pid: " + dir_.file("nginx/nginx.pid") +
                                              "\n          status: " + status_.address() + R"(
)" + match_ + R"(      analysis:
        versions: {instance: pod}
        metrics:
        - name: error-rate
          interval: 1s
          compare:
            errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
            acceptable: {ratio: 3, absolute: 0.02}
            slo: {max: 0.05}
          provider: {prometheus: {address: ')" +
                                              prometheus + R"('}}
      steps:
)" + steps_);
  }
  int run(std::vector<std::string> arguments, std::string& output, Duration patience = 240s) {
    arguments.insert(arguments.begin(), SERIN_PROGRAM);
    dir_.write("command.out", "");
    auto child = Process::start({.argv = arguments, .output = dir_.file("command.out")});
    EXPECT_TRUE(child);
    auto status = child->wait(patience);
    output = dir_.read("command.out");
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  int release(std::string& output) {
    return run({"run", "-f", rollout_, "--version", "v2", "--stable", "v1", "--state",
                dir_.file("state"), "-o", "json"},
               output);
  }
  std::string version(const content::Request& request) const {
    return test::http_ask(front_.number(), request.target, {.headers = request.headers, .body = {}})
        .header("X-Version");
  }
  std::string version(const std::string& tester) const {
    return version({.target = "/", .headers = {{"X-Tester", tester}}});
  }

  test::TempDir dir_;
  test::Port front_, status_;
  std::optional<test::DemoService> blue_, green_;
  std::optional<test::Nginx> nginx_;
  std::optional<test::Server> load_;
  std::optional<test::Prometheus> prometheus_;
  std::string match_ = "      match:\n      - header: {key: X-Tester, exact: 'yes'}\n";
  std::string steps_ =
      "      - setWeight: 10\n      - pause: {duration: 4s}\n"
      "      - setWeight: 50\n      - pause: {duration: 12s}\n";
  std::string location_ = "location / { proxy_pass http://$serin_shop; }";
  std::string rollout_;
};

constexpr const char* kCopies =
    "      - setMirrorRoute: {name: shadow, match: [{path: {prefix: /}}]}\n"
    "      - pause: {duration: 60s}\n      - setMirrorRoute: {name: shadow}\n"
    "      - setWeight: 10\n      - pause: {duration: 60s}\n";

TEST_F(NginxReleaseTest, AGoodVersionIsPromoted) {
  start_world({"--version", "v2"});
  std::string output;
  ASSERT_EQ(release(output), 0) << output;
  EXPECT_NE(output.find(R"("verdict":"promote")"), std::string::npos) << output;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version("no"), "v2");
}

TEST_F(NginxReleaseTest, ABadVersionComesBack) {
  start_world({"--version", "v2", "--error-rate", "0.3"});
  std::string output;
  ASSERT_EQ(release(output), 10) << output;
  EXPECT_NE(output.find(R"("verdict":"rollback")"), std::string::npos) << output;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(version("yes"), "v1") << "its rules are gone too";
}

TEST_F(NginxReleaseTest, MatchedRequestsAloneReachTheCanaryUntilAnAbort) {
  match_ = content::kMatch;
  steps_ = "      - pause: {}\n";
  start_world({"--version", "v2"});
  const std::string state = dir_.file("state");
  auto child = Process::start({.argv = {SERIN_PROGRAM, "run", "-f", rollout_, "--version", "v2",
                                        "--stable", "v1", "--state", state, "-o", "json"},
                               .output = dir_.file("run.out")});
  ASSERT_TRUE(child);
  std::string output;
  ASSERT_TRUE(test::wait_until(
      [&] {
        if (run({"get", "shop", "--state", state, "-o", "json"}, output) != 0) return false;
        auto view = Json::parse(output);
        return view && (*view)["status"].string() == "Paused" &&
               (*view)["weight"]["rules"].integer() == 5 &&
               (*view)["weight"]["confirmed"].boolean();
      },
      60s))
      << output << dir_.read("run.out");
  for (const content::Request& request : content::requests()) {
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(version(request), request.canary ? "v2" : "v1") << request.target;
    }
  }
  EXPECT_EQ(run({"abort", "shop", "--state", state}, output), 0) << output;
  auto status = child->wait(60s);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 11) << dir_.read("run.out");
  for (const content::Request& request : content::requests()) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(version(request), "v1") << request.target;
  }
}

TEST_F(NginxReleaseTest, CopiesShowABadVersionBeforeAnybodySeesIt) {
  match_ = "";
  steps_ = kCopies;
  location_ = R"(location / {
    mirror /serin-mirror;
    proxy_pass http://$serin_shop;
  }
  location = /serin-mirror {
    internal;
    if ($serinmirror_shop = "") { return 204; }
    proxy_pass http://$serinmirror_shop$request_uri;
    proxy_connect_timeout 200ms;
    proxy_read_timeout 1s;
  })";
  start_world({"--version", "v2", "--error-rate", "0.3"});
  std::string output;
  ASSERT_EQ(release(output), 10) << output;
  EXPECT_NE(output.find(R"("verdict":"rollback")"), std::string::npos) << output;
  EXPECT_NE(output.find("error-rate"), std::string::npos) << output;
  EXPECT_NE(output.find(R"({"kind":"setMirrorRoute","status":"done")"), std::string::npos)
      << output;
  EXPECT_EQ(output.find("canary at 10 %"), std::string::npos) << "no request was moved: " << output;
  EXPECT_EQ(version("no"), "v1");
}

TEST_F(NginxReleaseTest, APlanThatCopiesIsRefusedWhereNginxHasNoRoomForIt) {
  match_ = "";
  steps_ = kCopies;
  start_world({"--version", "v2"});
  std::string output;
  EXPECT_NE(release(output), 0);
  EXPECT_NE(output.find("mirror /serin-mirror;"), std::string::npos) << output;
}

}  // namespace
}  // namespace serin::app
