// Messages from the journal to their targets, across restarts.
#include "app/notify/messenger.h"

#include <gtest/gtest.h>

#include <mutex>

#include "app/live/setup.h"
#include "base/net/asio_loop.h"
#include "base/random.h"
#include "base/real_clock.h"
#include "drivers/store/reader.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace serin::app {
namespace {

using rollout::history::Notice;

class MessengerTest : public testing::Test {
 protected:
  // A serin starts with this state; `url`: where its one target is.
  void start(const std::string& url, rollout::NotifyLevel level = rollout::NotifyLevel::warning) {
    auto store = store::Store::open({.directory = directory()}, loop_);
    ASSERT_TRUE(store) << store.error().to_string();
    store_ = std::move(*store);
    messenger_ = std::make_unique<Messenger>(loop_, *http_, *store_, engine_, log_);
    rollout::Rollout rollout;
    rollout.metadata.name = "shop";
    rollout::NotifyTarget target;
    target.name = "hook";
    target.webhook.emplace().url = url;
    target.level = level;
    rollout.notifications.push_back(target);
    ASSERT_TRUE(messenger_->prepare(rollout, ""));
    ASSERT_TRUE(messenger_->resume(directory()));
  }
  void stop() {
    messenger_.reset();
    store_.reset();
  }
  static Notice notice(const std::string& event, rollout::Severity severity) {
    return {.id = "shop-1-9-" + event,
            .when = WallTime(std::chrono::hours(500000)),
            .what = {.severity = severity,
                     .release = "shop-1",
                     .rollout = "shop",
                     .event = event,
                     .sentence = "because",
                     .details = Json::object()}};
  }
  // As the shell does it: into the journal, and out.
  void tell(const Notice& what) {
    store::Batch batch;
    batch.messages = messenger_->address(what);
    for (const auto& message : batch.messages) messenger_->send(message);
    bool written = false;
    store_->commit(std::move(batch), [&](const Status& status) { written = status.has_value(); });
    ASSERT_TRUE(wait([&] { return written; }));
  }
  std::size_t kept() {
    auto reader = store::Reader::open(directory());
    return reader ? reader->messages()->size() : 0;
  }
  std::size_t received() {
    std::lock_guard lock(mutex_);
    return requests_.size();
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, test::kPatience); }
  std::string directory() const { return dir_.file("state"); }

  test::TempDir dir_;
  RealClock clock_;
  AsioLoop loop_{clock_};
  Log log_{clock_, {.level = LogLevel::error}};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  std::mutex mutex_;
  std::vector<std::string> requests_;
  test::ScriptedServer server_{[this](test::Connection& peer) {
    for (std::string request = peer.read_request(); !request.empty();
         request = peer.read_request()) {
      {
        std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      peer.reply("", "200 OK");
    }
  }};
  rollout::engine::Engine engine_{{.instance = "a", .boot_id = "b"}, analysis_factory()};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Messenger> messenger_;
};

TEST_F(MessengerTest, WhatNobodyTookIsToldAfterARestart) {
  start("http://127.0.0.1:1/");  // nobody listens there
  tell(notice("Failed", rollout::Severity::alert));
  EXPECT_EQ(kept(), 1U);
  stop();
  start(server_.url("/hook"));
  ASSERT_TRUE(wait([&] { return received() == 1; }));
  EXPECT_NE(requests_[0].find("shop-1-9-Failed"), std::string::npos);
  ASSERT_TRUE(wait([&] { return kept() == 0; })) << "settled";
  stop();
  start(server_.url("/hook"));
  tell(notice("paused", rollout::Severity::warning));
  ASSERT_TRUE(wait([&] { return received() == 2; }));
  EXPECT_NE(requests_[1].find("shop-1-9-paused"), std::string::npos) << "and no old one again";
}

TEST_F(MessengerTest, AnEndIsAlwaysToldAndTheRestByItsLevel) {
  start(server_.url("/hook"), rollout::NotifyLevel::alert);
  EXPECT_EQ(messenger_->address(notice("Succeeded", rollout::Severity::info)).size(), 1U);
  EXPECT_EQ(messenger_->address(notice("Terminated", rollout::Severity::info)).size(), 1U);
  EXPECT_TRUE(messenger_->address(notice("paused", rollout::Severity::warning)).empty());
  EXPECT_EQ(messenger_->address(notice("return-to-stable-late", rollout::Severity::alert)).size(),
            1U);
}

TEST_F(MessengerTest, ASecretThatIsMissingIsARefusal) {
  start(server_.url("/hook"));
  rollout::Rollout rollout;
  rollout.metadata.name = "cart";
  rollout::SlackTarget slack;
  slack.url.secret_key_ref = analysis::SecretKeyRef{"no-such-secret-here", "url"};
  rollout::NotifyTarget target;
  target.name = "chat";
  target.slack = slack;
  rollout.notifications.push_back(target);
  Status refused = messenger_->prepare(rollout, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_NE(refused.error().to_string().find("cart/chat"), std::string::npos)
      << refused.error().to_string();
}

TEST_F(MessengerTest, AnAddressThatIsNoneIsRefusedWithoutShowingIt) {
  start(server_.url("/hook"));
  rollout::Rollout rollout;
  Status refused = messenger_->prepare(rollout, "chat.example/token");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message.find("token"), std::string::npos);
}

}  // namespace
}  // namespace serin::app
