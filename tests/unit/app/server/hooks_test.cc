// Alerts of others that pause or abort releases: rules, signatures, and the two routes.
#include <sys/stat.h>

#include "app/inbound/rules.h"
#include "app/inbound/signature.h"
#include "base/net/crypto/digest.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "0123456789abcdef";
constexpr const char* kRules = R"(keyFile: @KEY@
rules:
- name: errors
  match: {alertname: CheckoutErrors, severity: critical}
  rollout: checkout
  operation: abort
- name: by-label
  match: {severity: warning}
  rolloutLabel: service
  operation: pause
)";

std::string signed_with(const std::string& key, const std::string& stamp, const std::string& body) {
  return "sha256=" + hmac_sha256_hex(key, stamp + "." + body);
}

TEST(HookSignature, IsOfThisBodyKeyAndTimeAndCountsOnce) {
  SignatureCheck check(kKey, 5min);
  const WallTime now = from_unix_ms(1'700'000'000'000);
  const std::string stamp = "1700000000";
  const std::string good = signed_with(kKey, stamp, "body");
  auto code = [](const Status& status) { return status ? Code::internal : status.error().code; };
  EXPECT_EQ(code(check.take(stamp, good, "other", now)), Code::unauthenticated);
  EXPECT_EQ(code(check.take("1700000001", good, "body", now)), Code::unauthenticated);
  EXPECT_EQ(code(check.take(stamp, signed_with("another key", stamp, "body"), "body", now)),
            Code::unauthenticated);
  EXPECT_EQ(code(check.take("", good, "body", now)), Code::unauthenticated);
  EXPECT_EQ(code(check.take("17x", good, "body", now)), Code::unauthenticated);
  EXPECT_EQ(code(check.take(stamp, good, "body", now + 5min + 1ms)), Code::unauthenticated);
  EXPECT_EQ(code(check.take(stamp, good, "body", now - 5min - 1ms)), Code::unauthenticated);
  EXPECT_TRUE(check.take(stamp, good, "body", now + 5min));
  EXPECT_EQ(code(check.take(stamp, good, "body", now)), Code::failed_precondition) << "twice";
}

TEST(HookSignature, RemembersABoundedNumber) {
  SignatureCheck check(kKey, 5min);
  WallTime now = from_unix_ms(1'700'000'000'000);
  auto take = [&](std::size_t i) {
    std::string body = std::to_string(i);
    std::string stamp = std::to_string(to_unix_ms(now) / 1000);
    return check.take(stamp, signed_with(kKey, stamp, body), body, now);
  };
  for (std::size_t i = 0; i < SignatureCheck::kSeenMax; ++i) ASSERT_TRUE(take(i));
  auto beyond = take(SignatureCheck::kSeenMax);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Code::rate_limited);
  now += 6min;
  EXPECT_TRUE(take(SignatureCheck::kSeenMax)) << "the old ones are forgotten";
}

TEST(HookRules, SayWhatIsWrong) {
  auto message = [](const std::string& text) {
    auto json = Json::parse(text);
    auto rules = hook_rules_from(*json);
    return rules ? std::string() : rules.error().message;
  };
  auto rule = [](const std::string& members) { return R"({"rules":[{)" + members + "}]}"; };
  EXPECT_NE(message("[]"), "");
  EXPECT_NE(message("{}").find("rules"), std::string::npos);
  EXPECT_NE(message(R"({"rule":[]})").find("'rule'"), std::string::npos);
  const std::string fine = R"("name":"a","match":{"b":"c"},"rollout":"d","operation":"pause")";
  EXPECT_EQ(message(rule(fine)), "");
  EXPECT_NE(message(rule(fine + R"(,"rolloutLabel":"e")")).find("one of"), std::string::npos);
  EXPECT_NE(message(rule(R"("name":"a","match":{},"rollout":"d","operation":"pause")"))
                .find("at least one label"),
            std::string::npos);
  EXPECT_NE(
      message(rule(R"("name":"a","match":{"b":"c"},"rollout":"d","operation":"promoteFully")"))
          .find("pause or abort"),
      std::string::npos);
  for (const char* wrong : {"0s", "61m", "x"})
    EXPECT_NE(
        message(R"({"tolerance":")" + std::string(wrong) + R"(","rules":[]})").find("tolerance"),
        std::string::npos);
  std::string many = R"({"rules":[)";
  for (std::size_t i = 0; i < kHookRulesMax; ++i) many += "{" + fine + "},";
  EXPECT_EQ(message(many.substr(0, many.size() - 1) + "]}"), "");
  EXPECT_NE(message(many + "{" + fine + "}]}").find("at most"), std::string::npos);
}

class ServerHooksTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    put("hooks.key", std::string(kKey) + "\n", 0600);
    std::string rules = kRules;
    put("hooks.yaml", rules.replace(rules.find("@KEY@"), 5, state() + "/hooks.key"), 0600);
  }
  void put(const std::string& name, const std::string& text, mode_t mode) {
    std::ofstream(state() + "/" + name, std::ios::trunc) << text;
    ASSERT_EQ(::chmod((state() + "/" + name).c_str(), mode), 0);
  }
  HttpResponse send(const std::string& kind, const std::string& body,
                    const std::string& key = kKey) {
    std::string stamp = std::to_string(to_unix_ms(clock_.now().wall) / 1000);
    return ask({.method = "POST",
                .path = "/api/v1/hooks/" + kind,
                .body = body,
                .headers = {{"Content-Type", "application/json"},
                            {"X-Serin-Timestamp", stamp},
                            {"X-Serin-Signature", signed_with(key, stamp, body)}}});
  }
};

std::string alert(const std::string& status, const std::string& severity) {
  return R"({"version":"4","alerts":[{"status":")" + status +
         R"(","labels":{"alertname":"CheckoutErrors","service":"checkout","severity":")" +
         severity + R"("},"annotations":{"summary":"5 % errors"}}]})";
}

TEST_F(ServerHooksTest, AnAlertAbortsAReleaseAndIsKept) {
  start(options());
  std::string id = release();
  Json resolved = json(send("alertmanager", alert("resolved", "critical")));
  EXPECT_EQ(resolved["items"].size(), 0U) << "what is over stops nothing";
  EXPECT_EQ(json(send("alertmanager", alert("firing", "info")))["items"].size(), 0U);
  auto answer = send("alertmanager", alert("firing", "critical"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  Json items = json(answer)["items"];
  ASSERT_EQ(items.size(), 1U) << answer.body;
  EXPECT_EQ(items.at(0)["release"].string(), id);
  EXPECT_EQ(items.at(0)["operation"].string(), "abort");
  EXPECT_TRUE(items.at(0)["done"].boolean()) << answer.body;
  ASSERT_TRUE(wait_for_status(id, "Terminated"));
  Json audit = json(own("GET", "/api/v1/audit?actor=hook"));
  ASSERT_GT(audit["items"].size(), 0U);
  EXPECT_NE(audit.dump().find("errors: alert CheckoutErrors: 5 % errors"), std::string::npos)
      << audit.dump();
}

TEST_F(ServerHooksTest, OnlyWithTheKeyOrAnOperatorsToken) {
  start(options());
  std::string id = release();
  const std::string body = R"({"labels":{"severity":"warning","service":"nothing"}})";
  EXPECT_EQ(send("generic", body, "another key here").status, 401);
  auto first = send("generic", body);
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(json(first)["items"].size(), 0U) << "no rollout of that name";
  EXPECT_EQ(send("generic", R"({"labels":{}})").status, 422);
  EXPECT_EQ(send("generic", R"({"labels":{"a":"b"},"more":1})").status, 422);
  EXPECT_EQ(send("alertmanager", R"({"alerts":3})").status, 422);
  EXPECT_EQ(send("alertmanager", R"({"alerts":[null]})").status, 422);
  auto as = [&](const std::string& who) {
    return ask({.method = "POST", .path = "/api/v1/hooks/generic", .body = body, .token = who})
        .status;
  };
  EXPECT_EQ(as(""), 401);
  EXPECT_EQ(as(token(Role::viewer)), 403);
  EXPECT_EQ(as(token(Role::operator_)), 200);
  EXPECT_NE(json(own("GET", "/api/v1/releases/" + id))["status"].string(), "Paused");
  EXPECT_EQ(json(own("GET", "/api/v1/audit?actor=hook"))["items"].size(), 0U);
}

TEST_F(ServerHooksTest, AKeyThatOthersMayReadIsNoKey) {
  put("hooks.key", kKey, 0644);
  auto refused = Server::open(loop_, rng_, options(), Log::silent());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::permission_denied);
  put("hooks.key", "0123456789abcde", 0600);
  refused = Server::open(loop_, rng_, options(), Log::silent());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("16 bytes"), std::string::npos);
}

}  // namespace
}  // namespace serin::app
