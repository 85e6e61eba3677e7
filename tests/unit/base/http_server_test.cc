#include "base/net/http_server.h"

#include <atomic>
#include <thread>

#include "base/net/fd.h"
#include "base/net/http_client.h"
#include "tests/support/http_get.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;
using test::HttpReply;

class HttpServerTest : public LoopTest {
 protected:
  void start(HttpServerOptions options = {}) {
    auto server = HttpServer::listen(loop_, {.address = "127.0.0.1"}, options,
                                     [this](HttpServerRequest request, HttpResponder responder) {
                                       handle(std::move(request), std::move(responder));
                                     });
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = std::move(*server);
  }

  void handle(HttpServerRequest request, HttpResponder responder) {
    last_ = request;
    ++requests_;
    if (request.path == "/later") {
      held_.push_back(std::move(responder));
    } else if (request.path == "/stream") {
      stream_.emplace(
          responder.stream({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}}));
      stream_->on_closed([this] { stream_closed_ = true; });
    } else if (request.path == "/large") {
      responder.send({.status = 200, .body = std::string(16'000'000, 'x')});
    } else if (request.path == "/empty") {
      responder.send({.status = 204, .body = "never sent"});
    } else if (request.path != "/drop") {
      responder.send({.status = 200, .headers = {{"X-Path", request.path}}, .body = request.body});
    }
  }

  std::uint16_t port() const { return server_->endpoint().port; }

  // Runs a blocking client on a thread of its own while the loop serves it.
  template <class Function>
  auto beside(Function function) {
    std::optional<decltype(function())> result;
    std::atomic<bool> done = false;
    std::jthread thread([&] {
      result = function();
      done = true;
    });
    EXPECT_TRUE(run_until([&] { return done.load(); }));
    return *result;
  }
  HttpReply ask(const std::string& target, test::HttpAsk request = {}) {
    return beside([&] { return test::http_ask(port(), target, request); });
  }
  std::string raw(const std::string& bytes) {
    return beside([&] { return test::exchange(port(), bytes); });
  }

  // A client that sends, and reads what the test reads for it.
  Fd send_without_waiting(const std::string& bytes) {
    Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    SocketAddress address = *socket_address(server_->endpoint());
    EXPECT_EQ(::connect(client.get(), address.get(), address.size), 0);
    EXPECT_EQ(::send(client.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    return client;
  }

  std::unique_ptr<HttpServer> server_;
  HttpServerRequest last_;
  int requests_ = 0;
  std::vector<HttpResponder> held_;
  std::optional<HttpStream> stream_;
  bool stream_closed_ = false;
};

TEST_F(HttpServerTest, GivesTheHandlerWhatCame) {
  start();
  HttpReply reply = ask("/a%20b/c?x=1+2&y=%2F&flag&x=2",
                        {.method = "PUT", .headers = {{"X-One", " 1 "}}, .body = "body"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "body");
  EXPECT_EQ(reply.header("x-path"), "/a b/c");
  EXPECT_EQ(last_.method, "PUT");
  EXPECT_EQ(last_.target, "/a%20b/c?x=1+2&y=%2F&flag&x=2");
  EXPECT_EQ(last_.parameter("x"), "1 2");
  EXPECT_EQ(last_.parameter("y"), "/");
  EXPECT_EQ(last_.parameter("flag"), "");
  EXPECT_EQ(last_.parameter("none"), std::nullopt);
  EXPECT_EQ(last_.header("x-one"), "1");
  EXPECT_TRUE(last_.peer.starts_with("127.0.0.1:")) << last_.peer;
}

TEST_F(HttpServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  start();
  std::string received =
      raw("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: "
          "3\r\n\r\ntwo"
          "GET http://elsewhere:80/3?q HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::size_t first = received.find("X-Path: /1\r\n");
  std::size_t second = received.find("X-Path: /2\r\n");
  std::size_t third = received.find("X-Path: /3\r\n");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos) << received;
  EXPECT_TRUE(raw("GET / HTTP/1.0\r\n\r\n").find("Connection: close") != std::string::npos);
}

TEST_F(HttpServerTest, AnswersLaterAndToHeadWithoutABody) {
  start();
  std::jthread client(
      [&, port = port()] { EXPECT_EQ(test::http_get(port, "/later").body, "at last"); });
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_.front().send({.status = 200, .body = "at last"});
  held_.front().send({.status = 200, .body = "twice"});
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  std::string head = raw("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  std::string empty = raw("GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(empty.ends_with("\r\n\r\n")) << empty;
  EXPECT_EQ(empty.find("Content-Length"), std::string::npos) << empty;
}

TEST_F(HttpServerTest, ADroppedResponderIsStatus500) {
  start();
  EXPECT_EQ(ask("/drop").status, 500);
}

TEST_F(HttpServerTest, HeadersOfAnswersCantBeBrokenOutOf) {
  start();
  std::jthread client([&, port = port()] {
    HttpReply reply = test::http_get(port, "/later");
    EXPECT_EQ(reply.header("x-a"), "1Evil: 2");
    EXPECT_EQ(reply.header("evil"), "");
    EXPECT_EQ(reply.header("content-length"), "2");
  });
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  held_.front().send(
      {.status = 200, .headers = {{"X-A", "1\r\nEvil: 2"}, {"Content-Length", "7"}}, .body = "ok"});
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
}

TEST_F(HttpServerTest, RequestsAreBounded) {
  start({.body_max = 10'000});
  EXPECT_EQ(ask("/", {.method = "POST", .body = std::string(10'000, 'x')}).status, 200);
  EXPECT_EQ(ask("/", {.method = "POST", .body = std::string(10'001, 'x')}).status, 413);
  EXPECT_EQ(ask("/", {.method = "POST", .body = std::string(5'000'000, 'x')}).status, 413)
      << "the answer survives the bytes that nobody reads";
  std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunked += "3e8\r\n" + std::string(1'000, 'x') + "\r\n";
  EXPECT_TRUE(raw(chunked + "0\r\n\r\n").starts_with("HTTP/1.1 413 ")) << "without a length too";
  EXPECT_EQ(ask("/", {.headers = {{"X-Long", std::string(kHttpServerHeadersMax, 'x')}}}).status,
            431);
  EXPECT_EQ(requests_, 1);
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  start();
  for (const char* bytes :
       {"hello\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET %2F HTTP/1.1\r\n\r\n", "GET /%00 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    std::string reply = raw(bytes);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 400 ")) << bytes << reply;
  }
  EXPECT_EQ(requests_, 0);
}

TEST_F(HttpServerTest, SaysContinue) {
  start();
  std::string reply =
      raw("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: "
          "close\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << reply;
}

TEST_F(HttpServerTest, SlowAndIdleClientsAreClosed) {
  start({.patience = 50ms, .idle_patience = 100ms});
  EXPECT_TRUE(raw("GET / HT").starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_TRUE(raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo")
                  .starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_EQ(raw(""), "") << "who says nothing is told nothing";
  EXPECT_EQ(requests_, 0);
  Fd idle = send_without_waiting("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return requests_ == 1; }));
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  char answer[256] = {};
  EXPECT_GT(::recv(idle.get(), answer, sizeof answer - 1, 0), 0);
  EXPECT_TRUE(std::string_view(answer).starts_with("HTTP/1.1 200 OK")) << answer;
}

TEST_F(HttpServerTest, WhatIsRefusedMayBeToldInOnesOwnWay) {
  start({.body_max = 10,
         .patience = 50ms,
         .refusal = [](int status, std::string_view why, bool secure) -> HttpResponse {
           return {.status = status,
                   .headers = {{"X-Secure", secure ? "yes" : "no"}},
                   .body = "own: " + std::string(why)};
         }});
  for (const auto& [request, status, why] :
       {std::tuple{"hello\r\n\r\n", "400", "can't be read"},
        std::tuple{"GET / HT", "408", "did not come in time"},
        std::tuple{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", "413",
                   "the body is too long"}}) {
    const std::string reply = raw(request);
    EXPECT_TRUE(reply.starts_with(std::string("HTTP/1.1 ") + status)) << reply;
    EXPECT_NE(reply.find("X-Secure: no\r\n"), std::string::npos) << reply;
    EXPECT_NE(reply.find("own: "), std::string::npos) << reply;
    EXPECT_NE(reply.find(why), std::string::npos) << reply;
  }
}

// It was told that it is too late: what it still sends is not carried out.
TEST_F(HttpServerTest, ARequestThatWasGivenUpIsNotTakenUpAgain) {
  start({.patience = 50ms});
  Fd client = send_without_waiting("GET / HTTP/1.1\r\n");
  std::string answer;
  ASSERT_TRUE(run_until([&] {
    char part[256];
    const ssize_t got = ::recv(client.get(), part, sizeof part, MSG_DONTWAIT);
    if (got > 0) answer.append(part, static_cast<std::size_t>(got));
    return !answer.empty();
  }));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
  EXPECT_GT(::send(client.get(), "\r\n", 2, MSG_NOSIGNAL), 0);
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  EXPECT_EQ(requests_, 0);
}

TEST_F(HttpServerTest, AClientThatTakesNoAnswerIsClosed) {
  start({.patience = 50ms});
  Fd client = send_without_waiting("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return requests_ == 1; }));
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
}

TEST_F(HttpServerTest, LargeAnswersArriveWhole) {
  start();
  EXPECT_EQ(ask("/large").body.size(), 16'000'000U);
}

TEST_F(HttpServerTest, ClientsAreBounded) {
  start({.clients_max = 1});
  std::jthread client(
      [&, port = port()] { EXPECT_EQ(test::http_get(port, "/later").status, 200); });
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  EXPECT_EQ(ask("/").status, 0);
  held_.front().send({.status = 200});
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  EXPECT_EQ(ask("/").status, 200);
}

TEST_F(HttpServerTest, StreamsEvents) {
  start();
  std::string received;
  std::jthread client([&, port = port()] {
    received = test::exchange(port, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  });
  ASSERT_TRUE(run_until([&] { return stream_.has_value(); }));
  EXPECT_TRUE(stream_->write(server_sent_event("weight", "{\"a\":1}", "7")));
  EXPECT_TRUE(stream_->write(server_sent_event("", "two\nlines")));
  EXPECT_TRUE(stream_->is_open());
  stream_->end();
  EXPECT_FALSE(stream_->write("after the end"));
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  client.join();
  EXPECT_FALSE(stream_closed_) << "nobody else ended it";
  EXPECT_NE(received.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos) << received;
  EXPECT_NE(received.find("\r\n23\r\nid: 7\nevent: weight\ndata: {\"a\":1}\n\n\r\n"),
            std::string::npos)
      << received;
  EXPECT_NE(received.find("data: two\ndata: lines\n\n"), std::string::npos) << received;
  EXPECT_TRUE(received.ends_with("\r\n0\r\n\r\n")) << received;
  // HTTP/1.0 knows no chunks.
  std::jthread old(
      [&, port = port()] { received = test::exchange(port, "GET /stream HTTP/1.0\r\n\r\n"); });
  stream_.reset();
  ASSERT_TRUE(run_until([&] { return stream_.has_value(); }));
  EXPECT_TRUE(stream_->write("plain"));
  stream_.reset();
  ASSERT_TRUE(run_until([&] { return server_->clients() == 0; }));
  old.join();
  EXPECT_TRUE(received.ends_with("\r\n\r\nplain")) << received;
}

TEST_F(HttpServerTest, AStreamSeesItsClientGo) {
  start();
  Fd client = send_without_waiting("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return stream_.has_value(); }));
  EXPECT_TRUE(stream_->write("x"));
  client.reset();
  ASSERT_TRUE(run_until([&] { return stream_closed_; }));
  EXPECT_FALSE(stream_->is_open());
  EXPECT_FALSE(stream_->write("x"));
}

TEST_F(HttpServerTest, AStreamThatIsNotTakenIsClosed) {
  start();
  Fd client = send_without_waiting("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return stream_.has_value(); }));
  std::string part(100'000, 'x');
  int written = 0;
  ASSERT_TRUE(run_until([&] {
    while (written < 10'000 && stream_->write(part)) ++written;
    return !stream_->is_open();
  }));
  EXPECT_GE(written, 10) << "a megabyte may wait";
  ASSERT_TRUE(run_until([&] { return stream_closed_; }));
  EXPECT_EQ(server_->clients(), 0U);
}

TEST_F(HttpServerTest, ListensWhereItIsToldOrSaysWhyNot) {
  start();
  auto handler = [](HttpServerRequest, HttpResponder responder) {
    responder.send({.status = 200, .body = "ok"});
  };
  auto taken = HttpServer::listen(loop_, server_->endpoint(), {}, handler);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::failed_precondition);
  EXPECT_NE(taken.error().message.find(server_->endpoint().to_string()), std::string::npos);
  EXPECT_EQ(HttpServer::listen(loop_, {.address = "not an address"}, {}, handler).error().code,
            Code::invalid_argument);
  EXPECT_EQ(HttpServer::listen(loop_, {.address = "192.0.2.1"}, {}, handler).error().code,
            Code::unavailable);

  test::TempDir dir;
  auto local = HttpServer::listen(loop_, {.unix_path = dir.file("http.sock")}, {}, handler);
  ASSERT_TRUE(local);
  auto v6 = HttpServer::listen(loop_, {.address = "::1"}, {}, handler);
  auto http = make_http_client(loop_, Rng(1));
  Pending<HttpResponse> pending;
  http->send({.url = "http://serin/", .unix_socket = dir.file("http.sock")}, soon(),
             pending.callback());
  ASSERT_TRUE(wait_for(pending));
  ASSERT_TRUE(*pending.result) << pending.result->error().to_string();
  EXPECT_EQ((*pending.result)->body, "ok");
  if (v6) {
    Pending<HttpResponse> over_v6;
    http->send({.url = "http://" + (*v6)->endpoint().to_string() + "/"}, soon(),
               over_v6.callback());
    ASSERT_TRUE(wait_for(over_v6));
    EXPECT_TRUE(*over_v6.result) << over_v6.result->error().to_string();
  }
}

TEST_F(HttpServerTest, EndsWithRequestsInWork) {
  start();
  std::jthread waits([port = port()] { EXPECT_EQ(test::http_get(port, "/later").status, 0); });
  std::jthread streams([port = port()] { EXPECT_EQ(test::http_get(port, "/stream").body, ""); });
  ASSERT_TRUE(run_until([&] { return held_.size() == 1 && stream_.has_value(); }));
  server_.reset();
  held_.front().send({.status = 200});
  EXPECT_FALSE(stream_->write("x"));
  run_briefly();
  EXPECT_FALSE(stream_closed_);
}

TEST_F(HttpServerTest, ServesItsOwnClient) {
  start();
  auto http = make_http_client(loop_, Rng(1));
  std::vector<Pending<HttpResponse>> pendings(200);
  std::string url = "http://" + server_->endpoint().to_string() + "/";
  for (std::size_t i = 0; i < pendings.size(); ++i) {
    http->send({.method = "POST", .url = url, .body = std::to_string(i), .idempotent = true},
               soon(), pendings[i].callback());
  }
  for (std::size_t i = 0; i < pendings.size(); ++i) {
    ASSERT_TRUE(wait_for(pendings[i]));
    ASSERT_TRUE(*pendings[i].result) << pendings[i].result->error().to_string();
    EXPECT_EQ((*pendings[i].result)->body, std::to_string(i));
  }
}

TEST(PercentDecode, ReadsEscapes) {
  EXPECT_EQ(percent_decode("a%20b+c%2b", true), "a b c+");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_EQ(percent_decode("%C3%A9", false), "\xc3\xa9");
  for (const char* text : {"%", "%4", "%4g", "%g4", "%00", "a%"})
    EXPECT_FALSE(percent_decode(text, false)) << text;
}

}  // namespace
}  // namespace serin
