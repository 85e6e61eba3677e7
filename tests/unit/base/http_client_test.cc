#include <fcntl.h>
#include <sys/socket.h>

#include <atomic>
#include <filesystem>

#include "tests/support/ports.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/http_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::ScriptedServer;

ScriptedServer::Script always(std::string body, std::string status = "200 OK",
                              std::string headers = "") {
  return [=](Connection& peer) {
    while (!peer.read_request().empty() && peer.reply(body, status, headers)) {
    }
  };
}

TEST_F(HttpClientTest, AnswersWithStatusHeadersAndBody) {
  ScriptedServer server(always("hello", "404 Not Found", "X-Thing:  some words \r\nx-empty:\r\n"));
  auto response = get(server.url());
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->status, 404);
  EXPECT_FALSE(response->ok());
  EXPECT_EQ(response->body, "hello");
  EXPECT_GE(response->body.capacity(), response->body.size() + kHttpBodyPadding);
  EXPECT_EQ(response->header("x-thing"), "some words");
  EXPECT_EQ(response->header("x-empty"), "");
  EXPECT_EQ(response->header("none"), "");
}

TEST_F(HttpClientTest, SendsWhatItWasGiven) {
  std::string seen;
  ScriptedServer server([&](Connection& peer) {
    seen = peer.read_request();
    peer.reply("");
  });
  ASSERT_TRUE(ask({.method = "PATCH",
                   .url = server.url("/a?b=c"),
                   .headers = {{"X-One", "1"}, {"X-Empty", ""}},
                   .body = std::string("b\0dy", 4)}));
  EXPECT_TRUE(seen.starts_with("PATCH /a?b=c HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nX-One: 1\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nX-Empty:"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nUser-Agent: serin\r\n"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Expect"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with(std::string("\r\n\r\nb\0dy", 8)));
}

TEST_F(HttpClientTest, SendsCredentials) {
  std::string seen;
  ScriptedServer server([&](Connection& peer) {
    seen = peer.read_request();
    peer.reply("");
  });
  ASSERT_TRUE(
      ask({.url = server.url(),
           .auth = {.kind = HttpAuth::Kind::basic, .user = "Aladdin", .password = "open sesame"}}));
  EXPECT_NE(seen.find("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), std::string::npos)
      << seen;
  ASSERT_TRUE(
      ask({.url = server.url(), .auth = {.kind = HttpAuth::Kind::bearer, .token = "to-ken"}}));
  EXPECT_NE(seen.find("Authorization: Bearer to-ken\r\n"), std::string::npos) << seen;
}

TEST_F(HttpClientTest, SpeaksOverAUnixSocket) {
  test::TempDir dir;
  ScriptedServer server(dir.file("s"), always("over there"));
  auto response = ask({.url = "http://nowhere.invalid/", .unix_socket = dir.file("s")});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->body, "over there");
  auto missing = ask({.url = "http://nowhere.invalid/", .unix_socket = dir.file("none")});
  EXPECT_EQ(missing.error().code, Code::unavailable);
}

TEST_F(HttpClientTest, RefusesWhatIsNoRequest) {
  const HttpRequest kCases[] = {
      {.url = ""},
      {.url = "http://"},
      {.url = "ftp://host/"},
      {.url = "file:///etc/passwd"},
      {.method = "GET /", .url = "http://127.0.0.1/"},
      {.url = "http://127.0.0.1/", .headers = {{"A b", "1"}}},
      {.url = "http://127.0.0.1/", .headers = {{"A", "1\r\nB: 2"}}},
      {.url = "http://127.0.0.1/", .auth = {.kind = HttpAuth::Kind::bearer, .token = "a\nb"}},
  };
  for (const HttpRequest& request : kCases) {
    auto response = ask(request);
    ASSERT_FALSE(response) << request.url;
    EXPECT_EQ(response.error().code, Code::invalid_argument) << request.url;
  }
}

TEST_F(HttpClientTest, ErrorsNameTheOriginAndNoSecret) {
  test::Port nobody;
  auto secrets = std::make_shared<Secrets>();
  secrets->add(nobody.text());
  HttpRequest request{
      .url = "http://user:pass-word@" + nobody.address() + "/hook/s3cret?key=s3cret",
      .headers = {{"X-Key", "s3cret"}},
      .auth = {.kind = HttpAuth::Kind::bearer, .token = "to-ken"}};
  auto plain = ask(request);
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code, Code::unavailable);
  EXPECT_NE(plain.error().message.find(nobody.address()), std::string::npos)
      << plain.error().message;
  for (const char* secret : {"pass-word", "s3cret", "to-ken", "user"}) {
    EXPECT_EQ(plain.error().message.find(secret), std::string::npos) << plain.error().message;
  }
  restart_client({.secrets = secrets});
  auto masked = ask(request);
  EXPECT_EQ(masked.error().message.find(nobody.text()), std::string::npos)
      << masked.error().message;
}

TEST_F(HttpClientTest, BodyIsBounded) {
  std::atomic<bool> chunked = false;
  ScriptedServer server([&](Connection& peer) {
    while (!peer.read_request().empty()) {
      if (chunked) {
        peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n" +
                   std::string(100, 'x') + "\r\n0\r\n\r\n");
      } else {
        peer.reply(std::string(100, 'x'));
      }
    }
  });
  for (bool form : {false, true}) {
    chunked = form;
    auto fits = ask({.url = server.url(), .body_max = 100});
    ASSERT_TRUE(fits) << fits.error().to_string();
    EXPECT_EQ(fits->body.size(), 100U);
    auto larger = ask({.url = server.url(), .body_max = 99});
    ASSERT_FALSE(larger);
    EXPECT_EQ(larger.error().code, Code::data_loss);
    EXPECT_NE(larger.error().message.find("99 bytes"), std::string::npos) << larger.error().message;
  }
}

TEST_F(HttpClientTest, HeadersAreBounded) {
  ScriptedServer server([](Connection& peer) {
    peer.read_request();
    std::string line = "X-Long: " + std::string(4'000, 'x') + "\r\n";
    std::string headers;
    while (headers.size() <= kHttpHeadersMax) headers += line;
    peer.reply("", "200 OK", headers);
  });
  auto response = get(server.url());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::data_loss);
}

TEST_F(HttpClientTest, BrokenAnswersAreErrors) {
  struct Case {
    const char* bytes;
    Code of_get;
    Code of_post;
  };
  const Case kCases[] = {
      {"", Code::unavailable, Code::maybe_delivered},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Code::unavailable, Code::maybe_delivered},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
       Code::data_loss, Code::data_loss},
      {"HTTP/1.1 2x0 OK\r\n\r\n", Code::data_loss, Code::data_loss},
  };
  for (const Case& broken : kCases) {
    ScriptedServer server([&](Connection& peer) {
      peer.read_request();
      peer.write(broken.bytes);
    });
    auto of_get = get(server.url());
    ASSERT_FALSE(of_get) << broken.bytes;
    EXPECT_EQ(of_get.error().code, broken.of_get) << broken.bytes << of_get.error().to_string();
    auto of_post = ask({.method = "POST", .url = server.url(), .body = "x"});
    ASSERT_FALSE(of_post) << broken.bytes;
    EXPECT_EQ(of_post.error().code, broken.of_post) << broken.bytes << of_post.error().to_string();
  }
}

TEST_F(HttpClientTest, WhatNeverLeftWasNotDelivered) {
  test::Port nobody;
  auto response = ask({.method = "POST", .url = nobody.url("/"), .body = "x"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::unavailable) << response.error().to_string();
}

TEST_F(HttpClientTest, DeadlineEndsASilentServer) {
  ScriptedServer server([](Connection& peer) { peer.hang(); });
  Instant start = now();
  auto of_get = ask({.url = server.url()}, 50ms);
  EXPECT_EQ(of_get.error().code, Code::deadline_exceeded);
  EXPECT_GE(now() - start, 50ms);
  EXPECT_LT(now() - start, 20s);
  auto of_post = ask({.method = "POST", .url = server.url(), .body = "x"}, 50ms);
  EXPECT_EQ(of_post.error().code, Code::maybe_delivered);
  auto told_so =
      ask({.method = "POST", .url = server.url(), .body = "x", .idempotent = true}, 50ms);
  EXPECT_EQ(told_so.error().code, Code::deadline_exceeded);
  EXPECT_EQ(ask({.url = server.url()}, -1ms).error().code, Code::deadline_exceeded);
}

TEST_F(HttpClientTest, CancelCallsOnce) {
  ScriptedServer server([](Connection& peer) { peer.hang(); });
  Pending pending;
  send(pending, {.url = server.url()});
  ASSERT_TRUE(run_until([&] { return server.connections() == 1; }));
  pending.cancellation.cancel();
  EXPECT_EQ(pending.calls, 0) << "called from within cancel()";
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(pending.result->error().code, Code::cancelled);
  pending.cancellation.cancel();
  loop_.run_until([] { return false; }, 5ms);
  EXPECT_EQ(pending.calls, 1);
}

TEST_F(HttpClientTest, CancelAfterTheAnswerChangesNothing) {
  ScriptedServer server(always("hello"));
  Pending pending;
  send(pending, {.url = server.url()});
  ASSERT_TRUE(wait_for(pending));
  pending.cancellation.cancel();
  loop_.run_until([] { return false; }, 5ms);
  EXPECT_EQ(pending.calls, 1);
  EXPECT_TRUE(*pending.result);
}

TEST_F(HttpClientTest, WindowAndQueueAreBounded) {
  constexpr std::size_t kWaiting = 3;
  restart_client({.queue_max = kWaiting});
  ScriptedServer server([](Connection& peer) { peer.hang(); });
  std::vector<Pending> pendings(kHttpWindowStart + kWaiting + 1);
  for (Pending& pending : pendings) send(pending, {.url = server.url()});
  ASSERT_TRUE(wait_for(pendings.back()));
  EXPECT_EQ(pendings.back().result->error().code, Code::unavailable);
  EXPECT_NE(pendings.back().result->error().message.find("full (3 waiting)"), std::string::npos);
  ASSERT_TRUE(run_until([&] { return server.connections() == kHttpWindowStart; }));
  // One of the window and one of the queue make room for one and one.
  pendings[0].cancellation.cancel();
  pendings[kHttpWindowStart + 1].cancellation.cancel();
  ASSERT_TRUE(run_until([&] { return server.connections() == kHttpWindowStart + 1; }));
  for (std::size_t cancelled : {std::size_t{0}, std::size_t{kHttpWindowStart + 1}}) {
    ASSERT_TRUE(wait_for(pendings[cancelled]));
    EXPECT_EQ(pendings[cancelled].code(), Code::cancelled);
  }
  Pending more;
  send(more, {.url = server.url()}, 20ms);
  ASSERT_TRUE(wait_for(more));
  EXPECT_EQ(more.result->error().code, Code::deadline_exceeded);
  EXPECT_NE(more.result->error().message.find("queue"), std::string::npos);
}

TEST_F(HttpClientTest, ManyRequestsKeepWithinTheWindow) {
  std::atomic<int> open = 0;
  std::atomic<int> open_max = 0;
  ScriptedServer server([&](Connection& peer) {
    while (!peer.read_request().empty()) {
      int now_open = ++open;
      int seen = open_max;
      while (seen < now_open && !open_max.compare_exchange_weak(seen, now_open)) {
      }
      --open;
      peer.reply("ok");
    }
  });
  std::vector<Pending> pendings(600);
  for (Pending& pending : pendings) send(pending, {.url = server.url()});
  for (Pending& pending : pendings) {
    ASSERT_TRUE(wait_for(pending));
    ASSERT_TRUE(*pending.result) << pending.result->error().to_string();
    EXPECT_EQ(pending.calls, 1);
  }
  EXPECT_LE(server.connections(), kHttpWindowMax) << "connections are used again";
}

TEST_F(HttpClientTest, RetriesIdempotentRequests) {
  std::atomic<int> requests = 0;
  ScriptedServer server([&](Connection& peer) {
    while (!peer.read_request().empty()) {
      int number = ++requests;
      if (number == 1) return;  // closes without an answer
      if (!peer.reply("", number == 2 ? "503 Later" : "200 OK")) return;
    }
  });
  RetryPolicy policy{.attempts_max = 3, .delay_min = 1ms, .delay_max = 2ms};
  auto response = ask({.url = server.url(), .retry = policy});
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(requests, 3);
  requests = 0;
  auto of_post = ask({.method = "POST", .url = server.url(), .body = "x", .retry = policy});
  EXPECT_EQ(of_post.error().code, Code::maybe_delivered);
  EXPECT_EQ(requests, 1);
}

TEST_F(HttpClientTest, RetriesAreBounded) {
  std::atomic<int> requests = 0;
  ScriptedServer server([&](Connection& peer) {
    while (!peer.read_request().empty() && ++requests > 0 && peer.reply("busy", "429 Slow Down")) {
    }
  });
  auto response =
      ask({.url = server.url(), .retry = {.attempts_max = 4, .delay_min = 1ms, .delay_max = 1ms}});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(http_status_error(*response).code, Code::rate_limited);
  EXPECT_EQ(requests, 4);
  requests = 0;
  ASSERT_TRUE(ask(
      {.url = server.url(), .retry = {.attempts_max = 1'000, .delay_min = 1ms, .delay_max = 1ms}}));
  EXPECT_EQ(requests, kRetryAttemptsMax);
}

TEST_F(HttpClientTest, RetryAfterIsHonoured) {
  std::atomic<int> requests = 0;
  ScriptedServer server([&](Connection& peer) {
    while (!peer.read_request().empty()) {
      bool first = ++requests == 1;
      if (!peer.reply("", first ? "503 Later" : "200 OK", first ? "Retry-After: 1\r\n" : ""))
        return;
    }
  });
  RetryPolicy policy{.attempts_max = 2, .delay_min = 1ms, .delay_max = 1ms};
  Instant start = now();
  auto response = ask({.url = server.url(), .retry = policy});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_GE(now() - start, 1s);
  // Where it would come after the deadline, the answer that there is is better than none.
  requests = 0;
  start = now();
  auto at_once = ask({.url = server.url(), .retry = policy}, 500ms);
  ASSERT_TRUE(at_once);
  EXPECT_EQ(at_once->status, 503);
}

TEST_F(HttpClientTest, APostIsNotSentTwiceByItself) {
  std::atomic<int> posts = 0;
  ScriptedServer server([&](Connection& peer) {
    while (true) {
      std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.starts_with("POST")) {
        ++posts;
        return;  // taken, and closed without an answer
      }
      peer.reply("warm");
    }
  });
  ASSERT_TRUE(get(server.url()));  // leaves a connection to use again
  auto response = ask({.method = "POST", .url = server.url(), .body = "x"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::maybe_delivered);
  EXPECT_EQ(posts, 1);
}

TEST_F(HttpClientTest, AConnectionThatWentMeanwhileIsReplaced) {
  ScriptedServer server([](Connection& peer) {
    peer.read_request();
    peer.reply("once");  // and closes, though it said nothing of the kind
  });
  for (int i = 0; i < 5; ++i) {
    auto response = get(server.url());
    ASSERT_TRUE(response) << response.error().to_string();
  }
}

TEST_F(HttpClientTest, RedirectsOnlyWhenAskedAndWithoutCredentialsElsewhere) {
  std::string seen;
  ScriptedServer other([&](Connection& peer) {
    seen = peer.read_request();
    peer.reply("arrived");
  });
  ScriptedServer server(
      always("", "302 Found",
             "Location: http://localhost:" + std::to_string(other.port()) + "/\r\nX-First: 1\r\n"));
  ScriptedServer circle(always("", "302 Found", "Location: /again\r\n"));
  HttpRequest request{.url = server.url(),
                      .auth = {.kind = HttpAuth::Kind::bearer, .token = "to-ken"}};
  auto stays = ask(request);
  ASSERT_TRUE(stays);
  EXPECT_EQ(stays->status, 302);
  request.follow_redirects = true;
  auto follows = ask(request);
  ASSERT_TRUE(follows) << follows.error().to_string();
  EXPECT_EQ(follows->body, "arrived");
  EXPECT_EQ(follows->header("x-first"), "") << "headers of the last answer only";
  EXPECT_EQ(seen.find("to-ken"), std::string::npos) << seen;
  auto round = ask({.url = circle.url(), .follow_redirects = true});
  ASSERT_FALSE(round);
  EXPECT_EQ(round.error().code, Code::invalid_argument);
}

TEST_F(HttpClientTest, ADestroyedClientForgets) {
  ScriptedServer server([](Connection& peer) {
    if (peer.read_request().starts_with("GET /hang")) return peer.hang();
    peer.reply("");
  });
  std::vector<Pending> pendings(3);
  send(pendings[0], {.url = server.url("/hang")});
  send(pendings[1], {.url = "no url"});  // its answer is posted already
  send(pendings[2], {.url = server.url()});
  run_until([&] { return server.connections() >= 2; });
  http_.reset();
  loop_.run_until([] { return false; }, 20ms);
  EXPECT_EQ(pendings[0].calls, 0);
  for (Pending& pending : pendings) pending.cancellation.cancel();
}

TEST_F(HttpClientTest, ACallbackMayEndTheClient) {
  ScriptedServer server(always("hello"));
  bool ended = false;
  http_->send({.url = server.url()}, now() + test::kPatience, [&](Result<HttpResponse>) {
    http_.reset();
    ended = true;
  });
  http_->send({.url = server.url("/other")}, now() + test::kPatience, [](Result<HttpResponse>) {});
  EXPECT_TRUE(loop_.run_until([&] { return ended; }, test::kPatience));
  loop_.run_until([] { return false; }, 5ms);
}

TEST_F(HttpClientTest, ConnectionsAreNotInherited) {
  ScriptedServer server(always("hello"));
  ASSERT_TRUE(get(server.url()));
  int connections = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (gone || !target.string().starts_with("socket:")) continue;
    int fd = std::stoi(entry.path().filename());
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    if (address.ss_family != AF_INET) continue;  // curl's own wake-up pair
    ++connections;
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0) << fd;
  }
  EXPECT_GE(connections, 3) << "listener and both ends";
}

TEST(HttpStatus, BecomesAnError) {
  EXPECT_EQ(http_status_error({.status = 401}).code, Code::unauthenticated);
  EXPECT_EQ(http_status_error({.status = 403}).code, Code::permission_denied);
  EXPECT_EQ(http_status_error({.status = 404}).code, Code::not_found);
  EXPECT_EQ(http_status_error({.status = 400}).code, Code::invalid_argument);
  EXPECT_EQ(http_status_error({.status = 500}).code, Code::unavailable);
  EXPECT_EQ(http_status_error({.status = 302}).code, Code::internal);
  Error error = http_status_error({.status = 502, .body = std::string(1'000, 'x') + "\nmore"});
  EXPECT_LT(error.message.size(), 300U);
  EXPECT_EQ(http_status_error({.status = 500, .body = "a\tb\nc"}).message,
            "the server answered with status 500: a b");
}

}  // namespace
}  // namespace serin
