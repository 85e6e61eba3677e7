// The load, run as a process against servers that behave and servers that do not.
#include "examples/demo/load.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "support/demo.h"
#include "support/ports.h"
#include "support/scripted_server.h"

namespace serin::test {
namespace {

using namespace std::chrono_literals;

Json run(const std::string& url, const std::vector<std::string>& flags) {
  const TempDir dir;
  const auto report = run_demo_load(dir, url, flags);
  EXPECT_TRUE(report) << report.error().to_string();
  return report.value_or(Json());
}

std::int64_t lost(const Json& report) {
  std::int64_t sum = report["skipped"].integer();
  for (const auto& [name, count] : report["failed"].members()) sum += count.integer();
  return sum;
}

TEST(DemoLoad, SendsAsManyAsRateAndTimeSay) {
  const TempDir dir;
  const auto service = DemoService::start(dir, "service", {"--version", "7", "--latency-ms", "1"});
  ASSERT_TRUE(service) << service.error().to_string();
  const Json report = run(service->url(), {"--rate", "400", "--duration", "0.5", "--path", "/a",
                                           "/b", "/c", "--connections", "8"});
  EXPECT_EQ(report["sent"].integer(), 200);
  EXPECT_EQ(report["answered"].integer(), 200);
  EXPECT_EQ(report["versions"]["7"]["200"].integer(), 200);
  EXPECT_EQ(lost(report), 0);
  EXPECT_EQ(service->metric(R"(http_requests_total{code="200",path="/a"})"), 67);
  EXPECT_EQ(service->metric(R"(http_requests_total{code="200",path="/c"})"), 66);
  EXPECT_GT(report["latency_ms"]["p50"].number(), 1);
}

TEST(DemoLoad, KeepsItsConnections) {
  ScriptedServer server([](Connection& peer) {
    while (!peer.read_request().empty() && peer.reply("x")) {
    }
  });
  const Json report = run(server.url(), {"--rate", "200", "--duration", "0.5", "--connections", "4",
                                         "--header", "X-User: internal"});
  EXPECT_EQ(report["answered"].integer(), 100);
  EXPECT_LE(server.connections(), 4);
}

TEST(DemoLoad, SaysWhatFailed) {
  const Port nobody;
  EXPECT_EQ(
      run(nobody.url("/"), {"--rate", "50", "--duration", "0.2"})["failed"]["connect"].integer(),
      10);

  ScriptedServer closes([](Connection& peer) { peer.read_request(); });
  EXPECT_EQ(run(closes.url(), {"--rate", "50", "--duration", "0.2"})["failed"]["closed"].integer(),
            10);

  ScriptedServer hangs([](Connection& peer) { peer.hang(); });
  EXPECT_EQ(run(hangs.url(),
                {"--rate", "50", "--duration", "0.2", "--timeout", "0.1"})["failed"]["timeout"]
                .integer(),
            10);

  ScriptedServer babbles([](Connection& peer) {
    peer.read_request();
    peer.write("what?\r\n\r\n");
  });
  EXPECT_EQ(
      run(babbles.url(), {"--rate", "50", "--duration", "0.2"})["failed"]["malformed"].integer(),
      10);
}

TEST(DemoLoad, AsksOnceMoreWhereAKeptConnectionIsGone) {
  // Each connection answers one request, promises to stay, and closes on the second one.
  ScriptedServer server([](Connection& peer) {
    if (!peer.read_request().empty()) peer.reply("x");
    peer.read_request();
  });
  const Json report =
      run(server.url(), {"--rate", "100", "--duration", "0.5", "--connections", "1"});
  EXPECT_EQ(report["sent"].integer(), 50);
  EXPECT_EQ(report["answered"].integer(), 50);
  EXPECT_EQ(report["retried"].integer(), 49);
  EXPECT_EQ(lost(report), 0);
}

TEST(DemoLoad, ReadsAnAnswerThatEndsWithTheConnection) {
  ScriptedServer server([](Connection& peer) {
    peer.read_request();
    peer.write("HTTP/1.0 503 Unavailable\r\nX-Version: 3\r\n\r\n<html>");
  });
  const Json report = run(server.url(), {"--rate", "20", "--duration", "0.5"});
  EXPECT_EQ(report["versions"]["3"]["503"].integer(), 10);
}

TEST(DemoLoad, ReportsWhenItIsStopped) {
  const TempDir dir;
  const auto service = DemoService::start(dir, "service", {"--latency-ms", "1"});
  ASSERT_TRUE(service) << service.error().to_string();
  auto load = start_demo_load(dir, service->url(), {"--rate", "100", "--duration", "3600"});
  ASSERT_TRUE(load) << load.error().to_string();
  ASSERT_TRUE(wait_until([&] {
    return service->metric(R"(http_requests_total{code="200",path="/"})").value_or(0) >= 5;
  }));
  load->process().signal(SIGTERM);
  ASSERT_TRUE(load->process().wait(10s));
  const auto report = Json::parse(load->log());
  ASSERT_TRUE(report) << load->log();
  EXPECT_GE((*report)["answered"].integer(), 5);
  EXPECT_EQ((*report)["sent"], (*report)["answered"]);
}

TEST(DemoLoadFlags, OnlyLoopbackIsAsked) {
  demo::LoadOptions options;
  ASSERT_TRUE(demo::read_url("http://localhost:8080/cart?x=1", options));
  EXPECT_EQ(options.address, "127.0.0.1");
  EXPECT_EQ(options.port, 8080);
  EXPECT_EQ(options.paths, std::vector<std::string>{"/cart?x=1"});
  EXPECT_TRUE(demo::read_url("http://127.8.9.1:80", options));
  for (const std::string url : {"http://10.0.0.1:80/", "http://example.org:80/", "127.0.0.1:80",
                                "http://127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:x/",
                                "https://127.0.0.1:1/", "http://127.0.0.1:70000/"}) {
    EXPECT_FALSE(demo::read_url(url, options)) << url;
  }
}

TEST(DemoLoadFlags, RateTimeAndConnectionsAreBounded) {
  const auto is_valid = [](demo::LoadOptions options) {
    return demo::validate(options).has_value();
  };
  EXPECT_TRUE(is_valid({.rate = demo::kRateMax,
                        .duration_s = demo::kDurationMax_s,
                        .connections = demo::kLoadConnectionsMax}));
  EXPECT_FALSE(is_valid({.rate = demo::kRateMax + 1}));
  EXPECT_FALSE(is_valid({.rate = 0}));
  EXPECT_FALSE(is_valid({.duration_s = demo::kDurationMax_s + 1}));
  EXPECT_FALSE(is_valid({.duration_s = 0}));
  EXPECT_FALSE(is_valid({.connections = demo::kLoadConnectionsMax + 1}));
  EXPECT_FALSE(is_valid({.connections = 0}));
  EXPECT_FALSE(is_valid({.paths = {"cart"}}));
  EXPECT_FALSE(is_valid({.paths = {"/a b"}}));
  EXPECT_FALSE(is_valid({.headers = {"no colon"}}));
  EXPECT_FALSE(is_valid({.headers = {"A: b\r\nC: d"}}));
}

}  // namespace
}  // namespace serin::test
