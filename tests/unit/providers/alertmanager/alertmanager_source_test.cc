#include <gtest/gtest.h>

#include "base/sim_loop.h"
#include "providers/alertmanager/source.h"
#include "tests/unit/providers/held_http.h"

namespace serin::alertmanager {
namespace {

using namespace std::chrono_literals;

constexpr const char* kAlerts = R"([
  {"labels":{"alertname":"HighErrors","service":"checkout"},"startsAt":"2026-11-21T08:00:00Z",
   "status":{"state":"active","silencedBy":[]}},
  {"labels":{"alertname":"Quiet"},"status":{"state":"suppressed"}},
  {"labels":{"alertname":"Old"}}])";

class AlertmanagerSourceTest : public ::testing::Test {
 protected:
  Cancellation ask(AlertmanagerOptions options) {
    auto made = AlertmanagerSource::create(http, std::move(options));
    EXPECT_TRUE(made);
    source = std::move(*made);
    return source->ask({}, loop.now().mono + 3s, [this](Result<queries::Answer> answer) {
      answers.push_back(std::move(answer));
    });
  }

  SimLoop loop;
  test::HeldHttp http{loop};
  std::unique_ptr<AlertmanagerSource> source;
  std::vector<Result<queries::Answer>> answers;
};

TEST_F(AlertmanagerSourceTest, AsksForAlertsThatFireAndMatch) {
  ask({.address = "http://alerts:9093/am/",
       .filters = {"service=\"checkout\"", "severity=~\"page|ticket\""},
       .receiver = "team"});
  const HttpRequest& sent = http.held.at(0).request;
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url,
            "http://alerts:9093/am/api/v2/alerts?active=true&silenced=false&inhibited=false&"
            "unprocessed=false&filter=service%3D%22checkout%22&"
            "filter=severity%3D~%22page%7Cticket%22&receiver=team");
  http.answer(0, 200, kAlerts);
  ASSERT_TRUE(answers.at(0));
  const Json& value = answers[0]->json;
  EXPECT_EQ(value["firing"].integer(), 2);
  EXPECT_EQ(value["alerts"].at(0)["name"].string(), "HighErrors");
  EXPECT_EQ(value["alerts"].at(0)["labels"]["service"].string(), "checkout");
  EXPECT_EQ(value["alerts"].at(1)["name"].string(), "Old");
}

TEST_F(AlertmanagerSourceTest, ShowsSomeAndCountsAll) {
  std::string body = "[";
  for (std::size_t i = 0; i <= kAlertsShownMax; ++i) {
    body += (i > 0 ? "," : "") + std::string(R"({"labels":{"alertname":"A"}})");
  }
  const auto answer = answer_from_alerts(body + "]");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json["firing"].integer(), static_cast<std::int64_t>(kAlertsShownMax + 1));
  EXPECT_EQ(answer->json["alerts"].size(), kAlertsShownMax);
  EXPECT_EQ(answer_from_alerts("[]")->json["firing"].integer(), 0);
}

TEST_F(AlertmanagerSourceTest, WhatIsNoAnswerIsAnError) {
  for (const char* body : {"", "{}", "[1]", R"([{"labels":"x"}])"}) {
    EXPECT_EQ(answer_from_alerts(body).error().code, Code::data_loss) << body;
  }
  ask({.address = "http://h"});
  http.answer(0, 500, "secret");
  EXPECT_EQ(answers.at(0).error().message, "alertmanager answered with status 500");
  EXPECT_FALSE(AlertmanagerSource::create(http, {.address = "h:9093"}));
}

TEST_F(AlertmanagerSourceTest, CancellingAnswersOnce) {
  Cancellation cancellation = ask({.address = "http://h"});
  cancellation.cancel();
  loop.advance(1ms);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::cancelled);
}

}  // namespace
}  // namespace serin::alertmanager
