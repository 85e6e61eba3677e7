#include "drivers/notify/courier.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/net/crypto/digest.h"
#include "base/random.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;

const WallTime kNoon{std::chrono::seconds(1'795'262'400)};

rollout::PendingMessage message_of(const std::string& text, const std::string& severity = "alert") {
  static constexpr const char* kRelease = "shop-7";
  rollout::history::Notice notice;
  notice.id = "shop-7-" + text;
  notice.when = kNoon;
  notice.what = {.severity = rollout::severity_from(severity),
                 .release = kRelease,
                 .rollout = "shop",
                 .event = "Failed",
                 .sentence = text,
                 .details = Json::object().set("version", "2.4.0")};
  return {.id = notice.id,
          .target = "shop/hook",
          .release = kRelease,
          .created = kNoon,
          .body = message_body(notice)};
}

std::string header(const HttpRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Target, AWebhookGetsOneObjectWhoseSignatureFits) {
  NotifyTarget target{.url = "https://hook.example/serin", .signature = "key"};
  HttpRequest request = request_for(target, message_of("worse"), kNoon);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://hook.example/serin");
  auto body = Json::parse(request.body);
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["id"].string(), "shop-7-worse");
  EXPECT_EQ((*body)["event"].string(), "Failed");
  EXPECT_EQ((*body)["severity"].string(), "alert");
  EXPECT_EQ((*body)["text"].string(), "worse");
  EXPECT_EQ((*body)["details"]["version"].string(), "2.4.0");
  EXPECT_EQ(header(request, "Idempotency-Key"), "shop-7-worse");
  EXPECT_EQ(header(request, "ce-id"), "shop-7-worse");
  EXPECT_EQ(header(request, "ce-type"), "dev.serin.release.Failed");
  EXPECT_EQ(header(request, "X-Serin-Timestamp"), "1795262400");
  EXPECT_EQ(header(request, "X-Serin-Signature"),
            "sha256=" + hmac_sha256_hex("key", "1795262400." + request.body));
  EXPECT_EQ(request.body.find("key"), std::string::npos);
  target.signature.clear();
  EXPECT_EQ(header(request_for(target, message_of("worse"), kNoon), "X-Serin-Signature"), "");
}

TEST(Target, SlackGetsTextWithoutItsOwnSigns) {
  NotifyTarget target{.kind = NotifyTarget::Kind::slack, .url = "https://hooks.example/T0/B0"};
  HttpRequest request = request_for(target, message_of("5 < 6 & 7 > 6"), kNoon);
  auto body = Json::parse(request.body);
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["text"].string(), ":rotating_light: *shop-7* 5 &lt; 6 &amp; 7 &gt; 6");
  EXPECT_EQ(body->size(), 1U);
}

TEST(Target, AlertmanagerGetsAlertsAsItsApiWantsThem) {
  NotifyTarget target{.kind = NotifyTarget::Kind::alertmanager,
                      .url = "http://127.0.0.1:9093/",
                      .labels = {{"team", "shop"}, {"severity", "mine"}}};
  HttpRequest request = request_for(target, message_of("worse"), kNoon);
  EXPECT_EQ(request.url, "http://127.0.0.1:9093/api/v2/alerts");
  auto body = Json::parse(request.body);
  ASSERT_TRUE(body && body->is_array());
  ASSERT_EQ(body->size(), 1U);
  const Json& alert = body->at(0);
  // Every label is a text that is not empty, and has a name that Prometheus takes.
  for (const auto& [name, value] : alert["labels"].members()) {
    EXPECT_FALSE(value.string().empty()) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << name;
  }
  EXPECT_EQ(alert["labels"]["alertname"].string(), "SerinRelease");
  EXPECT_EQ(alert["labels"]["team"].string(), "shop");
  EXPECT_EQ(alert["labels"]["severity"].string(), "alert") << "serin's own labels count";
  EXPECT_EQ(alert["annotations"]["summary"].string(), "worse");
  auto starts = parse_rfc3339(alert["startsAt"].string());
  auto ends = parse_rfc3339(alert["endsAt"].string());
  ASSERT_TRUE(starts && ends);
  EXPECT_EQ(*starts, kNoon);
  EXPECT_EQ(*ends - *starts, kAlertLife);
  request = request_for(target, message_of("promoted", "info"), kNoon);
  EXPECT_EQ(parse_rfc3339((*Json::parse(request.body)).at(0)["endsAt"].string()),
            kNoon + kInfoAlertLife);
}

class CourierTest : public LoopTest {
 protected:
  void make(Duration retry = 10ms) {
    courier_ = std::make_unique<Courier>(
        loop_, *http_, CourierOptions{.retry_first = retry, .retry_max = 40ms},
        [this](const Courier::Settled& settled) { settled_.push_back(settled); },
        [this](const std::string&, const std::string& problem) { troubles_.push_back(problem); });
    courier_->set_target("shop/hook", {.url = server_.url("/hook")});
  }
  std::vector<std::string> requests() {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string text_of(const std::string& request) {
    auto json = Json::parse(request.substr(request.find("\r\n\r\n") + 4));
    EXPECT_TRUE(json) << request;
    return json ? std::string((*json)["text"].string()) : "";
  }
  bool flush(Duration patience = test::kPatience) {
    bool done = false;
    courier_->flush(now() + patience, [&] { done = true; });
    EXPECT_FALSE(done) << "from within the call";
    return run_until([&] { return done; });
  }

  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::string> statuses_;  // of the first answers; 200 afterwards
  test::ScriptedServer server_{[this](test::Connection& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
      std::string status = "200 OK";
      {
        std::lock_guard lock(mutex_);
        if (requests_.size() < statuses_.size()) status = statuses_[requests_.size()];
        requests_.push_back(request);
      }
      peer.reply("", status);
    }
  }};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  std::vector<Courier::Settled> settled_;
  std::vector<std::string> troubles_;
  std::unique_ptr<Courier> courier_;
};

TEST_F(CourierTest, OrderHoldsOverFailuresAndEachIsSettledOnce) {
  statuses_ = {"503 Busy", "429 Slow", "500 Broken", "408 Late"};
  make();
  courier_->send(message_of("one"));
  courier_->send(message_of("two"));
  courier_->send(message_of("one"));  // waits already
  ASSERT_TRUE(flush());
  std::vector<std::string> texts;
  for (const std::string& request : requests()) texts.push_back(text_of(request));
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "one", "one", "one", "one", "two"}));
  ASSERT_EQ(settled_.size(), 2U);
  EXPECT_EQ(settled_[0].id, "shop-7-one");
  EXPECT_EQ(settled_[0].problem, "");
  EXPECT_EQ(troubles_, (std::vector<std::string>{"status 503", ""})) << "said once, and its end";
}

TEST_F(CourierTest, ARefusalIsFinal) {
  statuses_ = {"404 Gone"};
  make();
  courier_->send(message_of("one"));
  courier_->send(message_of("two"));
  ASSERT_TRUE(flush());
  EXPECT_EQ(requests().size(), 2U);
  ASSERT_EQ(settled_.size(), 2U);
  EXPECT_EQ(settled_[0].problem, "status 404");
  EXPECT_EQ(settled_[1].problem, "");
}

TEST_F(CourierTest, OneTargetDoesNotHoldUpAnother) {
  statuses_ = {};
  make(10s);
  courier_->set_target("shop/dead", {.url = "http://127.0.0.1:1/"});
  rollout::PendingMessage dead = message_of("one");
  dead.target = "shop/dead";
  courier_->send(dead);
  courier_->send(message_of("one"));
  ASSERT_TRUE(run_until([&] { return settled_.size() == 1; }));
  EXPECT_EQ(settled_[0].target, "shop/hook");
  EXPECT_TRUE(run_until([&] { return troubles_.size() == 1; }));
  EXPECT_EQ(courier_->waiting(), 1U);
}

TEST_F(CourierTest, WaitingMessagesAreBounded) {
  make();
  for (std::size_t i = 0; i <= Courier::kWaitingMax; ++i) {
    courier_->send(message_of(std::to_string(i)));
  }
  ASSERT_EQ(settled_.size(), 1U);
  EXPECT_EQ(settled_[0].id, "shop-7-1") << "the oldest that was not on its way";
  EXPECT_NE(settled_[0].problem, "");
  EXPECT_EQ(courier_->waiting(), Courier::kWaitingMax);
}

TEST_F(CourierTest, AFlushHasADeadline) {
  statuses_ = std::vector<std::string>(1000, "500 Broken");
  make();
  courier_->send(message_of("one"));
  EXPECT_TRUE(flush(50ms));
  EXPECT_EQ(courier_->waiting(), 1U);
  EXPECT_TRUE(settled_.empty());
}

}  // namespace
}  // namespace serin::drivers
