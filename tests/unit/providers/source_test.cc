#include "providers/prometheus/source.h"

#include <gtest/gtest.h>

#include "base/sim_loop.h"
#include "tests/unit/providers/held_http.h"

namespace serin::prometheus {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::Request;
using test::HeldHttp;

constexpr const char* kEmpty = R"({"status":"success","data":{"resultType":"vector","result":[]}})";

class PrometheusSourceTest : public ::testing::Test {
 protected:
  void make(SourceOptions options = {}) {
    options.endpoint.address = "http://h";
    source = PrometheusSource::create(loop, http, std::move(options)).value();
  }
  Cancellation ask(Request::Kind kind = Request::Kind::instant) {
    Request request;
    request.kind = kind;
    request.text = "up";
    return source->ask(request, loop.now().mono + 3s,
                       [this](Result<Answer> answer) { answers.push_back(std::move(answer)); });
  }

  SimLoop loop;
  HeldHttp http{loop};
  std::unique_ptr<PrometheusSource> source;
  std::vector<Result<Answer>> answers;
};

TEST_F(PrometheusSourceTest, AsksByPostAndDecodes) {
  make();
  ask();
  ASSERT_EQ(http.held.size(), 1U);
  EXPECT_EQ(http.held[0].request.method, "POST");
  EXPECT_EQ(http.held[0].deadline, loop.now().mono + 3s);
  EXPECT_TRUE(answers.empty());
  http.answer(0, 200, kEmpty);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(answers[0]);
}

TEST_F(PrometheusSourceTest, FallsBackToGetAndRemembers) {
  for (int status : {405, 501}) {
    http.held.clear();
    answers.clear();
    make();
    ask();
    int id = http.held.begin()->first;
    http.answer(id, status, "");
    ASSERT_EQ(http.held.size(), 1U);
    EXPECT_EQ(http.held[id + 1].request.method, "GET");
    EXPECT_EQ(http.held[id + 1].request.url, "http://h/api/v1/query?query=up");
    http.answer(id + 1, 200, kEmpty);
    EXPECT_TRUE(answers.at(0));
    ask();
    EXPECT_EQ(http.held[id + 2].request.method, "GET");
    http.answer(id + 2, 405, "");  // not asked a third time
    EXPECT_EQ(answers.at(1).error().message, "client_error: client error: 405");
  }
}

TEST_F(PrometheusSourceTest, TransportErrorsAreToldApartFromRefusals) {
  make();
  ask();
  http.answer(0, fail(Code::unavailable, "connection refused"));
  ask();
  http.answer(1, 400, R"({"status":"error","errorType":"bad_data","error":"parse error"})");
  ask();
  http.answer(2, 503, "busy");
  EXPECT_EQ(answers.at(0).error(), (Error{Code::unavailable, "connection refused"}));
  EXPECT_EQ(answers.at(1).error(), (Error{Code::invalid_argument, "bad_data: parse error"}));
  EXPECT_EQ(answers.at(2).error(), (Error{Code::unavailable, "server_error: server error: 503"}));
}

TEST_F(PrometheusSourceTest, CancellingAnswersOnceWithCancelled) {
  make();
  Cancellation cancellation = ask();
  cancellation.cancel();
  cancellation.cancel();
  EXPECT_TRUE(answers.empty());  // not from within cancel()
  loop.run_all();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].error().code, Code::cancelled);
  http.answer(0, 200, kEmpty);
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(PrometheusSourceTest, ARequestOfAnotherKindIsAnErrorLater) {
  make();
  ask(Request::Kind::other);
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(http.held.empty());
  loop.run_all();
  EXPECT_EQ(answers.at(0).error().code, Code::invalid_argument);
}

TEST_F(PrometheusSourceTest, LargeAnswersAreDecodedElsewhere) {
  std::vector<Callback> elsewhere;
  SourceOptions options;
  options.run_elsewhere = [&](Callback work) { elsewhere.push_back(std::move(work)); };
  make(std::move(options));
  std::string large = kEmpty + std::string(kDecodeInlineMax, ' ');
  std::string small = kEmpty + std::string(kDecodeInlineMax - std::string(kEmpty).size(), ' ');
  ask();
  http.answer(0, 200, small);
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_TRUE(elsewhere.empty());
  ask();
  Cancellation third = (ask(), ask());
  for (int id : {1, 2, 3}) http.answer(id, 200, large);
  ASSERT_EQ(elsewhere.size(), 3U);
  EXPECT_EQ(answers.size(), 1U);
  third.cancel();
  elsewhere[0]();
  loop.run_all();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].error().code, Code::cancelled);
  EXPECT_TRUE(answers[2]);
  elsewhere[2]();  // the cancelled one comes late
  loop.run_all();
  EXPECT_EQ(answers.size(), 3U);
  source.reset();
  elsewhere[1]();
  loop.run_all();
  EXPECT_EQ(answers.size(), 3U);
}

TEST_F(PrometheusSourceTest, ADestroyedSourceForgetsItsCallbacks) {
  make();
  Cancellation cancellation = ask();
  ask();
  source.reset();
  cancellation.cancel();
  loop.run_all();
  EXPECT_TRUE(http.held.empty());  // cancelled
  EXPECT_TRUE(answers.empty());
}

TEST(PrometheusSource, AnAddressIsChecked) {
  SimLoop loop;
  HeldHttp http(loop);
  SourceOptions options;
  EXPECT_FALSE(PrometheusSource::create(loop, http, options));
}

}  // namespace
}  // namespace serin::prometheus
