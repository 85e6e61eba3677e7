#include "drivers/notify/webhook.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/random.h"
#include "tests/support/scripted_server.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::drivers {
namespace {

using namespace std::chrono_literals;

class WebhookTest : public LoopTest {
 protected:
  void make(Duration retry = 10ms) {
    auto webhook =
        WebhookNotifier::create(loop_, *http_, {.url = server_.url("/hook"), .retry_first = retry},
                                [this](const std::string& text) { problems_.push_back(text); });
    ASSERT_TRUE(webhook) << webhook.error().to_string();
    webhook_ = std::move(*webhook);
  }
  void notify(const std::string& sentence) {
    webhook_->notify({.severity = rollout::Severity::alert,
                      .release = "shop-7",
                      .rollout = "shop",
                      .event = "rolled-back",
                      .sentence = sentence,
                      .details = Json()});
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
    webhook_->flush(now() + patience, [&] { done = true; });
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
  std::vector<std::string> problems_;
  std::unique_ptr<WebhookNotifier> webhook_;
};

TEST_F(WebhookTest, AMessageIsOneObject) {
  make();
  notify("error-rate worse");
  ASSERT_TRUE(flush());
  ASSERT_EQ(requests().size(), 1U);
  std::string request = requests()[0];
  EXPECT_TRUE(request.starts_with("POST /hook HTTP/1.1\r\n")) << request;
  auto json = Json::parse(request.substr(request.find("\r\n\r\n") + 4));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["severity"].string(), "alert");
  EXPECT_EQ((*json)["event"].string(), "rolled-back");
  EXPECT_EQ((*json)["release"].string(), "shop-7");
  EXPECT_EQ((*json)["text"].string(), "error-rate worse");
  EXPECT_EQ((*json)["id"].string(), "shop-7-1");
  EXPECT_TRUE(problems_.empty());
}

TEST_F(WebhookTest, OrderHoldsOverFailures) {
  statuses_ = {"503 Busy", "429 Slow", "200 OK"};
  make();
  notify("one");
  notify("two");
  ASSERT_TRUE(flush());
  std::vector<std::string> texts;
  for (const std::string& request : requests()) texts.push_back(text_of(request));
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "one", "one", "two"}));
  EXPECT_TRUE(problems_.empty());
}

TEST_F(WebhookTest, WhatIsRefusedIsDroppedAndSaid) {
  statuses_ = {"404 Gone"};
  make();
  notify("one");
  notify("two");
  ASSERT_TRUE(flush());
  EXPECT_EQ(requests().size(), 2U);
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_NE(problems_[0].find("status 404"), std::string::npos);
}

TEST_F(WebhookTest, AttemptsAreBounded) {
  statuses_ = std::vector<std::string>(WebhookNotifier::kAttemptsMax, "500 Broken");
  make(1ms);
  notify("one");
  ASSERT_TRUE(flush());
  EXPECT_EQ(requests().size(), static_cast<std::size_t>(WebhookNotifier::kAttemptsMax));
  EXPECT_EQ(problems_.size(), 1U);
}

TEST_F(WebhookTest, WaitingMessagesAreBounded) {
  make();
  for (std::size_t i = 0; i <= WebhookNotifier::kWaitingMax; ++i) notify(std::to_string(i));
  EXPECT_EQ(problems_.size(), 1U);
  ASSERT_TRUE(flush());
  ASSERT_EQ(requests().size(), WebhookNotifier::kWaitingMax);
  EXPECT_EQ(text_of(requests()[0]), "0");
  EXPECT_EQ(text_of(requests()[1]), "2") << "the oldest that was not on its way";
}

TEST_F(WebhookTest, AFlushHasADeadline) {
  statuses_ = std::vector<std::string>(100, "500 Broken");
  make(10s);
  notify("one");
  EXPECT_TRUE(flush(50ms));
}

TEST_F(WebhookTest, AnAddressThatIsNoneIsRefused) {
  auto webhook = WebhookNotifier::create(loop_, *http_, {.url = "chat.example"}, {});
  ASSERT_FALSE(webhook);
  EXPECT_EQ(webhook.error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace serin::drivers
