// A release whose canary is compared with fresh instances of stable: the workload starts them with
// it, they are scraped, decide, and are gone at the end.
#include <filesystem>

#include "app/demo/configuration.h"
#include "drivers/workloads/instance.h"
#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

class FreshBaselineTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"haproxy", "prometheus"}) {
      ASSERT_TRUE(test::is_installed(program))
          << program << " is not installed (scripts/install-packages test)";
    }
    for (int* port : {&ports_.http, &ports_.prometheus, &ports_.lease}) *port = *free_port();
    for (auto& slot : ports_.slots) slot = {*free_port(), *free_port()};
    std::ofstream(file("share.map")) << "shop 0\n";
    std::ofstream(file("haproxy.cfg"))
        << demo_haproxy_configuration(ports_, file("haproxy.sock"), file("share.map"));
    std::ofstream(file("prometheus.yml")) << demo_prometheus_configuration(file("targets.json"), 1);
    std::ofstream(file("targets.json")) << demo_targets(ports_, {"v1", "v2"});
    std::filesystem::create_directories(file("state/instances"));
    // As serin makes it: it refuses a directory that others may read.
    std::filesystem::permissions(file("state"), std::filesystem::perms::owner_all);
    start_own();
    start({"haproxy", "-W", "-db", "-f", file("haproxy.cfg")}, "haproxy");
    start({"prometheus", "--config.file=" + file("prometheus.yml"),
           "--storage.tsdb.path=" + file("tsdb"),
           "--web.listen-address=127.0.0.1:" + std::to_string(ports_.prometheus)},
          "prometheus");
    start({std::string(SERIN_DEMO_PROGRAMS) + "/serin-demo-load", "--url",
           "http://127.0.0.1:" + std::to_string(ports_.http), "--rate", "300", "--duration", "400"},
          "load");
    ASSERT_TRUE(test::wait_until(
        [&] {
          return test::http_get(prometheus(), "/api/v1/query?query=count(http_requests_total)")
                     .body.find("value") != std::string::npos;
        },
        std::chrono::seconds(60)));
  }
  void TearDown() override {
    release_.reset();
    programs_.clear();
    for (const char* name : {"shop-stable-1", "shop-stable-2", "shop-canary-1", "shop-canary-2"}) {
      auto left = drivers::Instance::find(file("state/instances/") + name);
      if (!left) continue;
      left->signal(SIGKILL);
      test::wait_until([&] { return !left->is_alive(); }, std::chrono::seconds(20));
    }
  }
  // Stable's own instance, as an earlier serin has left it: it has run for long and fails nothing.
  void start_own() {
    auto own = drivers::Instance::start(
        {.argv = {std::string(SERIN_DEMO_PROGRAMS) + "/serin-demo-service", "--port",
                  std::to_string(ports_.slots[0][0]), "--version", "v1", "--error-rate", "0"},
         .version = "v1",
         .port = ports_.slots[0][0]},
        file("state/instances/shop-stable-1"));
    ASSERT_TRUE(own) << own.error().to_string();
    ASSERT_TRUE(test::wait_until([&] { return answers(ports_.slots[0][0]); }));
  }
  void start(std::vector<std::string> argv, const std::string& name) {
    auto child = Process::start({.argv = std::move(argv), .output = file(name + ".log")});
    ASSERT_TRUE(child) << child.error().to_string();
    programs_.push_back(std::move(*child));
  }
  // What is started for a release fails one request in 25, of either version.
  void write_rollout(const std::string& baseline) {
    std::ofstream(file("rollout.yaml"))
        << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  workload:
    baseline: )"
        << baseline << R"(
    process:
      command:
      - ')"
        << SERIN_DEMO_PROGRAMS << R"(/serin-demo-service'
      - '--port'
      - '{port}'
      - '--version'
      - '{version}'
      - '--error-rate'
      - '0.04'
      stablePorts: [)"
        << ports_.slots[0][0] << ", " << ports_.slots[0][1] << R"(]
      canaryPorts: [)"
        << ports_.slots[1][0] << ", " << ports_.slots[1][1] << R"(]
      health: /healthz
  strategy:
    canary:
      trafficRouting: {haproxy: {socket: [)"
        << file("haproxy.sock") << "], map: " << file("share.map")
        << ", stableBackend: blue, canaryBackend: green, drain: 2s, lease: {listen: '127.0.0.1:"
        << ports_.lease << R"('}}}
      analysis:
        versions: {instance: pod}
        metrics:
        - name: error-rate
          interval: 1s
          compare:
            errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
            acceptable: {ratio: 3, absolute: 0.02}
          provider: {prometheus: {address: 'http://127.0.0.1:)"
        << ports_.prometheus << R"('}}
      steps:
      - setWeight: 20
      - pause: {duration: 4s}
      - setWeight: 50
      - pause: {duration: 30s}
  edgeErrors: {enabled: false}
)";
  }
  bool begin() {
    auto child =
        Process::start({.argv = {SERIN_PROGRAM, "run", "-f", file("rollout.yaml"), "--version",
                                 "v2", "--stable", "v1", "--state", file("state"), "-o", "json"},
                        .output = file("run.out")});
    if (!child) return false;
    release_.emplace(std::move(*child));
    return true;
  }
  int release(std::string& output) {
    if (!begin()) return -1;
    return wait_for_end(output);
  }
  int wait_for_end(std::string& output) {
    bool ended = test::wait_until(
        [&] {
          watch();
          return release_->poll().has_value();
        },
        std::chrono::seconds(240));
    output = read_file(file("run.out"));
    auto status = release_->poll();
    return ended && status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  // What was to be seen at any moment of the release.
  void watch() { came_ = came_ || answers(ports_.slots[0][1]); }
  bool has_said(const std::string& text) const {
    return read_file(file("run.out")).find(text) != std::string::npos;
  }
  bool answers(int port) const {
    return test::http_get(static_cast<std::uint16_t>(port), "/healthz").status == 200;
  }
  std::uint16_t prometheus() const { return static_cast<std::uint16_t>(ports_.prometheus); }
  std::string file(const std::string& name) const { return dir_.path() + "/" + name; }

  test::TempDir dir_;
  DemoPorts ports_;
  std::vector<Process> programs_;
  std::optional<Process> release_;
  bool came_ = false;
};

// Against the instance that has run for long the canary is worse; against a fresh one it is equal.
TEST_F(FreshBaselineTest, TheVerdictFollowsThoseThatWereStartedWithTheCanary) {
  write_rollout("fresh");
  std::string output;
  EXPECT_EQ(release(output), 0) << output;
  EXPECT_NE(output.find("against 1 fresh stable instance"), std::string::npos) << output;
  EXPECT_TRUE(came_);
  // They are scraped as stable's.
  EXPECT_NE(test::http_get(prometheus(),
                           "/api/v1/query?query=max_over_time(up%7Bpod%3D%22blue2%22%2Cversion%3D"
                           "%22v1%22%7D%5B5m%5D)")
                .body.find("\"1\""),
            std::string::npos);
  // The old slot stays warm with its own number.
  EXPECT_TRUE(test::wait_until([&] { return !answers(ports_.slots[0][1]); }));
  EXPECT_TRUE(answers(ports_.slots[0][0]));
  EXPECT_TRUE(answers(ports_.slots[1][0]));
}

// serin dies while they run: the next one finds them, and they go with the release.
TEST_F(FreshBaselineTest, TheyGoAlsoWhereSerinDiedMeanwhile) {
  write_rollout("fresh");
  ASSERT_TRUE(begin());
  ASSERT_TRUE(
      test::wait_until([&] { return has_said("canary at 20 %"); }, std::chrono::seconds(120)))
      << read_file(file("run.out"));
  EXPECT_TRUE(answers(ports_.slots[0][1])) << "first they, then traffic";
  release_->signal(SIGKILL);
  ASSERT_TRUE(test::wait_until([&] { return release_->poll().has_value(); }));
  EXPECT_TRUE(answers(ports_.slots[0][1]));
  ASSERT_TRUE(begin());
  auto abort = [&] {
    auto child = Process::start({.argv = {SERIN_PROGRAM, "abort", "shop", "--state", file("state")},
                                 .output = file("abort.out")});
    if (!child) return false;
    test::wait_until([&] { return child->poll().has_value(); }, std::chrono::seconds(60));
    auto status = child->poll();
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0;
  };
  EXPECT_TRUE(test::wait_until(abort, std::chrono::seconds(120))) << read_file(file("run.out"));
  std::string output;
  EXPECT_EQ(wait_for_end(output), 11) << output;
  EXPECT_TRUE(test::wait_until([&] { return !answers(ports_.slots[0][1]); }));
  EXPECT_TRUE(answers(ports_.slots[0][0]));
}

TEST_F(FreshBaselineTest, WithoutItTheSameCanaryIsWorse) {
  write_rollout("none");
  std::string output;
  EXPECT_EQ(release(output), 10) << output;
  EXPECT_FALSE(came_);
}

}  // namespace
}  // namespace serin::app
