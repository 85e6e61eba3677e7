// Presets before a real Prometheus: every query is PromQL to it, and those whose exporter can run
// here find their series on live data.
#include <gtest/gtest.h>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "providers/prometheus/source.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"
#include "queries/presets/presets.h"
#include "support/demo.h"
#include "support/http_get.h"
#include "support/ports.h"
#include "support/scripted_server.h"
#include "support/servers.h"
#include "support/wait.h"

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;
using queries::Comparison;
using queries::Preset;

Comparison comparison_of(const Preset& preset) {
  const auto selectors = queries::scoped(preset, "");
  switch (preset.kind) {
    case Comparison::Kind::errors:
      return *Comparison::errors(selectors->events, selectors->total);
    case Comparison::Kind::histogram:
      return *Comparison::histogram(selectors->events);
    default:
      return *Comparison::rate(selectors->events);
  }
}

class LivePresets : public ::testing::Test {
 protected:
  void start(const std::vector<test::Prometheus::Job>& jobs) {
    auto started = test::Prometheus::start(dir, test::Prometheus::config(1s, jobs));
    ASSERT_TRUE(started) << started.error().to_string();
    server = std::make_unique<test::Prometheus>(std::move(*started));
    SourceOptions options;
    options.endpoint.address = server->url();
    source = PrometheusSource::create(loop, *http, std::move(options)).value();
  }
  Result<queries::Answer> ask(const queries::Request& request) {
    std::optional<Result<queries::Answer>> answer;
    source->ask(request, clock.now().mono + 30s,
                [&](Result<queries::Answer> given) { answer = std::move(given); });
    EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }, 60s));
    return answer ? std::move(*answer) : fail(Code::internal, "never called");
  }
  Result<queries::Answer> look(const Preset& preset, const std::string& canary,
                               const std::string& stable) {
    const queries::Versions versions{std::string(preset.label), canary, stable,
                                     std::string(preset.instance), false};
    const WallTime now = clock.now().wall;
    auto plan = queries::plan_look(comparison_of(preset), versions, {now, now - 30s, 1s});
    if (!plan) return std::unexpected(plan.error());
    if (plan->presence) {
      EXPECT_TRUE(ask(*plan->presence));
    }
    return ask(plan->samples);
  }
  // How much the sides' totals have grown by what the metrics server has, canary first.
  std::pair<double, double> grown(const Preset& preset, const std::string& canary,
                                  const std::string& stable) {
    std::pair<double, double> sums;
    const auto answer = look(preset, canary, stable);
    EXPECT_TRUE(answer) << answer.error().to_string();
    if (!answer) return sums;
    for (const queries::Series& series : answer->series) {
      if (preset.kind == Comparison::Kind::histogram && series.labels.get("le") != "+Inf") continue;
      const bool is_canary = series.labels.get(preset.label) == canary;
      (is_canary ? sums.first : sums.second) += series.samples.back().value;
    }
    return sums;
  }

  RealClock clock;
  AsioLoop loop{clock};
  std::unique_ptr<HttpClient> http = make_http_client(loop, Rng(1));
  test::TempDir dir;
  std::unique_ptr<test::Prometheus> server;
  std::unique_ptr<PrometheusSource> source;
};

TEST_F(LivePresets, AreAllPromql) {
  if (!test::is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed";
  start({});
  for (const Preset& preset : queries::presets()) {
    const auto answer = look(preset, "v2", "v1");
    EXPECT_TRUE(answer) << preset.system << " " << preset.metric << ": "
                        << answer.error().to_string();
  }
}

TEST_F(LivePresets, HaproxyAndTheClientLibraryAreFoundLive) {
  if (!test::is_installed("prometheus") || !test::is_installed("haproxy")) {
    GTEST_SKIP() << "prometheus and haproxy are wanted";
  }
  auto stable = test::DemoService::start(dir, "stable", {"--version", "1"});
  auto canary = test::DemoService::start(dir, "canary", {"--version", "2", "--error-rate", "1"});
  ASSERT_TRUE(stable && canary);
  const test::Port port;
  const std::string config =
      test::Haproxy::preamble(dir) +
      "frontend web\n  bind 127.0.0.1:" + std::to_string(port.number()) +
      "\n  http-request use-service prometheus-exporter if { path /metrics }\n"
      "  default_backend be\nbackend be\n  balance roundrobin\n  server stable " +
      stable->address() + "\n  server canary " + canary->address() + "\n";
  auto haproxy = test::Haproxy::start(dir, config, {.port = port.number()});
  ASSERT_TRUE(haproxy) << haproxy.error().to_string();
  for (int i = 0; i < 20; ++i) test::http_get(port.number(), "/");
  start({{"haproxy", {"127.0.0.1:" + std::to_string(port.number())}},
         {"stable", {stable->address()}, {{"version", "1"}}},
         {"canary", {canary->address()}, {{"version", "2"}}}});
  const auto& edge = **queries::find_preset("haproxy", "errors");
  const auto& client = **queries::find_preset("prometheus", "latency");
  const auto& bad = **queries::find_preset("prometheus", "errors");
  // Targets are taken up one after the other, and a busy machine scrapes late.
  auto comes_to = [&](const Preset& preset, const std::string& one, const std::string& other) {
    return test::wait_until(
        [&] {
          const auto sums = grown(preset, one, other);
          return sums.first >= 10 && sums.second >= 10;
        },
        60s);
  };
  EXPECT_TRUE(comes_to(edge, "canary", "stable"));
  EXPECT_TRUE(comes_to(bad, "2", "1"));
  EXPECT_TRUE(comes_to(client, "2", "1"));
  EXPECT_TRUE(comes_to(**queries::find_preset("haproxy", "traffic"), "canary", "stable"));
  EXPECT_TRUE(comes_to(**queries::find_preset("prometheus", "traffic"), "2", "1"));
}

}  // namespace
}  // namespace serin::prometheus
