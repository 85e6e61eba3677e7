#include "tests/support/certificates.h"
#include "tests/support/servers.h"
#include "tests/unit/base/http_fixture.h"

namespace serin {
namespace {

class HttpTlsTest : public HttpClientTest {
 protected:
  void SetUp() override {
    auto server = ca_.issue("server");
    auto block = [&](const test::Port& port, const std::string& more) {
      return "server { listen " + port.address() + " ssl; ssl_certificate " + server.cert_file +
             "; ssl_certificate_key " + server.key_file + "; " + more +
             "location / { return 200 \"secure\"; } }\n";
    };
    nginx_ = test::Nginx::start(
        dir_,
        block(port_, "") +
            block(mutual_, "ssl_verify_client on; ssl_client_certificate " + ca_.ca_file() + "; "),
        port_.number());
    ASSERT_TRUE(nginx_) << nginx_.error().to_string();
  }

  std::string url(const test::Port& port) const { return "https://" + port.address() + "/"; }

  test::TempDir dir_;
  test::Certificates ca_{dir_, "ca"};
  test::Port port_;
  test::Port mutual_;  // asks clients for a certificate
  Result<test::Nginx> nginx_ = fail(Code::internal, "not started");
};

TEST_F(HttpTlsTest, BelievesTheNamedAuthorityOnly) {
  auto trusted = ask({.url = url(port_), .tls = {.ca_file = ca_.ca_file()}});
  ASSERT_TRUE(trusted) << trusted.error().to_string();
  EXPECT_EQ(trusted->body, "secure");
  auto unknown = ask({.url = url(port_)});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::unauthenticated) << unknown.error().to_string();
  test::Certificates other(dir_, "other");
  EXPECT_EQ(ask({.url = url(port_), .tls = {.ca_file = other.ca_file()}}).error().code,
            Code::unauthenticated);
  auto insecure = ask({.url = url(port_), .tls = {.insecure = true}});
  EXPECT_TRUE(insecure);
  EXPECT_EQ(ask({.url = url(port_)}).error().code, Code::unauthenticated)
      << "a lax request opens no door to a strict one";
}

TEST_F(HttpTlsTest, ShowsItsOwnCertificate) {
  auto files = ca_.issue("client");
  HttpTls tls{.ca_file = ca_.ca_file(), .cert_file = files.cert_file, .key_file = files.key_file};
  auto known = ask({.url = url(mutual_), .tls = tls});
  ASSERT_TRUE(known) << known.error().to_string();
  EXPECT_EQ(known->status, 200);
  auto nobody = ask({.url = url(mutual_), .tls = {.ca_file = ca_.ca_file()}});
  EXPECT_TRUE(!nobody || nobody->status == 400) << "nginx answers 400 without one";
}

TEST_F(HttpTlsTest, MissingFilesAreInvalid) {
  auto no_ca = ask({.url = url(port_), .tls = {.ca_file = dir_.file("none")}});
  ASSERT_FALSE(no_ca);
  EXPECT_EQ(no_ca.error().code, Code::invalid_argument) << no_ca.error().to_string();
  auto no_cert =
      ask({.url = url(port_), .tls = {.ca_file = ca_.ca_file(), .cert_file = dir_.file("none")}});
  ASSERT_FALSE(no_cert);
  EXPECT_EQ(no_cert.error().code, Code::invalid_argument) << no_cert.error().to_string();
}

TEST_F(HttpTlsTest, PlainServersAreNoTlsServers) {
  test::ScriptedServer plain([](test::Connection& peer) {
    peer.read_until("\n");
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  auto response = ask(
      {.method = "POST", .url = "https://127.0.0.1:" + std::to_string(plain.port()), .body = "x"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::unavailable) << response.error().to_string();
}

}  // namespace
}  // namespace serin
