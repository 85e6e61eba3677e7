#include "providers/access/aws_role.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include "base/net/asio_loop.h"
#include "base/net/crypto/digest.h"
#include "base/real_clock.h"
#include "base/sim_loop.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/providers/held_http.h"

namespace serin::access {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kRole = "arn:aws:iam::123456789012:role/metrics";

std::string answer_of(const std::string& key, WallTime expires) {
  return fmt::format(
      "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
      "<AssumedRoleUser><Arn>a</Arn></AssumedRoleUser><Credentials><AccessKeyId>{}</AccessKeyId>"
      "<SecretAccessKey>sec&amp;ret</SecretAccessKey><SessionToken>tok==</SessionToken>"
      "<Expiration>{}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
      key, format_rfc3339(expires));
}

TEST(AssumedRole, ReadsCredentials) {
  const WallTime expires{std::chrono::seconds(1'800'000'000)};
  const auto read = read_assumed_role({.status = 200, .body = answer_of("ASIA1", expires)});
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->key, "ASIA1");
  EXPECT_EQ(read->secret, "sec&ret");
  EXPECT_EQ(read->token, "tok==");
  EXPECT_EQ(read->expires, expires);
}

TEST(AssumedRole, RefusalsAreTheServicesOwnWords) {
  const auto denied = read_assumed_role(
      {.status = 403,
       .body = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
               "<Message>not &lt;you&gt;</Message></Error></ErrorResponse>"});
  EXPECT_EQ(denied.error().code, Code::permission_denied);
  EXPECT_EQ(denied.error().message, "AccessDenied: not <you>");
  const auto dead = read_assumed_role({.status = 503, .body = "secret"});
  EXPECT_EQ(dead.error().message, "the token service answered with status 503");
  for (const std::string& body :
       {std::string(), std::string("{}"), std::string("<AccessKeyId>a"),
        std::string("<AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey>"
                    "<SessionToken>c</SessionToken><Expiration>soon</Expiration>")}) {
    EXPECT_EQ(read_assumed_role({.status = 200, .body = body}).error().code, Code::data_loss);
  }
}

class AwsRoleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = make_aws_role_client(loop, http,
                                     {.role_arn = std::string(kRole),
                                      .own = {.kind = HttpAuth::Kind::aws_sigv4,
                                              .user = "AK",
                                              .password = "S",
                                              .token = "",
                                              .signing = "aws:amz:eu-west-1:aps"},
                                      .region = "eu-west-1",
                                      .service = "aps"});
    ASSERT_TRUE(made);
    client = std::move(*made);
  }
  void send() {
    client->send({.url = "http://h/x"}, loop.now().mono + 30s,
                 [this](Result<HttpResponse> answer) { answers.push_back(answer); });
  }
  const HttpRequest& request(int id) { return http.held.at(id).request; }

  SimLoop loop;
  test::HeldHttp http{loop};
  std::unique_ptr<HttpClient> client;
  std::vector<Result<HttpResponse>> answers;
};

TEST_F(AwsRoleTest, AsksTheRegionsServiceAndSignsWithWhatItGot) {
  send();
  ASSERT_EQ(http.held.size(), 1U);
  EXPECT_EQ(request(0).method, "POST");
  EXPECT_EQ(request(0).url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(request(0).auth.user, "AK");
  EXPECT_EQ(request(0).auth.signing, "aws:amz:eu-west-1:sts");
  EXPECT_EQ(request(0).body,
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fmetrics"
            "&RoleSessionName=serin&Version=2011-06-15");
  http.answer(0, 200, answer_of("ASIA1", loop.now().wall + 1h));
  ASSERT_TRUE(http.held.contains(1));
  EXPECT_EQ(request(1).auth.user, "ASIA1");
  EXPECT_EQ(request(1).auth.password, "sec&ret");
  EXPECT_EQ(request(1).auth.token, "tok==");
  EXPECT_EQ(request(1).auth.signing, "aws:amz:eu-west-1:aps");
}

TEST_F(AwsRoleTest, TakesTheRoleAgainFiveMinutesBeforeTheEnd) {
  send();
  http.answer(0, 200, answer_of("ASIA1", loop.now().wall + 1h));
  loop.advance(54min);
  send();
  EXPECT_EQ(request(2).url, "http://h/x");
  loop.advance(2min);
  send();
  EXPECT_EQ(request(3).url, "https://sts.eu-west-1.amazonaws.com/");
}

TEST_F(AwsRoleTest, ARefusalEndsTheRequestInItsWords) {
  send();
  http.answer(0, 403, "<Code>AccessDenied</Code><Message>no</Message>");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().message, "sigv4.roleArn: AccessDenied: no");
}

TEST_F(AwsRoleTest, WhatIsNoRoleIsRefused) {
  for (const char* arn : {"", "metrics", "arn:aws:iam::1:user/x"}) {
    const auto made = make_aws_role_client(loop, http, {.role_arn = arn});
    ASSERT_FALSE(made) << arn;
    EXPECT_EQ(made.error().code, Code::invalid_argument);
  }
}

// Signatures as a server checks them (Signature Version 4), computed from what arrived.

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t begin = text.find(open);
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + open.size();
  return text.substr(from, std::min(text.find(close, from), text.size()) - from);
}

struct Arrived {
  std::string method;
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

Arrived parsed(const std::string& request) {
  Arrived arrived;
  const std::size_t end = request.find("\r\n\r\n");
  arrived.body = request.substr(end + 4);
  std::istringstream head(request.substr(0, end));
  std::string line;
  std::getline(head, line);
  std::istringstream(line) >> arrived.method >> arrived.path;
  while (std::getline(head, line)) {
    if (line.ends_with('\r')) line.pop_back();
    const std::size_t colon = line.find(':');
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    arrived.headers[name] = value;
  }
  return arrived;
}

std::string header_of(const Arrived& arrived, const std::string& name) {
  const auto found = arrived.headers.find(name);
  return found == arrived.headers.end() ? "" : found->second;
}

// "" where the signature is that of `secret`; else what was computed.
std::string signature_fault(const Arrived& arrived, const std::string& key,
                            const std::string& secret, const std::string& service) {
  const std::string given = header_of(arrived, "authorization");
  const std::string credential = between(given, "Credential=", ",");
  if (!credential.starts_with(key + "/")) return "another key: " + credential;
  const std::string scope = credential.substr(key.size() + 1);
  const std::string date = scope.substr(0, scope.find('/'));
  if (scope != date + "/eu-west-1/" + service + "/aws4_request") return "another scope: " + scope;
  const std::string names = between(given, "SignedHeaders=", ",");
  std::string headers;
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ';');) {
    if (!arrived.headers.contains(name)) return "signed, but not sent: " + name;
    headers += name + ":" + header_of(arrived, name) + "\n";
  }
  const std::string canonical = arrived.method + "\n" + arrived.path + "\n\n" + headers + "\n" +
                                names + "\n" + sha256_hex(arrived.body);
  const std::string text = "AWS4-HMAC-SHA256\n" + header_of(arrived, "x-amz-date") + "\n" + scope +
                           "\n" + sha256_hex(canonical);
  std::string signing = "AWS4" + secret;
  for (const std::string& part :
       {date, std::string("eu-west-1"), service, std::string("aws4_request")})
    signing = bytes_of(hmac_sha256_hex(signing, part));
  const std::string computed = hmac_sha256_hex(signing, text);
  const std::string signature = between(given, "Signature=", ",");
  return signature == computed ? "" : canonical + "\nis not what was signed: " + given;
}

TEST(AwsRoleLive, AServerThatChecksSignaturesBelievesBothRequests) {
  const RealClock clock;
  std::mutex mutex;
  std::vector<std::string> faults;
  std::vector<std::string> tokens;
  const auto check = [&](test::Connection& peer, const std::string& key, const std::string& secret,
                         const std::string& service) {
    const std::string request = peer.read_request();
    if (request.empty()) return false;
    const Arrived arrived = parsed(request);
    const std::lock_guard lock(mutex);
    faults.push_back(signature_fault(arrived, key, secret, service));
    tokens.push_back(header_of(arrived, "x-amz-security-token"));
    return true;
  };
  test::ScriptedServer sts([&](test::Connection& peer) {
    if (check(peer, "AKIDOWN", "ownsecret", "sts"))
      peer.reply(answer_of("ASIATAKEN", clock.now().wall + 1h));
  });
  test::ScriptedServer prometheus([&](test::Connection& peer) {
    if (check(peer, "ASIATAKEN", "sec&ret", "aps")) peer.reply("[]");
  });
  AsioLoop loop(clock);
  const auto http = make_http_client(loop, Rng(1));
  const auto client = make_aws_role_client(loop, *http,
                                           {.role_arn = std::string(kRole),
                                            .own = {.kind = HttpAuth::Kind::aws_sigv4,
                                                    .user = "AKIDOWN",
                                                    .password = "ownsecret",
                                                    .token = "",
                                                    .signing = "aws:amz:eu-west-1:aps"},
                                            .region = "eu-west-1",
                                            .service = "aps",
                                            .endpoint = sts.url("/")});
  ASSERT_TRUE(client);
  std::optional<Result<HttpResponse>> answer;
  HttpRequest request{.method = "POST",
                      .url = prometheus.url("/workspaces/ws/api/v1/query"),
                      .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                      .body = "query=up"};
  (*client)->send(std::move(request), loop.clock().now().mono + 60s,
                  [&](Result<HttpResponse> got) { answer = std::move(got); });
  loop.run_until([&] { return answer.has_value(); }, 60s);
  ASSERT_TRUE(answer && *answer) << (answer ? answer->error().to_string() : "no answer");
  EXPECT_EQ((*answer)->body, "[]");
  const std::lock_guard lock(mutex);
  EXPECT_EQ(faults, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "tok=="}));
}

}  // namespace
}  // namespace serin::access
