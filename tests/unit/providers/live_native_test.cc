// Native histograms from a target's protobuf through a real Prometheus to increments.
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>

#include "base/net/asio_loop.h"
#include "base/real_clock.h"
#include "providers/prometheus/source.h"
#include "queries/counting/increments.h"
#include "queries/plan.h"
#include "support/scripted_server.h"
#include "support/servers.h"

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;

// As much of protobuf's wire format as a histogram takes.
std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7fU) | 0x80U);
  return out + static_cast<char>(value);
}
std::string zigzag(std::int64_t value) {
  return varint(value < 0 ? 2 * static_cast<std::uint64_t>(-(value + 1)) + 1
                          : 2 * static_cast<std::uint64_t>(value));
}
std::string number(unsigned field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
std::string text(unsigned field, const std::string& bytes) {
  return varint(field << 3U | 2U) + varint(bytes.size()) + bytes;
}
std::string real(unsigned field, double value) {
  std::string out = varint(field << 3U | 1U);
  auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i, bits >>= 8U) out += static_cast<char>(bits & 0xffU);
  return out;
}
std::string span(std::int64_t offset) {
  return text(12, varint(1U << 3U) + zigzag(offset) + number(2, 1));
}

// A MetricFamily of one native histogram of schema 1 with counts in (2^-3.5, 2^-3] and (1, 2^0.5].
std::string latencies(std::int64_t fast, std::int64_t slow) {
  std::string histogram = number(1, static_cast<std::uint64_t>(fast + slow)) + real(2, 1.5) +
                          varint(5U << 3U) + zigzag(1) + real(6, 1e-9) + number(7, 0) + span(-6) +
                          span(6) + text(13, zigzag(fast) + zigzag(slow - fast));
  std::string family = text(1, "latency_seconds") + number(3, 4) + text(4, text(7, histogram));
  return varint(family.size()) + family;
}

// Its k-th scrape since `go` shows base + k · step in each bucket, up to `last` steps.
class NativeExporter {
 public:
  NativeExporter(const std::atomic<bool>& go, std::int64_t fast, std::int64_t slow)
      : go_(go), fast_(fast), slow_(slow), server_([this](test::Connection& c) { serve(c); }) {}
  static constexpr int kLast = 5;
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  int scrapes() const { return scrapes_; }
  int steps() const { return steps_; }

 private:
  void serve(test::Connection& connection) {
    while (!connection.read_request().empty()) {
      const int k = std::min(go_ ? ++steps_ : 0, kLast);
      const bool sent =
          connection.reply(latencies(100 + k * fast_, 7 + k * slow_), "200 OK",
                           "Content-Type: application/vnd.google.protobuf; "
                           "proto=io.prometheus.client.MetricFamily; encoding=delimited\r\n");
      ++scrapes_;
      if (!sent) return;
    }
  }
  const std::atomic<bool>& go_;
  std::int64_t fast_;
  std::int64_t slow_;
  std::atomic<int> scrapes_ = 0;
  std::atomic<int> steps_ = 0;
  test::ScriptedServer server_;
};

TEST(LiveNative, HistogramsOfARealServerBecomeIncrements) {
  if (!test::is_installed("prometheus")) GTEST_SKIP() << "prometheus is not installed";
  std::atomic<bool> go = false;
  NativeExporter stable(go, 20, 2);
  NativeExporter canary(go, 10, 5);
  test::TempDir dir;
  auto server = test::Prometheus::start(
      dir,
      test::Prometheus::config(1s, {{"s", {stable.address()}, {{"version", "v1"}, {"pod", "s"}}},
                                    {"c", {canary.address()}, {{"version", "v2"}, {"pod", "c"}}}}),
      {"--enable-feature=native-histograms"});
  ASSERT_TRUE(server) << server.error().to_string();
  RealClock clock;
  AsioLoop loop{clock};
  auto http = make_http_client(loop, Rng(1));
  SourceOptions options;
  options.endpoint.address = server->url();
  auto source = PrometheusSource::create(loop, *http, std::move(options));
  ASSERT_TRUE(source);

  const queries::Versions versions{
      .label = "version", .canary = "v2", .stable = "v1", .instance = "pod"};
  auto comparison = queries::Comparison::histogram("latency_seconds");
  ASSERT_TRUE(comparison);
  const WallTime began = clock.now().wall;
  auto tracker = queries::CounterTracker::create(*comparison, versions, to_unix_ms(began));
  ASSERT_TRUE(tracker);
  double seen[2][2] = {};  // by side; fast, slow
  WallTime last = began;
  auto look = [&] {
    const Now now = clock.now();
    auto plan = queries::plan_look(*comparison, versions,
                                   {.now = now.wall, .last_look = last, .scrape_interval = 1s});
    ASSERT_TRUE(plan);
    std::optional<Result<queries::Answer>> answer;
    (*source)->ask(plan->samples, now.mono + 30s,
                   [&](Result<queries::Answer> given) { answer = std::move(given); });
    ASSERT_TRUE(loop.run_until([&] { return answer.has_value(); }, 60s));
    ASSERT_TRUE(*answer) << answer->error().to_string();
    auto window = tracker->look({.now_ms = to_unix_ms(now.wall),
                                 .covered_from_ms = plan->covered_from_ms,
                                 .samples = &**answer,
                                 .presence = nullptr});
    ASSERT_TRUE(window) << window.error().to_string();
    EXPECT_EQ(window->clamped, 0);
    last = now.wall;
    for (const queries::InstanceWindow& instance : window->instances) {
      auto& sums = seen[instance.side == queries::Side::canary ? 1 : 0];
      for (std::size_t j = 0; j < instance.buckets.size(); ++j)
        sums[j < window->bounds.size() && window->bounds[j] < 0.5 ? 0 : 1] += instance.buckets[j];
    }
  };
  ASSERT_TRUE(test::wait_until([&] { return stable.scrapes() > 2 && canary.scrapes() > 2; }, 120s));
  look();  // base lines
  for (auto& side : seen) side[0] = side[1] = 0;
  go = true;
  // Several looks, until the last step's sample is in them.
  const double truth[2][2] = {{100, 10}, {50, 25}};
  const bool all = test::wait_until(
      [&] {
        look();
        return std::equal(&seen[0][0], &seen[0][0] + 2, &truth[0][0]) &&
               std::equal(&seen[1][0], &seen[1][0] + 2, &truth[1][0]);
      },
      120s);
  EXPECT_TRUE(all) << seen[0][0] << " " << seen[0][1] << " " << seen[1][0] << " " << seen[1][1];
}

}  // namespace
}  // namespace serin::prometheus
