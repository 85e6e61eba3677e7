// What a name server that never answers must not do: stall the loop, outlast a deadline, hold up
// the end.
#include "tests/support/getaddrinfo_stub.h"
#include "tests/unit/base/http_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

class HttpResolverTest : public HttpClientTest {
 protected:
  ~HttpResolverTest() override {
    test::release_lookups();
    test::wait_until([] { return test::lookups_waiting() == 0; });
  }
};

TEST_F(HttpResolverTest, TimersGoOnAndTheDeadlineEndsIt) {
  Pending pending;
  send(pending, {.url = "http://a.hangs.test/"}, 200ms);
  Instant start = now();
  std::vector<Instant> ticks;
  std::function<void()> tick = [&] {
    ticks.push_back(now());
    loop_.call_at(now() + 10ms, [&] { tick(); });
  };
  tick();
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(pending.result->error().code, Code::deadline_exceeded)
      << pending.result->error().to_string();
  EXPECT_NE(pending.result->error().message.find("name"), std::string::npos)
      << pending.result->error().message;
  EXPECT_EQ(test::lookups_waiting(), 1) << "the lookup itself goes on, in its own thread";
  EXPECT_LT(now() - start, 5s);
  EXPECT_GE(ticks.size(), 5U);
}

TEST_F(HttpResolverTest, OtherOriginsAreServedMeanwhile) {
  test::ScriptedServer server([](test::Connection& peer) {
    peer.read_request();
    peer.reply("here");
  });
  Pending pending;
  send(pending, {.url = "http://b.hangs.test/"});
  ASSERT_TRUE(run_until([] { return test::lookups_waiting() == 1; }));
  auto response = get(server.url());
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(pending.calls, 0);
}

TEST_F(HttpResolverTest, TheClientEndsWithoutWaiting) {
  std::vector<Pending> pendings(4);
  for (Pending& pending : pendings) send(pending, {.url = "http://c.hangs.test/"});
  ASSERT_TRUE(run_until([] { return test::lookups_waiting() == 4; }));
  Instant start = now();
  http_.reset();
  EXPECT_LT(now() - start, 1s);
}

TEST_F(HttpResolverTest, CancelDoesNotWait) {
  Pending pending;
  send(pending, {.url = "http://d.hangs.test/"});
  ASSERT_TRUE(run_until([] { return test::lookups_waiting() == 1; }));
  Instant start = now();
  pending.cancellation.cancel();
  ASSERT_TRUE(wait_for(pending));
  EXPECT_LT(now() - start, 1s);
}

TEST_F(HttpResolverTest, ConnectTimeoutCountsTheName) {
  restart_client({.connect_timeout = 50ms});
  auto response = get("http://e.hangs.test/");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::unavailable) << response.error().to_string();
}

TEST_F(HttpResolverTest, LookupsThatHangDoNotPileUp) {
  restart_client({.connect_timeout = 20ms});
  std::vector<Pending> pendings(40);
  for (Pending& pending : pendings) send(pending, {.url = "http://f.hangs.test/"}, 400ms);
  for (Pending& pending : pendings) ASSERT_TRUE(wait_for(pending));
  // The first window, and then one at a time: 400 ms / 20 ms.
  EXPECT_LE(test::lookups_waiting(), kHttpWindowStart + 20);
}

}  // namespace
}  // namespace serin
