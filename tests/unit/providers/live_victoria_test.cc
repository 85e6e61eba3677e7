// VictoriaMetrics, which speaks Prometheus' API: raw range vectors are counted as from Prometheus.
#include <gtest/gtest.h>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "providers/prometheus/source.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"
#include "support/http_get.h"
#include "support/ports.h"
#include "support/servers.h"
#include "support/wait.h"

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;
using queries::Comparison;

class LiveVictoria : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::is_installed("victoria-metrics")) GTEST_SKIP() << "victoria-metrics is missing";
    const auto ready = [&] { return test::http_get(port.number(), "/health").status == 200; };
    auto started = test::Server::start(
        dir, {.name = "victoria",
              .argv = {"victoria-metrics", "-storageDataPath=" + dir.file("data"),
                       "-httpListenAddr=" + port.address(), "-search.latencyOffset=0s",
                       "-retentionPeriod=1y"},
              .ready = ready});
    ASSERT_TRUE(started) << started.error().to_string();
    server.emplace(std::move(*started));
    SourceOptions options;
    options.endpoint.address = port.url();
    source = PrometheusSource::create(loop, *http, std::move(options)).value();
  }
  void push(const std::string& lines) {
    const auto reply = test::http_ask(port.number(), "/api/v1/import/prometheus",
                                      {.method = "POST", .headers = {}, .body = lines});
    ASSERT_EQ(reply.status / 100, 2);
    test::http_get(port.number(), "/internal/force_flush");
  }
  Result<queries::Answer> ask(const std::string& text) {
    queries::Request request;
    request.text = text;
    std::optional<Result<queries::Answer>> answer;
    source->ask(request, clock.now().mono + 30s,
                [&](Result<queries::Answer> given) { answer = std::move(given); });
    EXPECT_TRUE(loop.run_until([&] { return answer.has_value(); }, 60s));
    return answer ? std::move(*answer) : fail(Code::internal, "never called");
  }

  RealClock clock;
  AsioLoop loop{clock};
  std::unique_ptr<HttpClient> http = make_http_client(loop, Rng(1));
  test::TempDir dir;
  test::Port port;
  std::optional<test::Server> server;
  std::unique_ptr<PrometheusSource> source;
};

TEST_F(LiveVictoria, RawSamplesComeAsTheyWereWritten) {
  const std::int64_t now_ms = to_unix_ms(clock.now().wall) / 1'000 * 1'000;
  std::string lines;
  for (int i = 0; i <= 6; ++i) {
    const std::string at = " " + std::to_string(now_ms - (6 - i) * 5'000) + "\n";
    for (const std::string version : {"v1", "v2"}) {
      const std::string labels = "{version=\"" + version + "\",pod=\"" + version + "-a\"";
      lines += "reqs_total" + labels + ",code=\"200\"} " + std::to_string(100 * i) + at;
      lines += "reqs_total" + labels + ",code=\"500\"} " +
               std::to_string((version == "v2" ? 10 : 1) * i) + at;
    }
  }
  push(lines);
  const auto comparison = Comparison::errors("reqs_total{code=~\"5..\"}", "reqs_total");
  const queries::Versions versions{"version", "v2", "v1", "pod", false};
  const WallTime now = from_unix_ms(now_ms);
  const auto plan = queries::plan_look(*comparison, versions, {now, now - 20s, 5s});
  ASSERT_TRUE(plan);
  std::optional<queries::Answer> answer;
  ASSERT_TRUE(test::wait_until([&] {
    auto got = ask(plan->samples.text);
    EXPECT_TRUE(got) << got.error().to_string();
    if (got && got->series.size() == 4 && got->series[0].samples.size() == 7) answer = *got;
    return answer.has_value() || !got;
  }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, queries::AnswerType::matrix);
  EXPECT_EQ(answer->series[0].samples.back().time_ms, now_ms);
  auto tracker = queries::CounterTracker::create(*comparison, versions, now_ms - 20'000);
  ASSERT_TRUE(tracker);
  const auto window = tracker->look(
      {.now_ms = now_ms, .covered_from_ms = plan->covered_from_ms, .samples = &*answer});
  ASSERT_TRUE(window) << window.error().to_string();
  double errors[2] = {0, 0};
  for (const auto& instance : window->instances) {
    errors[static_cast<std::size_t>(instance.side)] += instance.bad;
  }
  EXPECT_EQ(errors[static_cast<std::size_t>(queries::Side::canary)], 40);
  EXPECT_EQ(errors[static_cast<std::size_t>(queries::Side::stable)], 4);
}

TEST_F(LiveVictoria, RefusesInItsOwnWords) {
  const auto answer = ask("sum(");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::invalid_argument) << answer.error().to_string();
}

}  // namespace
}  // namespace serin::prometheus
