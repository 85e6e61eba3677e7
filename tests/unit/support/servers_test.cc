#include "support/servers.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <memory>
#include <set>
#include <thread>

#include "support/http_get.h"
#include "support/scripted_server.h"

namespace serin::test {
namespace {

using namespace std::chrono_literals;

ScriptedServer::Script says(std::string word) {
  return [word](Connection& peer) {
    while (!peer.read_request().empty() && peer.reply(word)) {
    }
  };
}

TEST(Port, IsNobodyElses) {
  std::set<int> numbers;
  std::vector<Port> ports(50);
  for (const Port& port : ports) {
    EXPECT_FALSE(listens(port.number()));
    numbers.insert(port.number());
  }
  EXPECT_EQ(numbers.size(), ports.size());
}

TEST(TempDir, Vanishes) {
  std::string path;
  {
    TempDir dir;
    path = dir.path();
    dir.write("a/b", "text");
    EXPECT_EQ(dir.read("a/b"), "text");
    EXPECT_EQ(dir.read("none"), "");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ScriptedServer, AnswersAndEndsWithOpenConnections) {
  auto server = std::make_unique<ScriptedServer>([](Connection& peer) {
    std::string request = peer.read_request();
    if (request.starts_with("GET /hang")) return peer.hang();
    if (request.empty()) return;
    peer.reply(request.substr(request.find("\r\n\r\n") + 4));
  });
  EXPECT_EQ(http_ask(server->port(), "/", {.method = "POST", .body = "ping"}).body, "ping");
  EXPECT_EQ(http_ask(server->port(), "/hang", {.patience = 20ms}).status, 0);
  std::jthread waits([port = server->port()] { EXPECT_EQ(http_get(port, "/hang").status, 0); });
  EXPECT_TRUE(wait_until([&] { return server->connections() == 3; }));
  server.reset();
}

TEST(Servers, AStartThatFailsSaysWhy) {
  TempDir dir;
  auto haproxy = Haproxy::start(dir, "global\n  no-such-keyword\n", {});
  ASSERT_FALSE(haproxy);
  EXPECT_NE(haproxy.error().message.find("no-such-keyword"), std::string::npos)
      << haproxy.error().message;
}

TEST(Servers, HaproxySplitsAndReloads) {
  TempDir dir;
  Port front;
  ScriptedServer stable(says("stable"));
  ScriptedServer canary(says("canary"));
  auto config = [&](const char* weight) {
    return Haproxy::preamble(dir) + "frontend fe\n  bind " + front.address() +
           "\n  default_backend be\nbackend be\n" +
           "  server stable 127.0.0.1:" + std::to_string(stable.port()) + " weight 100\n" +
           "  server canary 127.0.0.1:" + std::to_string(canary.port()) + " weight " + weight +
           "\n";
  };
  auto haproxy = Haproxy::start(dir, config("0"), {.port = front.number(), .master_worker = true});
  ASSERT_TRUE(haproxy) << haproxy.error().to_string();
  EXPECT_EQ(http_get(front.number(), "/").body, "stable");
  EXPECT_EQ(haproxy->admin("set server be/canary weight 100"), "\n");
  std::set<std::string> answers;
  for (int i = 0; i < 2; ++i) answers.insert(http_get(front.number(), "/").body);
  EXPECT_EQ(answers, (std::set<std::string>{"canary", "stable"}));
  dir.write("haproxy.cfg", config("7"));
  EXPECT_TRUE(haproxy->reload()) << haproxy->server().log();
  EXPECT_EQ(haproxy->admin("get weight be/canary"), "7 (initial 7)\n\n");
}

TEST(Servers, NginxServes) {
  TempDir dir;
  Port port;
  auto nginx = Nginx::start(
      dir, "server { listen " + port.address() + "; location / { return 200 \"hello\"; } }",
      port.number());
  ASSERT_TRUE(nginx) << nginx.error().to_string();
  EXPECT_EQ(http_get(port.number(), "/").body, "hello");
}

TEST(Servers, PrometheusScrapes) {
  TempDir dir;
  ScriptedServer target(says("things_total 41\n"));
  auto prometheus = Prometheus::start(
      dir, Prometheus::config(100ms, {{.name = "app",
                                       .targets = {"127.0.0.1:" + std::to_string(target.port())},
                                       .labels = {{"version", "v1"}}}}));
  ASSERT_TRUE(prometheus) << prometheus.error().to_string();
  EXPECT_TRUE(wait_until([&] {
    return http_get(prometheus->port(), "/api/v1/query?query=things_total").body.find("\"41\"") !=
           std::string::npos;
  })) << prometheus->server().log();
  pid_t pid = prometheus->server().pid();
  prometheus->server().stop();
  EXPECT_NE(::kill(pid, 0), 0);
}

}  // namespace
}  // namespace serin::test
