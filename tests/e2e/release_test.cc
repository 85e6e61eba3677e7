// The program as its user runs it, against real Prometheus, HAProxy and services.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "app/demo/environment.h"
#include "base/json.h"
#include "base/process.h"
#include "support/http_get.h"
#include "support/servers.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr const char* kErrorRate = R"(
        - name: error-rate
          interval: 1s
          compare:
            errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
            acceptable: {ratio: 3, absolute: 0.02}
          provider: {prometheus: {address: '{{args.prometheus}}'}})";

class ReleaseTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* program : {"haproxy", "prometheus"}) {
      ASSERT_TRUE(test::is_installed(program))
          << program << " is not installed (scripts/install-packages test)";
    }
  }
  void start_world() {
    DemoOptions options;
    options.directory = dir_.path() + "/world";
    options.programs = SERIN_DEMO_PROGRAMS;
    options.load_seconds = 240;
    options.steps = {{10, 4}, {50, 12}};
    auto world = DemoEnvironment::start(options, [](const std::string&) {});
    ASSERT_TRUE(world) << world.error().to_string();
    world_ = std::move(*world);
    // Which version is stable is seen in the metrics: it has been scraped.
    ASSERT_TRUE(test::wait_until(
        [&] {
          return test::http_get(prometheus_port(), "/api/v1/query?query=count(http_requests_total)")
                     .body.find("value") != std::string::npos;
        },
        30s));
    write_rollout(kErrorRate);
  }
  std::string router() const {
    return "{haproxy: {socket: [" + world_->socket() + "], map: " + dir_.path() +
           "/world/share.map, stableBackend: blue, canaryBackend: green, lease: {listen: '" +
           world_->lease_address() + "'}}}";
  }
  // Wide enough to be passed within seconds of this traffic.
  void write_rollout(const std::string& metrics) {
    rollout_ = dir_.path() + "/rollout.yaml";
    std::ofstream(rollout_) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    canary:
      trafficRouting: )" << router()
                            << R"(
      analysis:
        versions: {instance: pod}
        args: [{name: prometheus, value: ')"
                            << world_->prometheus_url() << R"('}]
        metrics:)" << metrics
                            << R"(
      steps:
)" << steps_ << more_;
  }
  void start_release(const std::string& version, const std::vector<std::string>& more = {}) {
    output_ = dir_.path() + "/" + version + ".out";
    std::vector<std::string> argv = {SERIN_PROGRAM, "run",     "-f",    rollout_, "--version",
                                     version,       "--state", state(), "-o",     "json"};
    argv.insert(argv.end(), more.begin(), more.end());
    auto child = Process::start({.argv = argv, .output = output_});
    ASSERT_TRUE(child) << child.error().to_string();
    release_.emplace(std::move(*child));
  }
  int wait_release(Duration patience = 120s) {
    auto status = release_->wait(patience);
    if (!status) return -1;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
  }
  std::uint16_t prometheus_port() const {
    std::string url = world_->prometheus_url();
    return static_cast<std::uint16_t>(std::atoi(url.substr(url.rfind(':') + 1).c_str()));
  }
  // Until the release's output holds the text; not once the release has ended without it.
  bool wait_for(const std::string& text, Duration patience = 60s) {
    bool found = false;
    test::wait_until(
        [&] {
          bool ended = release_->poll().has_value();
          found = read_file(output_).find(text) != std::string::npos;
          return found || ended;
        },
        patience);
    return found;
  }
  int run(std::vector<std::string> arguments, std::string& output) {
    arguments.insert(arguments.begin(), SERIN_PROGRAM);
    std::string path = dir_.path() + "/command.out";
    std::ofstream(path, std::ios::trunc);
    auto child = Process::start({.argv = arguments, .output = path});
    EXPECT_TRUE(child);
    auto status = child->wait(30s);
    output = read_file(path);
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  std::string state() const { return dir_.path() + "/state"; }
  int share() const {
    std::string text = read_file(dir_.path() + "/world/share.map");
    return std::atoi(text.substr(text.find(' ')).c_str());
  }

  test::TempDir dir_;
  std::unique_ptr<DemoEnvironment> world_;
  std::string steps_ =
      "      - setWeight: 10\n      - pause: {duration: 4s}\n"
      "      - setWeight: 50\n      - pause: {duration: 12s}\n";
  std::string more_;  // of the spec
  std::string rollout_;
  std::string output_;
  std::optional<Process> release_;
};

TEST_F(ReleaseTest, AGoodReleaseIsPromotedAndTheNextOneGoesTheOtherWay) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2", {"--executor", "ada", "--pipeline", "https://ci.example/7"});
  ASSERT_EQ(wait_release(), 0) << read_file(output_);
  EXPECT_NE(read_file(output_).find(R"("verdict":"promote")"), std::string::npos);
  EXPECT_EQ(share(), 10000) << "what HAProxy reads at a reload: green is stable now";
  // Green is stable: the next, bad version runs in blue and leaves it again.
  world_->exchange();
  ASSERT_TRUE(world_->deploy({.version = "v3", .error_rate = 0.3}));
  start_release("v3");
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find(R"("stable_version":"v2")"), std::string::npos)
      << "from the journal";
  std::string output;
  EXPECT_EQ(run({"journal", "check", "--state", state()}, output), 0) << output;

  // The journal tells both, without a serin that runs.
  EXPECT_EQ(run({"history", "shop", "--state", state(), "-o", "json"}, output), 0);
  auto history = Json::parse(output);
  ASSERT_TRUE(history) << output;
  const Json& items = (*history)["items"];
  ASSERT_EQ(items.size(), 2U) << output;
  EXPECT_EQ(items.at(0)["id"].string(), "shop-2");
  EXPECT_EQ(items.at(0)["result"].string(), "failed");
  EXPECT_EQ(items.at(1)["result"].string(), "succeeded");
  EXPECT_EQ(items.at(1)["executor"].string(), "ada");
  EXPECT_EQ(items.at(1)["pipeline"].string(), "https://ci.example/7");
  EXPECT_TRUE(items.at(1)["policy"].string().starts_with("shop@")) << output;
  EXPECT_EQ(items.at(0)["policy"], items.at(1)["policy"]);
  EXPECT_EQ(run({"history", "shop-2", "--state", state()}, output), 0);
  for (const char* part :
       {"Basic information", "Flow", "setWeight 10 %", "Decisions and operations", "returnToStable",
        "Events", "WeightConfirmed"}) {
    EXPECT_NE(output.find(part), std::string::npos) << part << "\n" << output;
  }
  EXPECT_EQ(run({"audit", "shop-2", "--actor", "serin", "--state", state(), "-o", "jsonl"}, output),
            0);
  std::size_t at = output.find(R"("operation":"returnToStable")");
  ASSERT_NE(at, std::string::npos) << output;
  EXPECT_NE(output.find(R"("metrics":[)", at), std::string::npos) << "its evidence";
  // Who follows a release that is over gets all of it and is done.
  EXPECT_EQ(run({"events", "shop-2", "-f", "--state", state()}, output), 0);
  EXPECT_NE(output.find("release/Failed"), std::string::npos) << output;
  EXPECT_EQ(run({"events", "nothing", "--state", state()}, output), 4);
  EXPECT_EQ(run({"history", "--state", state() + "-none"}, output), 4);
}

TEST_F(ReleaseTest, ErrorsRollBackWithEvidence) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2", .error_rate = 0.2}));
  start_release("v2");
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  std::string output = read_file(output_);
  EXPECT_NE(output.find(R"("verdict":"rollback")"), std::string::npos);
  EXPECT_NE(output.find("worse"), std::string::npos);
  EXPECT_EQ(output.find('\x1b'), std::string::npos) << "no escape codes where no terminal is";
  EXPECT_EQ(share(), 0);
  // The journal tells it again, without the release's process.
  std::string report;
  EXPECT_EQ(run({"report", "shop", "--state", state(), "-o", "json"}, report), 0) << report;
  auto story = Json::parse(report.substr(report.find('{')));
  ASSERT_TRUE(story) << report;
  EXPECT_EQ((*story)["release"]["status"].string(), "Failed");
  EXPECT_EQ((*story)["note"].string(), "");
  const Json& samples = (*story)["samples"]["error-rate"];
  ASSERT_GE(samples.size(), 2U);
  EXPECT_GT(samples.at(samples.size() - 1)["logE"].number(), samples.at(0)["logE"].number());
  std::string page;
  EXPECT_EQ(run({"report", "shop-1", "--state", state(), "--html", "-"}, page), 0);
  EXPECT_NE(page.find("<polyline class=\"canary\""), std::string::npos);
}

TEST_F(ReleaseTest, ABrokenLatencyRuleRollsBack) {
  start_world();
  write_rollout(R"(
        - name: latency
          interval: 1s
          initialDelay: 3s
          successCondition: result[0] < 0.25
          provider:
            prometheus:
              address: '{{args.prometheus}}'
              query: |-
                histogram_quantile(0.9, sum by (le)
                  (rate(http_request_duration_seconds_bucket{version="{{args.canary}}"}[4s]))))");
  ASSERT_TRUE(world_->deploy({.version = "v2", .latency_ms = 500}));
  start_release("v2", {"--stable", "v1"});  // no compared metric that could tell
  ASSERT_EQ(wait_release(), 10) << read_file(output_);
  std::string output = read_file(output_);
  EXPECT_NE(output.find(R"("sentence":"latency Failed: )"), std::string::npos) << output;
  EXPECT_NE(output.find("last value"), std::string::npos) << output;
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, HoldsWhileMetricsAreDownAndGoesOn) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  world_->stop_prometheus();
  ASSERT_TRUE(wait_for("metrics do not answer")) << read_file(output_);
  // Longer than the step: it must not end unseen.
  EXPECT_FALSE(release_->wait(14s)) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 0);
  EXPECT_NE(output.find("the release holds"), std::string::npos) << output;
  Status started = world_->start_prometheus();
  ASSERT_TRUE(started) << started.error().to_string();
  ASSERT_TRUE(wait_for("metrics answer again")) << read_file(output_);
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
}

TEST_F(ReleaseTest, AReloadOfTheProxyGetsTheShareAgain) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  auto worker = [&] {
    std::string info = world_->haproxy_command("show info").value_or("");
    std::size_t at = info.find("\nPid: ");
    return at == std::string::npos ? 0 : std::atoi(info.c_str() + at + 6);
  };
  auto share_now = [&] {
    std::string map =
        world_->haproxy_command("show map " + dir_.path() + "/world/share.map").value_or("");
    return map.find(" shop 5000") != std::string::npos;
  };
  int before = worker();
  ASSERT_NE(before, 0);
  ASSERT_TRUE(share_now());
  ASSERT_TRUE(world_->reload_haproxy());
  ASSERT_TRUE(test::wait_until([&] { return worker() != 0 && worker() != before; }, 10s));
  EXPECT_TRUE(test::wait_until(share_now, 10s)) << read_file(output_);
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
}

TEST_F(ReleaseTest, AbortReturnsToStable) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"pause", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 0);
  EXPECT_NE(output.find("Paused"), std::string::npos) << output;
  EXPECT_EQ(run({"pause", "nothing", "--state", state()}, output), 4) << output;
  EXPECT_EQ(run({"abort", "shop", "--state", state(), "--reason", "test"}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  EXPECT_EQ(run({"get", "shop", "--state", state()}, output), 6) << "nobody listens any more";
}

TEST_F(ReleaseTest, ARollbackGoesBackAtOnceAndAnUndoThroughTheSteps) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_EQ(wait_release(), 0) << read_file(output_);
  ASSERT_EQ(share(), 10000);
  // No serin runs any more: the state directory is enough.
  std::string output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state(), "-o", "json"}, output), 0) << output;
  EXPECT_EQ(share(), 0) << "blue is stable again";
  EXPECT_NE(output.find(R"("release":"shop-2")"), std::string::npos) << output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("already"), std::string::npos) << output;
  EXPECT_EQ(run({"retry", "shop", "--state", state()}, output), 4) << output;
  // v2 once more, with the metrics of v2 against v1.
  EXPECT_EQ(run({"undo", "shop", "--state", state(), "-o", "json"}, output), 0) << output;
  EXPECT_NE(output.find("canary at 50 %"), std::string::npos) << output;
  EXPECT_NE(output.find(R"("stable_version":"v1")"), std::string::npos) << output;
  EXPECT_EQ(share(), 10000);
  EXPECT_EQ(run({"journal", "check", "--state", state()}, output), 0) << output;
}

TEST_F(ReleaseTest, PeopleSteerAReleaseAndRollItBack) {
  start_world();
  steps_ =
      "      - setWeight: 10\n      - approval: {comment: is the till right}\n"
      "      - setWeight: 50\n      - pause: {}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("is the till right")) << read_file(output_);
  std::string output;
  EXPECT_EQ(run({"set-weight", "shop", "12.5", "--state", state()}, output), 0) << output;
  EXPECT_EQ(run({"set-weight", "shop", "much", "--state", state()}, output), 3) << output;
  EXPECT_EQ(run({"mute", "shop", "error-rite", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("error-rate"), std::string::npos) << "which metrics there are: " << output;
  EXPECT_EQ(run({"retry", "shop", "--state", state()}, output), 4) << output;
  EXPECT_NE(output.find("approve"), std::string::npos) << "what is allowed: " << output;
  std::vector<std::string> approve = {
      "approve",           "shop", "--state", state(), "--reason", "the till is fine",
      "--idempotency-key", "a1"};
  EXPECT_EQ(run(approve, output), 0) << output;
  ASSERT_TRUE(wait_for("canary at 50 %")) << read_file(output_);
  EXPECT_EQ(run(approve, output), 0) << output;
  EXPECT_NE(output.find("done before"), std::string::npos) << output;
  EXPECT_EQ(run({"get", "shop", "--state", state(), "-o", "json"}, output), 0);
  EXPECT_NE(output.find(R"("comment":"the till is fine")"), std::string::npos) << output;
  // Somebody else's start is refused, and told who holds the service.
  EXPECT_EQ(run({"run", "-f", rollout_, "--version", "v3", "--state", state()}, output), 4);
  EXPECT_NE(output.find("held by shop-1 of version v2"), std::string::npos) << output;
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, HooksRunAroundAReleaseAndAFailureEndsIt) {
  start_world();
  std::string log = dir_.path() + "/hooks.log";
  auto say = [&](const std::string& more) {
    return "{command: [sh, -c, 'echo $SERIN_HOOK $1 $SERIN_VERSION >> " + log + more +
           "', sh, '{key}']}";
  };
  steps_ = "      - setWeight: 10\n      - hook: " + say("") +
           "\n      - hook: " + say("; echo the till is wrong >&2; exit 3") +
           "\n      - setWeight: 50\n";
  more_ = "  hooks: {start: " + say("") + ", rollback: " + say("") + ", end: " + say("") + "}\n";
  write_rollout(kErrorRate);
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  EXPECT_EQ(wait_release(), 10) << read_file(output_);
  EXPECT_NE(read_file(output_).find("the hook 'step' of step 3 failed: "), std::string::npos)
      << read_file(output_);
  EXPECT_NE(read_file(output_).find("the till is wrong"), std::string::npos);
  EXPECT_EQ(share(), 0);
  EXPECT_EQ(read_file(log),
            "start shop-1/start v2\nstep shop-1/step-2 v2\nstep shop-1/step-3 v2\n"
            "rollback shop-1/rollback v2\nend shop-1/end v2\n");
}

TEST_F(ReleaseTest, BlueGreenIsOneSwitchAndOneBack) {
  start_world();
  rollout_ = dir_.path() + "/rollout.yaml";
  std::ofstream(rollout_) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    blueGreen:
      trafficRouting: )" << router()
                          << R"(
      prePromotionAnalysis:
        metrics:
        - name: canary-is-up
          interval: 1s
          count: 2
          successCondition: result[0] == 1
          provider: {prometheus: {address: ')"
                          << world_->prometheus_url() << R"(', query: 'vector(1)'}}
      autoPromotionEnabled: false
)";
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2", {"--stable", "v1"});
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  EXPECT_EQ(share(), 0);
  std::string output;
  EXPECT_EQ(run({"continue", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 0) << read_file(output_);
  EXPECT_EQ(share(), 10000);
  EXPECT_EQ(run({"rollback", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(share(), 0);
}

TEST_F(ReleaseTest, TerminationReturnsToStable) {
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("canary at 10 %")) << read_file(output_);
  release_->signal(SIGTERM);
  EXPECT_EQ(wait_release(20s), 11) << read_file(output_);
}

TEST_F(ReleaseTest, BadConfigurationNamesEveryErrorAndTouchesNothing) {
  rollout_ = dir_.path() + "/bad.yaml";
  std::ofstream(rollout_) << R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: Shop_1}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {sockett: /tmp/none.sock, backend: be, stable: [s], canary: [c]}
      steps:
      - setWeight: 200
      - pause: {duration: 1d}
)";
  start_release("v2");
  EXPECT_EQ(wait_release(10s), 3);
  std::string output = read_file(output_);
  for (const char* place : {"bad.yaml:3:", "bad.yaml:8:", "bad.yaml:10:", "bad.yaml:11:"}) {
    EXPECT_NE(output.find(place), std::string::npos) << place << "\n" << output;
  }
  EXPECT_EQ(::access(state().c_str(), F_OK), -1) << "no state directory was made";
}

}  // namespace
}  // namespace serin::app
