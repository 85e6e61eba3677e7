// A world of real Prometheus, HAProxy and services, and a release in it by the serin binary.
#pragma once

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

inline std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline constexpr const char* kErrorRate = R"(
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
    options.match_rules = match_rules_;
    auto world = DemoEnvironment::start(options, [](const std::string&) {});
    ASSERT_TRUE(world) << world.error().to_string();
    world_ = std::move(*world);
    // Which version is stable is seen in the metrics: it has been scraped.
    ASSERT_TRUE(test::wait_until(
        [&] {
          return test::http_get(prometheus_port(), "/api/v1/query?query=count(http_requests_total)")
                     .body.find("value") != std::string::npos;
        },
        std::chrono::seconds(30)));
    write_rollout(kErrorRate);
  }
  std::string router() const {
    return "{haproxy: {socket: [" + world_->socket() + "], map: " + dir_.path() +
           "/world/share.map, stableBackend: blue, canaryBackend: green, lease: {listen: '" +
           world_->lease_address() + "'}" +
           (match_rules_ ? ", matchMap: " + dir_.path() + "/world/match.map" : "") + "}}";
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
)" << steps_ << more_strategy_
                            << more_;
  }
  void drain_for_two_seconds() {
    std::string text = read_file(rollout_);
    std::ofstream(rollout_) << text.insert(text.find("canaryBackend:"), "drain: 2s, ");
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
  int wait_release(Duration patience = std::chrono::seconds(120)) {
    auto status = release_->wait(patience);
    if (!status) return -1;
    return WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
  }
  std::uint16_t prometheus_port() const {
    std::string url = world_->prometheus_url();
    return static_cast<std::uint16_t>(std::atoi(url.substr(url.rfind(':') + 1).c_str()));
  }
  // Until the release's output holds the text; not once the release has ended without it.
  bool wait_for(const std::string& text, Duration patience = std::chrono::seconds(60)) {
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
    auto status = child->wait(std::chrono::seconds(30));
    output = read_file(path);
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }
  // The version that answers: "v1".
  std::string version(const std::string& target, const test::HttpAsk& ask) const {
    std::string url = world_->service_url();
    std::string port = url.substr(url.find(':', 5) + 1);
    return test::http_ask(static_cast<std::uint16_t>(std::atoi(port.c_str())), target, ask)
        .header("X-Version");
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
  std::string more_strategy_;  // of the canary's
  std::string more_;           // of the spec
  bool match_rules_ = false;   // HAProxy reads rules on content
  std::string rollout_;
  std::string output_;
  std::optional<Process> release_;
};

}  // namespace serin::app
