#include "app/live/filled_source.h"

#include <gtest/gtest.h>

namespace serin::app {
namespace {

using queries::Answer;
using queries::Request;

// Answers at once with what it is given, and remembers what it was asked.
class Recorder final : public queries::MetricSource {
 public:
  Recorder(Request& asked, Result<Answer> answer) : asked_(asked), answer_(std::move(answer)) {}
  Cancellation ask(const Request& request, Instant, queries::AnswerCallback done) override {
    asked_ = request;
    done(answer_);
    return {};
  }

 private:
  Request& asked_;
  Result<Answer> answer_;
};

Request query(std::string text, Request::Kind kind = Request::Kind::instant) {
  Request request;
  request.kind = kind;
  request.text = std::move(text);
  return request;
}

struct Asked {
  Request request;
  Result<Answer> answer;
};

Asked ask(const Request& request, Result<Answer> answer) {
  Asked asked{{}, Answer{}};
  FilledSource source(std::make_unique<Recorder>(asked.request, std::move(answer)),
                      {{"token", "s3c\"ret"}});
  source.ask(request, Instant{}, [&](Result<Answer> got) { asked.answer = std::move(got); });
  return asked;
}

TEST(FilledSource, FillsItsOwnPlaceholdersOnly) {
  Asked asked = ask(query("up{a='{{args.token}}',b='{{ args.other }}'}"), Answer{});
  EXPECT_EQ(asked.request.text, "up{a='s3c\"ret',b='{{ args.other }}'}");
  EXPECT_EQ(ask(query("up"), Answer{}).request.text, "up");
}

TEST(FilledSource, TextsOfJsonAreQuotedAnew) {
  Asked asked = ask(query(R"({"body":"t={{args.token}}"})", Request::Kind::other), Answer{});
  auto json = Json::parse(asked.request.text);
  ASSERT_TRUE(json) << asked.request.text;
  EXPECT_EQ((*json)["body"].string(), "t=s3c\"ret");
}

TEST(FilledSource, NothingSecretComesBack) {
  Answer answer;
  answer.series.push_back({queries::Labels{{"a", "s3c\"ret"}, {"b", "x"}}, {{1000, 1.0}}});
  answer.warnings = {"slow: up{a='s3c\"ret'}"};
  Asked asked = ask(query("up{a='{{args.token}}'}"), answer);
  ASSERT_TRUE(asked.answer);
  EXPECT_EQ(asked.answer->series[0].labels.get("a"), "{{args.token}}");
  EXPECT_EQ(asked.answer->series[0].labels.get("b"), "x");
  EXPECT_EQ(asked.answer->warnings[0], "slow: up{a='*****'}");
  Asked refused = ask(query("up"), fail(Code::invalid_argument, "no s3c\"ret here"));
  ASSERT_FALSE(refused.answer);
  EXPECT_EQ(refused.answer.error().message, "no ***** here");
}

}  // namespace
}  // namespace serin::app
