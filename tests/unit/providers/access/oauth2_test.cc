#include "providers/access/oauth2.h"

#include <gtest/gtest.h>

#include "base/sim_loop.h"
#include "providers/access/proving_client.h"
#include "tests/unit/providers/held_http.h"

namespace serin::access {
namespace {

using namespace std::chrono_literals;

class OAuth2ClientTest : public ::testing::Test {
 protected:
  void SetUp() override { make({}); }
  void make(std::vector<std::string> scopes) {
    auto made = make_oauth2_client(loop, http,
                                   {.token_url = "http://id/token",
                                    .client_id = "a client",
                                    .client_secret = "hush&hush",
                                    .scopes = std::move(scopes)});
    ASSERT_TRUE(made);
    client = std::move(*made);
  }
  Cancellation send(Duration patience = 30s) {
    return client->send({.url = "http://h/x"}, loop.now().mono + patience,
                        [this](Result<HttpResponse> answer) { answers.push_back(answer); });
  }
  const HttpRequest& request(int id) { return http.held.at(id).request; }
  void give_token(int id, const std::string& more = "") {
    http.answer(id, 200, R"({"access_token":"tok-1","token_type":"bearer")" + more + "}");
  }

  SimLoop loop;
  test::HeldHttp http{loop};
  std::unique_ptr<HttpClient> client;
  std::vector<Result<HttpResponse>> answers;
};

TEST_F(OAuth2ClientTest, NeedsIdAndSecret) {
  const auto refused = make_oauth2_client(loop, http, {.token_url = "http://id/t"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid_argument);
  EXPECT_TRUE(refused.error().message.starts_with(
      "missing mandatory parameter in metric for OAuth2 setup"));
}

TEST_F(OAuth2ClientTest, GetsATokenOnceAndSendsItWithEveryRequest) {
  make({"read", "write"});
  send();
  send();
  ASSERT_EQ(http.held.size(), 1U);
  EXPECT_EQ(request(0).method, "POST");
  EXPECT_EQ(request(0).url, "http://id/token");
  EXPECT_EQ(request(0).body, "grant_type=client_credentials&scope=read+write");
  EXPECT_EQ(request(0).auth.kind, HttpAuth::Kind::basic);
  EXPECT_EQ(request(0).auth.user, "a+client");
  EXPECT_EQ(request(0).auth.password, "hush%26hush");
  give_token(0);
  ASSERT_EQ(http.held.size(), 2U);
  for (int id : {1, 2}) {
    EXPECT_EQ(request(id).url, "http://h/x");
    EXPECT_EQ(request(id).auth.kind, HttpAuth::Kind::bearer);
    EXPECT_EQ(request(id).auth.token, "tok-1");
    http.answer(id, 200, "ok");
  }
  EXPECT_EQ(answers.size(), 2U);
  send();
  EXPECT_EQ(request(3).url, "http://h/x");
}

TEST_F(OAuth2ClientTest, TriesTheFormWhereTheHeaderIsRefusedAndRemembers) {
  send();
  http.answer(0, 401, "no");
  EXPECT_EQ(request(1).auth.kind, HttpAuth::Kind::none);
  EXPECT_EQ(request(1).body,
            "client_id=a+client&client_secret=hush%26hush&grant_type=client_credentials");
  give_token(1, R"(,"expires_in":"20")");
  http.answer(2, 200, "ok");
  loop.advance(11s);  // 9 s before its end
  send();
  EXPECT_NE(request(3).body.find("client_secret"), std::string::npos);
}

TEST_F(OAuth2ClientTest, ATokenIsKeptUntilShortlyBeforeItsEnd) {
  send();
  give_token(0, R"(,"expires_in":3600)");
  http.answer(1, 200, "ok");
  loop.advance(3589s);
  send();
  EXPECT_EQ(request(2).url, "http://h/x");
  loop.advance(1s);
  send();
  EXPECT_EQ(request(3).url, "http://id/token");
}

TEST_F(OAuth2ClientTest, ATokenThatIsNotBelievedIsNotUsedAgain) {
  send();
  give_token(0);
  http.answer(1, 401, "expired");
  EXPECT_EQ(answers.at(0)->status, 401);
  send();
  EXPECT_EQ(request(2).url, "http://id/token");
}

TEST_F(OAuth2ClientTest, FailuresSayWhatWentWrongAndShowNoSecret) {
  send();
  http.answer(0, 403, "the secret hush&hush is wrong");
  http.answer(1, 400, R"({"error":"invalid_client","error_description":"hush&hush"})");
  send();
  http.answer(2, 200, "<html>");
  http.answer(3, 200, R"({"token_type":"bearer"})");
  send();
  http.answer(4, fail(Code::unavailable, "POST http://id:80: connection refused"));
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].error().message, "oauth2: the token's server answered with status 400");
  EXPECT_EQ(answers[1].error().message, "oauth2: server response missing access_token");
  EXPECT_EQ(answers[1].error().code, Code::data_loss);
  EXPECT_EQ(answers[2].error().code, Code::unavailable);
  for (const auto& answer : answers) {
    EXPECT_EQ(answer.error().to_string().find("hush"), std::string::npos);
  }
}

TEST_F(OAuth2ClientTest, OtherTypesOfTokensGoIntoTheHeader) {
  send();
  http.answer(0, 200, R"({"access_token":"t","token_type":"Custom"})");
  EXPECT_EQ(request(1).headers, (HttpHeaders{{"Authorization", "Custom t"}}));
}

TEST_F(OAuth2ClientTest, EveryRequestKeepsItsDeadline) {
  send(3s);
  send(30s);
  loop.advance(4s);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::deadline_exceeded);
  give_token(0);
  ASSERT_EQ(http.held.size(), 1U);  // the second alone is sent
  http.answer(1, 200, "ok");
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(OAuth2ClientTest, CancellingAnswersOnce) {
  Cancellation waiting = send();
  waiting.cancel();
  EXPECT_TRUE(answers.empty());
  loop.advance(1ms);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::cancelled);
  give_token(0);
  EXPECT_TRUE(http.held.empty());
  Cancellation sent = send();
  sent.cancel();
  loop.advance(1ms);
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(OAuth2ClientTest, TooManyWaitersAreTurnedAway) {
  for (std::size_t i = 0; i < kProofWaitersMax; ++i) send();
  EXPECT_TRUE(answers.empty());
  send();
  loop.advance(1ms);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::unavailable);
}

TEST_F(OAuth2ClientTest, IsForgottenWithItsCallbacks) {
  send();
  client.reset();
  loop.advance(60s);
  EXPECT_TRUE(answers.empty());
}

}  // namespace
}  // namespace serin::access
