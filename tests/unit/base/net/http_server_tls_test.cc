// The HTTP server over TLS, asked by the HTTP client.
#include "base/net/http_server.h"
#include "tests/support/certificates.h"
#include "tests/unit/base/http_fixture.h"

namespace serin {
namespace {

class HttpServerTlsTest : public HttpClientTest {
 protected:
  void start(HttpServerOptions options) {
    auto server = HttpServer::listen(
        loop_, {.address = "127.0.0.1"}, std::move(options),
        [this](HttpServerRequest request, HttpResponder responder) {
          last_ = request;
          if (request.path == "/stream") {
            HttpStream stream = responder.stream({.status = 200});
            stream.write("first ");
            stream.write("last");
            return;
          }
          std::size_t size = request.path == "/large" ? 3'000'000 : 0;
          responder.send(
              {.status = 200, .headers = {}, .body = request.body + std::string(size, 'x')});
        });
    ASSERT_TRUE(server) << server.error().to_string();
    server_ = std::move(*server);
  }
  HttpServerOptions tls(const std::string& client_ca = "", bool required = false) {
    auto files = ca_.issue("server");
    return {.tls = HttpServerTls{.cert_file = files.cert_file,
                                 .key_file = files.key_file,
                                 .client_ca_file = client_ca,
                                 .client_required = required}};
  }
  std::string url(const std::string& path = "/") const {
    return "https://127.0.0.1:" + std::to_string(server_->endpoint().port) + path;
  }

  test::TempDir dir_;
  test::Certificates ca_{dir_, "ca"};
  std::unique_ptr<HttpServer> server_;
  HttpServerRequest last_;
};

TEST_F(HttpServerTlsTest, AnswersAndKeepsTheConnection) {
  start(tls());
  for (int i = 0; i < 3; ++i) {
    auto answer =
        ask({.method = "PUT", .url = url(), .body = "hello", .tls = {.ca_file = ca_.ca_file()}});
    ASSERT_TRUE(answer) << answer.error().to_string();
    EXPECT_EQ(answer->body, "hello");
  }
  EXPECT_EQ(server_->clients(), 1U);
  EXPECT_EQ(last_.client_name, "");
  auto large = ask({.url = url("/large"), .tls = {.ca_file = ca_.ca_file()}});
  ASSERT_TRUE(large) << large.error().to_string();
  EXPECT_EQ(large->body.size(), 3'000'000U);
  auto stream = ask({.url = url("/stream"), .tls = {.ca_file = ca_.ca_file()}});
  ASSERT_TRUE(stream) << stream.error().to_string();
  EXPECT_EQ(stream->body, "first last");
}

TEST_F(HttpServerTlsTest, NamesTheClientByItsCertificate) {
  start(tls(ca_.ca_file()));
  auto files = ca_.issue("deployer");
  HttpTls shown{.ca_file = ca_.ca_file(), .cert_file = files.cert_file, .key_file = files.key_file};
  auto answer = ask({.url = url(), .tls = shown});
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(last_.client_name, "deployer");
  // Of another authority: no connection at all.
  test::Certificates other(dir_, "other");
  auto foreign = other.issue("deployer");
  auto refused = ask({.url = url(),
                      .tls = {.ca_file = ca_.ca_file(),
                              .cert_file = foreign.cert_file,
                              .key_file = foreign.key_file}});
  EXPECT_FALSE(refused);
  ASSERT_TRUE(ask({.url = url(), .tls = {.ca_file = ca_.ca_file()}})) << "none was required";
  EXPECT_EQ(last_.client_name, "");
}

TEST_F(HttpServerTlsTest, RequiresACertificateWhereItSaysSo) {
  start(tls(ca_.ca_file(), true));
  EXPECT_FALSE(ask({.url = url(), .tls = {.ca_file = ca_.ca_file()}}));
  auto files = ca_.issue("deployer");
  EXPECT_TRUE(ask(
      {.url = url(),
       .tls = {
           .ca_file = ca_.ca_file(), .cert_file = files.cert_file, .key_file = files.key_file}}));
}

TEST_F(HttpServerTlsTest, PlainClientsGetNothing) {
  start(tls());
  EXPECT_FALSE(ask({.url = "http://127.0.0.1:" + std::to_string(server_->endpoint().port) + "/"}));
  EXPECT_EQ(last_.method, "");
}

TEST_F(HttpServerTlsTest, FilesThatCantBeUsedAreRefused) {
  auto with = [&](const HttpServerTls& tls) {
    auto server = HttpServer::listen(loop_, {.address = "127.0.0.1"}, {.tls = tls},
                                     [](const HttpServerRequest&, const HttpResponder&) {});
    return server ? "" : server.error().to_string();
  };
  auto files = ca_.issue("server");
  auto other = ca_.issue("other");
  EXPECT_NE(with({.cert_file = dir_.file("none"), .key_file = files.key_file}).find("none"),
            std::string::npos);
  EXPECT_NE(with({.cert_file = files.cert_file, .key_file = other.key_file}), "");
  EXPECT_NE(with({.cert_file = files.cert_file,
                  .key_file = files.key_file,
                  .client_ca_file = dir_.file("none")}),
            "");
  start({.tls = HttpServerTls{.cert_file = files.cert_file, .key_file = files.key_file}});
  EXPECT_TRUE(server_->reload_tls());
  dir_.write("ca-server.crt", "damaged");
  EXPECT_FALSE(server_->reload_tls());
  EXPECT_TRUE(ask({.url = url(), .tls = {.ca_file = ca_.ca_file()}})) << "the old one is kept";
}

}  // namespace
}  // namespace serin
