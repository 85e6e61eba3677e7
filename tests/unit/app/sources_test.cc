#include "app/live/sources.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "analysis/judges/threshold/request.h"
#include "tests/unit/base/http_fixture.h"

namespace serin::app {
namespace {

using analysis::Provider;

Provider prometheus(const std::string& address) {
  Provider provider;
  provider.prometheus.emplace();
  provider.prometheus->address = address;
  provider.prometheus->query = "up";
  return provider;
}

Provider web(const std::string& url) {
  Provider provider;
  provider.web.emplace();
  provider.web->url = url;
  return provider;
}

class SourcesTest : public HttpClientTest {
 protected:
  std::string error_of(const Provider& provider) {
    const auto source = make_source({.loop = loop_, .http = *http_}, provider);
    return source ? "" : source.error().message;
  }
  Result<queries::Answer> ask(const Provider& provider) {
    auto source = make_source({.loop = loop_, .http = *http_}, provider);
    if (!source) return std::unexpected(source.error());
    LoopTest::Pending<queries::Answer> pending;
    (*source)->ask(*analysis::request_of(provider, {}), soon(), pending.callback());
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
};

TEST(SourceIdentity, TellsPlacesApartAndShowsNoSecret) {
  Provider provider = prometheus("http://user:pass-word@h:9090/prom");
  const std::string before = source_identity(provider);
  EXPECT_TRUE(before.starts_with("prometheus http://h:9090 ")) << before;
  provider.prometheus->query = "other";
  provider.prometheus->timeout = 3;
  EXPECT_EQ(source_identity(provider), before);
  provider.prometheus->headers = {{"Authorization", "Bearer hush-hush"}};
  const std::string with_header = source_identity(provider);
  EXPECT_NE(with_header, before);
  provider.prometheus->authentication.basic_auth = {"ann", "hush-hush"};
  const std::string with_password = source_identity(provider);
  EXPECT_NE(with_password, with_header);
  provider.prometheus->authentication.oauth2.client_secret = "hush-hush";
  EXPECT_NE(source_identity(provider), with_password);
  Provider asked = web("https://tok-en@gate/hush-hush?key=hush-hush");
  asked.web->body = "hush-hush";
  for (const std::string& text :
       {before, with_header, with_password, source_identity(provider), source_identity(asked)}) {
    for (const char* secret : {"hush", "pass-word", "ann", "tok-en"}) {
      EXPECT_EQ(text.find(secret), std::string::npos) << text;
    }
  }
  EXPECT_TRUE(source_identity(asked).starts_with("web https://gate "));
}

TEST_F(SourcesTest, SaysWhatAProviderLacks) {
  EXPECT_EQ(error_of(prometheus("http://h")), "");
  EXPECT_EQ(error_of(prometheus("h:9090")), "prometheus address is not is url format");
  EXPECT_EQ(error_of(prometheus("")), "prometheus address is not configured");
  Provider provider = prometheus("http://h");
  provider.prometheus->timeout = -1;
  EXPECT_EQ(error_of(provider), "prometheus timeout should not be negative");
  provider.prometheus->timeout = 0;
  provider.prometheus->authentication.oauth2.token_url = "http://id/t";
  EXPECT_TRUE(
      error_of(provider).starts_with("missing mandatory parameter in metric for OAuth2 setup"));
  Provider wrong = web("http://h");
  wrong.web->json_path = "{.a";
  EXPECT_EQ(error_of(wrong), "unclosed action");
  Provider other;
  other.datadog.emplace();
  EXPECT_NE(error_of(other).find("'datadog' is not supported yet"), std::string::npos);
}

TEST_F(SourcesTest, AsksWithATokenBasicAuthOrASignature) {
  std::string heads;
  std::mutex mutex;
  test::ScriptedServer server([&](test::Connection& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
      {
        const std::lock_guard lock(mutex);
        heads += request;
      }
      const bool token = request.starts_with("POST /token");
      peer.reply(token ? R"({"access_token":"tok-1"})"
                       : R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})");
    }
  });
  const auto sent = [&](const Provider& provider) {
    heads.clear();
    const auto answer = ask(provider);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return heads;
  };
  const std::string address = server.url("");
  Provider provider = prometheus(address);
  provider.prometheus->authentication.basic_auth = {"ann", ""};
  EXPECT_EQ(sent(provider).find("Authorization"), std::string::npos);
  provider.prometheus->authentication.basic_auth = {"ann", "pw"};
  EXPECT_NE(sent(provider).find("Authorization: Basic YW5uOnB3"), std::string::npos);
  provider.prometheus->authentication.oauth2 = {address + "/token", "id", "secret", {"a"}};
  EXPECT_NE(sent(provider).find("Authorization: Bearer tok-1"), std::string::npos);
  Provider gate = web(address + "/gate");
  gate.web->authentication.oauth2 = {address + "/token", "id", "secret", {}};
  EXPECT_NE(sent(gate).find("Authorization: Bearer tok-1"), std::string::npos);

  ::setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "hush", 1);
  ::setenv("AWS_SESSION_TOKEN", "session", 1);
  Provider signed_one = prometheus(address + "/aps-workspaces/w");
  signed_one.prometheus->authentication.sigv4.region = "eu-west-1";
  const std::string request = sent(signed_one);
  for (const char* part : {"POST /aps-workspaces/w/api/v1/query", "Authorization: AWS4-HMAC-SHA256",
                           "Credential=AKID/", "/eu-west-1/aps/aws4_request",
                           "X-Amz-Security-Token: session", "Signature="}) {
    EXPECT_NE(request.find(part), std::string::npos) << part << "\n" << request;
  }
  EXPECT_EQ(request.find("hush"), std::string::npos);
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) {
    ::unsetenv(name);
  }
}

TEST_F(SourcesTest, TheAddressMayStandInTheEnvironment) {
  ::setenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS", "http://h:1", 1);
  EXPECT_EQ(error_of(prometheus("")), "");
  ::setenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS", "h", 1);
  EXPECT_EQ(error_of(prometheus("")), "prometheus address is not is url format");
  ::unsetenv("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS");
}

}  // namespace
}  // namespace serin::app
