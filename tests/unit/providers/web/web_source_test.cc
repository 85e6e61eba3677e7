#include <gtest/gtest.h>

#include "base/sim_loop.h"
#include "providers/web/source.h"
#include "tests/unit/providers/held_http.h"

namespace serin::web {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::AnswerType;

class WebSourceTest : public ::testing::Test {
 protected:
  Cancellation ask(WebOptions options) {
    options.url = "http://gate/ok";
    auto made = WebSource::create(loop, http, std::move(options));
    EXPECT_TRUE(made);
    source = std::move(*made);
    queries::Request request;
    request.kind = queries::Request::Kind::other;
    return source->ask(request, loop.now().mono + 3s,
                       [this](Result<Answer> answer) { answers.push_back(std::move(answer)); });
  }
  const HttpRequest& sent() { return http.held.begin()->second.request; }
  // What a body yields.
  std::string read(const std::string& body, const std::string& path = "{$}") {
    const auto answer = answer_from_body(body, *queries::JsonPath::parse(path));
    if (!answer) return answer.error().message;
    return (answer->type == AnswerType::json ? "json " : "text ") + answer->json.dump();
  }

  SimLoop loop;
  test::HeldHttp http{loop};
  std::unique_ptr<WebSource> source;
  std::vector<Result<Answer>> answers;
};

TEST_F(WebSourceTest, AsksByGetAndTakesTheValue) {
  ask({.json_path = "{.a}"});
  EXPECT_EQ(sent().method, "GET");
  EXPECT_EQ(sent().url, "http://gate/ok");
  EXPECT_EQ(sent().body, "");
  EXPECT_TRUE(sent().follow_redirects);
  EXPECT_EQ(sent().body_max, kWebBodyMax);
  http.answer(0, 200, R"({"a":[1]})");
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0]->json.dump(), "[1]");
}

TEST_F(WebSourceTest, SendsWhatIsConfigured) {
  ask({.method = "PUT",
       .headers = {{"X-A", "1"}, {"x-a", "2"}, {"content-type", "text/plain"}},
       .json_body = R"({"k":1})"});
  EXPECT_EQ(sent().method, "PUT");
  EXPECT_EQ(sent().body, R"({"k":1})");
  EXPECT_EQ(sent().headers, (HttpHeaders{{"X-A", "2"}, {"content-type", "application/json"}}));
  ask({.method = "POST", .body = "plain"});
  EXPECT_EQ(http.held.rbegin()->second.request.body, "plain");
  EXPECT_TRUE(http.held.rbegin()->second.request.headers.empty());
}

TEST_F(WebSourceTest, RefusesBodiesThatCannotBeSent) {
  ask({.body = "b"});
  ask({.method = "POST", .body = "b", .json_body = "{}"});
  ask({.json_body = "{}"});
  loop.advance(1ms);
  // The first two sources are gone with their questions.
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(http.held.empty());
  EXPECT_EQ(answers[0].error().message,
            "Body/JSONBody can only be used with POST or PUT WebMetric Method types");
  answers.clear();
  ask({.method = "POST", .body = "b", .json_body = "{}"});
  loop.advance(1ms);
  EXPECT_EQ(answers.at(0).error().message,
            "use either Body or JSONBody; both cannot exists for WebMetric payload");
}

TEST_F(WebSourceTest, StatusesAreErrors) {
  for (int status : {199, 301, 404, 503}) {
    answers.clear();
    http.held.clear();
    ask({});
    http.answer(http.held.begin()->first, status, R"({"secret":"s"})");
    EXPECT_EQ(answers.at(0).error().message,
              "received non 2xx response code: " + std::to_string(status));
  }
  ask({});
  http.answer(http.held.begin()->first, 204, "");
  EXPECT_TRUE(answers.back());
}

TEST_F(WebSourceTest, ABodyThatIsNoJsonIsAText) {
  EXPECT_EQ(read("42"), "json 42");
  EXPECT_EQ(read(R"("ok")"), R"(json "ok")");
  EXPECT_EQ(read("null"), "json null");
  EXPECT_EQ(read("ok"), R"(text "ok")");
  EXPECT_EQ(read(""), R"(text "")");
  EXPECT_EQ(read(R"({"a":1} x)"), R"(text "{\"a\":1} x")");
  EXPECT_EQ(read("ok", "{.zzz}"), R"(text "ok")");
}

TEST_F(WebSourceTest, APathThatFindsNothingIsAnError) {
  EXPECT_EQ(read(R"({"a":1})", "{.zzz}"), "Could not find JSONPath in body: zzz is not found");
  EXPECT_EQ(read("[]", "{[*]}"), "result of web metric produced no value");
  EXPECT_EQ(read(R"({"a":[1,2]})", "{.a[*]}"), "json 1");
  const auto refused = WebSource::create(loop, http, {.url = "http://h", .json_path = "{.a"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "unclosed action");
}

TEST_F(WebSourceTest, CancellingAnswersOnce) {
  Cancellation cancellation = ask({});
  cancellation.cancel();
  EXPECT_TRUE(answers.empty());
  loop.advance(1ms);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::cancelled);
}

}  // namespace
}  // namespace serin::web
