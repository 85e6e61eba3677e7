// The source on a real HAProxy, beside what its own exporter says of the same counters.
#include <gtest/gtest.h>

#include "providers/haproxy/source.h"
#include "queries/plan.h"
#include "tests/support/ports.h"
#include "tests/support/servers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/http_fixture.h"

namespace serin::haproxy {
namespace {

class LiveHaproxyTest : public HttpClientTest {
 protected:
  void SetUp() override {
    if (!test::is_installed("haproxy")) GTEST_SKIP() << "haproxy is not installed";
    const auto server = [](const std::string& name, const test::ScriptedServer& at) {
      return "  server " + name + " 127.0.0.1:" + std::to_string(at.port()) + "\n";
    };
    const std::string config =
        test::Haproxy::preamble(dir_) + "frontend web\n  bind 127.0.0.1:" + port_.text() +
        "\n  http-request use-service prometheus-exporter if { path /metrics }\n"
        "  default_backend be\n"
        "backend lat\n  stick-table type string len 64 size 100 store gpc(3)\n"
        "backend be\n  balance roundrobin\n"
        "  http-request set-var(txn.t0) date(0,us)\n"
        "  http-response set-var(txn.t1) date(0,us)\n"
        "  http-response set-var(txn.d) var(txn.t1),sub(txn.t0)\n"
        "  http-response track-sc0 srv_name table lat\n"
        "  http-response sc-inc-gpc(0,0)\n"
        "  http-response sc-inc-gpc(1,0) if { var(txn.d) -m int le 0 }\n"
        "  http-response sc-inc-gpc(2,0) if { var(txn.d) -m int le 60000000 }\n" +
        server("stable", stable_) + server("canary", canary_);
    auto started = test::Haproxy::start(dir_, config, {.port = port_.number()});
    ASSERT_TRUE(started) << started.error().to_string();
    haproxy_.emplace(std::move(*started));
    auto made = HaproxySource::create(
        loop_, {.sockets = {haproxy_->socket_path()},
                .counters = {.backends = {"be"}, .latency_table = "lat", .bounds = {1e-9, 60}}});
    ASSERT_TRUE(made) << made.error().to_string();
    source_ = std::move(*made);
  }

  static test::ScriptedServer::Script answering(const char* status) {
    return [status](test::Connection& peer) {
      while (!peer.read_request().empty()) peer.reply("x", status);
    };
  }

  void requests(int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(get("http://127.0.0.1:" + port_.text() + "/"));
    }
  }

  Result<queries::Answer> ask(const std::string& text, Duration patience = test::kPatience) {
    queries::Request request;
    request.text = text;
    if (text.empty()) request.kind = queries::Request::Kind::other;
    LoopTest::Pending<queries::Answer> pending;
    source_->ask(request, now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0);
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  double newest(const std::string& selector) {
    const auto answer = ask(selector + "[1m]");
    EXPECT_TRUE(answer) << answer.error().to_string();
    if (!answer || answer->series.size() != 1) return -1;
    return answer->series[0].samples.back().value;
  }

  test::TempDir dir_;
  test::ScriptedServer stable_{answering("200 OK")};
  test::ScriptedServer canary_{answering("503 Service Unavailable")};
  test::Port port_;
  std::optional<test::Haproxy> haproxy_;
  std::unique_ptr<HaproxySource> source_;
};

TEST_F(LiveHaproxyTest, CountsAsItsExporterDoes) {
  requests(20);
  const auto exported = get("http://127.0.0.1:" + port_.text() + "/metrics");
  ASSERT_TRUE(exported);
  for (const char* server : {"stable", "canary"}) {
    for (const char* metric :
         {"haproxy_server_http_responses_total{code=\"5xx\"", "haproxy_server_sessions_total{",
          "haproxy_server_connection_errors_total{", "haproxy_server_retry_warnings_total{",
          "haproxy_server_loadbalanced_total{", "haproxy_server_bytes_in_total{",
          "haproxy_server_weight{"}) {
      std::string name(metric);
      const bool coded = name.ends_with("\"");
      const double mine = newest(name + (coded ? "," : "") + "server=\"" + server + "\"}");
      std::string line = name.substr(0, name.find('{')) + "{proxy=\"be\",server=\"" + server + "\"";
      line += coded ? ",code=\"5xx\"} " : "} ";
      const std::size_t at = exported->body.find(line);
      ASSERT_NE(at, std::string::npos) << line;
      EXPECT_EQ(mine, std::stod(exported->body.substr(at + line.size()))) << line;
    }
  }
  EXPECT_EQ(newest(R"(haproxy_server_http_responses_total{code="5xx",server="canary"})"), 10);
  EXPECT_EQ(newest(R"(up{server="canary"})"), 1);
}

TEST_F(LiveHaproxyTest, LatenciesAndWindowsAreReadByAPlan) {
  requests(10);
  const auto comparison = queries::Comparison::histogram("haproxy_server_latency_seconds_bucket");
  ASSERT_TRUE(comparison);
  const queries::Versions versions{"server", "canary", "stable", "server", false};
  const WallTime wall = clock_.now().wall;
  const auto plan = queries::plan_look(*comparison, versions, {wall, wall, {}});
  ASSERT_TRUE(plan);
  const auto first = ask(plan->samples.text);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_EQ(first->series.size(), 6U);  // two servers, two bounds and +Inf
  for (const queries::Series& series : first->series) {
    const std::string_view le = series.labels.get("le");
    EXPECT_EQ(series.samples.back().value, le == "1e-09" ? 0 : 5) << series.labels.to_string();
  }
  ASSERT_TRUE(plan->presence);
  EXPECT_EQ(ask(plan->presence->text)->series.size(), 2U);
  requests(4);
  run_until([&, since = now()] { return now() - since > 2 * kReadingAge; });
  const auto second = ask(plan->samples.text);
  ASSERT_TRUE(second);
  ASSERT_GE(second->series[0].samples.size(), 2U);
  EXPECT_EQ(second->series.back().samples.back().value - second->series.back().samples[0].value, 2);
}

TEST_F(LiveHaproxyTest, AsksThatComeTogetherAreOneReading) {
  std::vector<LoopTest::Pending<queries::Answer>> pending(50);
  queries::Request request;
  request.text = "up{server=\"canary\"}[1m]";
  for (auto& each : pending) source_->ask(request, soon(), each.callback());
  for (auto& each : pending) ASSERT_TRUE(wait_for(each));
  for (auto& each : pending) {
    ASSERT_TRUE(*each.result);
    EXPECT_EQ((*each.result)->series.at(0).samples.size(), 1U);
  }
}

TEST_F(LiveHaproxyTest, TellsTotalsAndErrors) {
  requests(4);
  const auto totals = ask("");
  ASSERT_TRUE(totals);
  EXPECT_EQ(totals->json["canary"]["responses5xx"].integer(), 2);
  EXPECT_FALSE(ask("rate(up[5m])"));
  haproxy_->server().stop();
  run_until([&, since = now()] { return now() - since > 2 * kReadingAge; });
  EXPECT_EQ(ask("up{server=\"canary\"}[1m]").error().code, Code::unavailable);
}

}  // namespace
}  // namespace serin::haproxy
