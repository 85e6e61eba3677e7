// A server in this process, and requests to it over loopback and its Unix socket.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "app/server/server.h"
#include "base/net/http_client.h"
#include "support/samples.h"
#include "support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::app {

using test::kCheckoutRollout;

class ServerTest : public LoopTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(::mkdir(config().c_str(), 0700), 0);
    ASSERT_EQ(::mkdir(state().c_str(), 0700), 0);
    write("checkout.yaml", kCheckoutRollout);
  }
  std::string config() const { return dir_.path() + "/config"; }
  std::string state() const { return dir_.path() + "/state"; }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(config() + "/" + name, std::ios::trunc) << text;
  }
  ServerOptions options() {
    return {.config_directory = config(),
            .state_directory = state(),
            .listen = "127.0.0.1:0",
            .user = "ana",
            .version = "test"};
  }
  void start(const ServerOptions& options) {
    auto server = Server::open(loop_, rng_, options, Log::silent());
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = std::move(*server);
    server_->begin();
  }
  std::string token(Role role, bool may_override = false) {
    auto book = TokenBook::open(state());
    auto made = book->create({.name = std::string(to_string(role)) + std::to_string(++tokens_),
                              .role = role,
                              .may_override = may_override},
                             clock_.now().wall);
    EXPECT_TRUE(made);
    return made ? made->text : "";
  }

  struct Ask {
    std::string method = "GET";
    std::string path{};
    std::string body{};
    std::string token{};
    HttpHeaders headers{};
    bool socket = false;  // as the owner
  };
  // Whatever is refused says so as a problem, with a request that can be found in the log. A gate's
  // no is an answer.
  void expect_problem(const Ask& what, const HttpResponse& answer) {
    if (answer.status < 400 || !what.path.starts_with("/api/")) return;
    if (what.path == "/api/v1/gates" && answer.status == 424) return;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json")
        << what.method << " " << what.path << ": " << answer.status << " " << answer.body;
    EXPECT_FALSE(json(answer)["requestId"].string().empty()) << what.path << " " << answer.body;
  }
  HttpResponse ask(const Ask& what) {
    HttpRequest request{.method = what.method, .headers = what.headers, .body = what.body};
    bool typed = false;
    for (const auto& [name, value] : what.headers) typed = typed || name == "Content-Type";
    if (!what.body.empty() && !typed)
      request.headers.emplace_back("Content-Type", "application/json");
    if (what.socket) {
      request.unix_socket = state() + "/" + kApiSocket;
      request.url = "http://localhost" + what.path;
    } else {
      request.url = "http://" + server_->endpoint()->to_string() + what.path;
    }
    if (!what.token.empty()) request.auth = {.kind = HttpAuth::Kind::bearer, .token = what.token};
    Pending<HttpResponse> pending;
    pending.cancellation = http_->send(std::move(request), soon(), pending.callback());
    EXPECT_TRUE(wait_for(pending)) << what.path;
    EXPECT_TRUE(pending.result && *pending.result)
        << what.method << " " << what.path << ": "
        << (pending.result ? pending.result->error().to_string() : "no answer");
    if (pending.result && *pending.result) expect_problem(what, **pending.result);
    return pending.result && *pending.result ? **pending.result : HttpResponse{};
  }
  Json json(const HttpResponse& response) {
    auto parsed = Json::parse(response.body);
    EXPECT_TRUE(parsed) << response.body;
    return parsed ? *parsed : Json();
  }
  // As the owner, by the socket.
  HttpResponse own(const std::string& method, const std::string& path, const std::string& body = "",
                   HttpHeaders headers = {}) {
    return ask({.method = method,
                .path = path,
                .body = body,
                .headers = std::move(headers),
                .socket = true});
  }
  // Asks the server until `holds`, 20 s at most.
  bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 200; ++i) {
      if (holds()) return true;
      run_until([&, since = now()] { return now() - since > std::chrono::milliseconds(100); });
    }
    return false;
  }
  bool wait_for_status(const std::string& id, const std::string& status) {
    return eventually(
        [&] { return json(own("GET", "/api/v1/releases/" + id))["status"].string() == status; });
  }
  // Gives the limits on requests time to fill again.
  void run_until_rested() {
    run_until([&, since = now()] { return now() - since > std::chrono::seconds(2); });
  }
  std::string release(const std::string& version = "v2") {
    auto response = own("POST", "/api/v1/rollouts/checkout/releases",
                        R"({"version":")" + version + R"(","stable":"v1"})");
    EXPECT_EQ(response.status, 201) << response.body;
    return std::string(json(response)["id"].string());
  }

  test::TempDir dir_;
  Rng rng_{7};
  int tokens_ = 0;
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  std::unique_ptr<Server> server_;
};

}  // namespace serin::app
