// The service, run as a process and asked from outside.
#include "examples/demo/service.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cmath>
#include <thread>

#include "examples/demo/http_message.h"
#include "support/demo.h"
#include "support/http_get.h"

namespace serin::test {
namespace {

using namespace std::chrono_literals;

class DemoServiceTest : public testing::Test {
 protected:
  DemoService start(const std::vector<std::string>& flags) {
    auto service = DemoService::start(dir_, "service" + std::to_string(++started_), flags);
    EXPECT_TRUE(service) << service.error().to_string();
    return std::move(*service);
  }
  TempDir dir_;
  int started_ = 0;
};

TEST_F(DemoServiceTest, AnswersWithItsVersion) {
  const DemoService service = start({"--version", "2.4.0", "--latency-ms", "0"});
  const HttpReply reply = http_get(service.port(), "/cart?id=1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello from 2.4.0\n");
  EXPECT_EQ(reply.header("X-Version"), "2.4.0");
  EXPECT_EQ(http_get(service.port(), "/healthz").status, 200);
}

TEST_F(DemoServiceTest, CountsEachAnswerOnceAndOnlyThose) {
  const DemoService service = start({"--latency-ms", "0"});
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="/cart"})"), std::nullopt);
  for (int i = 0; i < 3; ++i) http_get(service.port(), "/cart?i=" + std::to_string(i));
  http_get(service.port(), "/healthz");
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="/cart"})"), 3);
  EXPECT_EQ(service.metric(R"(http_request_duration_seconds_count{path="/cart"})"), 3);
  EXPECT_EQ(service.metric(R"(http_request_duration_seconds_bucket{path="/cart",le="+Inf"})"), 3);
  EXPECT_EQ(service.metric(R"(http_requests_total{code="500",path="/cart"})"), std::nullopt);
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="/healthz"})"), std::nullopt);
  EXPECT_EQ(service.metric("http_requests_in_flight"), 0);
  EXPECT_GT(service.metric("process_start_time_seconds").value_or(0), 1.7e9);
  EXPECT_GT(service.metric("process_resident_memory_bytes").value_or(0), 1e6);
}

TEST_F(DemoServiceTest, FailsAsOftenAsItIsTold) {
  const DemoService service = start({"--latency-ms", "0", "--error-rate", "1"});
  EXPECT_EQ(http_get(service.port(), "/").status, 500);
  EXPECT_EQ(service.metric(R"(http_requests_total{code="500",path="/"})"), 1);

  const DemoService other = start({"--latency-ms", "0", "--error-rate", "0.2", "--seed", "7"});
  const auto report = run_demo_load(dir_, other.url(), {"--rate", "2000", "--duration", "0.5"});
  ASSERT_TRUE(report) << report.error().to_string();
  const std::int64_t errors = (*report)["status"]["500"].integer();
  EXPECT_GT(errors, 140);  // 200 expected of 1 000; six standard deviations are 76
  EXPECT_LT(errors, 280);
  EXPECT_EQ(other.metric(R"(http_requests_total{code="500",path="/"})"), errors);
}

TEST_F(DemoServiceTest, TakesItsTime) {
  const DemoService service = start({"--latency-ms", "30"});
  EXPECT_EQ(http_get(service.port(), "/").status, 200);
  EXPECT_GE(service.metric(R"(http_request_duration_seconds_sum{path="/"})").value_or(0), 0.030);
  EXPECT_EQ(service.metric(R"(http_request_duration_seconds_bucket{path="/",le="0.025"})"), 0);
}

TEST_F(DemoServiceTest, SlowsATail) {
  const DemoService service = start({"--latency-ms", "3", "--slow-tail", "1"});
  http_get(service.port(), "/");
  EXPECT_GE(service.metric(R"(http_request_duration_seconds_sum{path="/"})").value_or(0), 0.030);
}

TEST(DemoLatency, HasTheMeanAndDeviationAskedFor) {
  const demo::ServiceOptions options{.latency_ms = 10, .latency_ms_sd = 10};
  constexpr int kDraws = 200'000;
  Rng rng(1);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double ms = to_seconds(demo::draw_latency(options, rng)) * 1000;
    ASSERT_GT(ms, 0);
    sum += ms;
    squares += ms * ms;
  }
  const double mean = sum / kDraws;
  EXPECT_NEAR(mean, 10, 0.15);
  EXPECT_NEAR(std::sqrt(squares / kDraws - mean * mean), 10, 0.5);
}

TEST(DemoLatency, IsConstantWithoutDeviationAndTenfoldInTheTail) {
  Rng rng(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(demo::draw_latency({.latency_ms = 10}, rng), 10ms);
  int slow = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Duration latency = demo::draw_latency({.latency_ms = 10, .slow_tail = 0.05}, rng);
    EXPECT_TRUE(latency == 10ms || latency == 100ms);
    slow += latency == 100ms ? 1 : 0;
  }
  EXPECT_NEAR(slow, 500, 120);
  EXPECT_EQ(demo::draw_latency({.latency_ms = 0, .latency_ms_sd = 5}, rng), 0ms);
}

TEST_F(DemoServiceTest, ManyPathsShareOneSeries) {
  const DemoService service = start({"--latency-ms", "0"});
  for (int i = 0; i < 30; ++i) http_get(service.port(), "/" + std::to_string(i));
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="/19"})"), 1);
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="/20"})"), std::nullopt);
  EXPECT_EQ(service.metric(R"(http_requests_total{code="200",path="other"})"), 10);
}

TEST_F(DemoServiceTest, RefusesEveryNthConnection) {
  const DemoService service = start({"--latency-ms", "0", "--refuse-rate", "0.25"});
  int refused = 0;
  for (int i = 0; i < 40; ++i) refused += http_get(service.port(), "/").status == 0 ? 1 : 0;
  EXPECT_EQ(refused, 10);
}

TEST_F(DemoServiceTest, AnswersPipelinedRequestsInTurn) {
  const DemoService service = start({"--latency-ms", "1"});
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  requests += "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
  const std::string replies = exchange(service.port(), requests);
  int count = 0;
  for (std::size_t at = 0; (at = replies.find("hello", at)) != std::string::npos; ++at) ++count;
  EXPECT_EQ(count, 50);
  EXPECT_TRUE(replies.ends_with("ok\n"));
}

TEST_F(DemoServiceTest, SurvivesWhatIsNoRequest) {
  const DemoService service = start({"--latency-ms", "0"});
  const auto answers = [&](const std::string& bytes) {
    return exchange(service.port(), bytes).substr(0, 12);
  };
  EXPECT_EQ(answers("nonsense\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(answers("GET / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n"), "HTTP/1.1 413");
  EXPECT_EQ(answers("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(answers("GET /" + std::string(demo::kHeadBytesMax, 'x')), "HTTP/1.1 431");
  EXPECT_EQ(http_ask(service.port(), "/", {.method = "POST", .body = "posted"}).status, 200);
  const HttpReply head = http_ask(service.port(), "/", {.method = "HEAD"});
  EXPECT_EQ(head.status, 200);
}

TEST_F(DemoServiceTest, IsRefusedUntilItHasStarted) {
  const Port port;
  const auto begun = RealClock().now().mono;
  std::jthread early([&] {
    while (RealClock().now().mono - begun < 250ms) EXPECT_FALSE(listens(port.number()));
  });
  const DemoService service = start({"--startup-delay", "0.3", "--port", port.text()});
  EXPECT_GE(RealClock().now().mono - begun, 300ms);
  EXPECT_EQ(http_get(service.port(), "/healthz").status, 200);
}

TEST_F(DemoServiceTest, FinishesWhatIsInFlightWhenItStops) {
  DemoService service = start({"--latency-ms", "300"});
  HttpReply reply;
  std::jthread asks([&] { reply = http_get(service.port(), "/"); });
  ASSERT_TRUE(wait_until([&] { return service.metric("http_requests_in_flight") == 1; }));
  service.server().process().signal(SIGTERM);
  const auto status = service.server().process().wait(10s);
  asks.join();
  EXPECT_EQ(reply.status, 200);
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status));
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

TEST(DemoServiceFlags, OutOfRangeAreNamed) {
  const auto wrong = [](const demo::ServiceOptions& options) {
    const Status valid = demo::validate(options);
    return valid ? "" : valid.error().message.substr(0, valid.error().message.find(':'));
  };
  EXPECT_EQ(wrong({}), "");
  EXPECT_EQ(wrong({.error_rate = 1, .latency_ms = 60'000, .slow_tail = 1, .refuse_rate = 1}), "");
  EXPECT_EQ(wrong({.error_rate = 1.1}), "--error-rate");
  EXPECT_EQ(wrong({.error_rate = std::nan("")}), "--error-rate");
  EXPECT_EQ(wrong({.latency_ms = -1}), "--latency-ms");
  EXPECT_EQ(wrong({.latency_ms_sd = 60'001}), "--latency-sd");
  EXPECT_EQ(wrong({.slow_tail = 2}), "--slow-tail");
  EXPECT_EQ(wrong({.refuse_rate = -0.1}), "--refuse-rate");
  EXPECT_EQ(wrong({.startup_delay_s = 601}), "--startup-delay");
}

TEST_F(DemoServiceTest, APortThatIsTakenIsAnError) {
  const DemoService first = start({});
  const auto second = DemoService::start(dir_, "second", {"--port", std::to_string(first.port())});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("Address already in use"), std::string::npos)
      << second.error().message;
}

}  // namespace
}  // namespace serin::test
