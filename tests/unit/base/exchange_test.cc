#include "base/net/exchange.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <thread>

#include "base/net/fd.h"
#include "tests/support/ports.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::ScriptedServer;
using Until = ExchangeOptions::Until;

class ExchangeTest : public LoopTest {
 protected:
  Result<std::string> ask(const Endpoint& endpoint, ExchangeOptions options,
                          Duration patience = test::kPatience) {
    Pending<std::string> pending;
    exchange(loop_, endpoint, std::move(options), now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0) << "answered from within";
    EXPECT_TRUE(wait_for(pending));
    return pending.result ? *pending.result : fail(Code::internal, "no answer at all");
  }
  static Endpoint at(const ScriptedServer& server) {
    return {.address = "127.0.0.1", .port = server.port()};
  }

  test::TempDir dir_;
};

TEST(Endpoint, ReadsItsForms) {
  EXPECT_EQ(Endpoint::parse("/run/a.sock")->unix_path, "/run/a.sock");
  EXPECT_EQ(Endpoint::parse("unix:/run/a.sock")->unix_path, "/run/a.sock");
  EXPECT_EQ(*Endpoint::parse("127.0.0.1:9999"), (Endpoint{.address = "127.0.0.1", .port = 9999}));
  EXPECT_EQ(Endpoint::parse("127.0.0.1:0")->port, 0);
  EXPECT_EQ(*Endpoint::parse("localhost:1"), (Endpoint{.address = "127.0.0.1", .port = 1}));
  EXPECT_EQ(*Endpoint::parse("[::1]:65535"), (Endpoint{.address = "::1", .port = 65535}));
  for (const char* text : {"/run/a.sock", "127.0.0.1:9999", "[::1]:65535"}) {
    EXPECT_EQ(Endpoint::parse(text)->to_string(), text);
  }
  for (const char* text :
       {"", "unix:", "unix:a", "a.sock", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:80x", "host:80", "::1:80", "[127.0.0.1]:80", ":80"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
  EXPECT_TRUE(Endpoint::parse("/" + std::string(106, 'x')));
  EXPECT_FALSE(Endpoint::parse("/" + std::string(107, 'x')));
}

TEST_F(ExchangeTest, ReadsToTheEndOrToTheLine) {
  ScriptedServer server([](Connection& peer) {
    std::string line = peer.read_until("\n");
    peer.write("you said ");
    peer.write(line + "and more");
    if (line == "stay\n") peer.hang();
  });
  EXPECT_EQ(*ask(at(server), {.send = "go\n"}), "you said go\nand more");
  EXPECT_EQ(*ask(at(server), {.send = "stay\n", .until = Until::line}), "you said stay");
  ScriptedServer local(dir_.file("s"), [](Connection& peer) { peer.write("hello\n"); });
  EXPECT_EQ(*ask({.unix_path = dir_.file("s")}, {.until = Until::line}), "hello");
}

TEST_F(ExchangeTest, AnswersAreBounded) {
  ScriptedServer server([](Connection& peer) {
    peer.read_until("\n");
    peer.write(std::string(100'000, 'x') + "\n");
  });
  EXPECT_EQ(ask(at(server), {.send = "\n", .answer_max = 100'001})->size(), 100'001U);
  EXPECT_EQ(ask(at(server), {.send = "\n", .answer_max = 100'000}).error().code, Code::data_loss);
  EXPECT_EQ(ask(at(server), {.send = "\n", .until = Until::line, .answer_max = 100'000})->size(),
            100'000U);
  EXPECT_EQ(
      ask(at(server), {.send = "\n", .until = Until::line, .answer_max = 99'999}).error().code,
      Code::data_loss);
}

TEST_F(ExchangeTest, FailuresSayWhetherItWasDelivered) {
  test::Port nobody;
  EXPECT_EQ(ask(*Endpoint::parse(nobody.address()), {.send = "x\n"}).error().code,
            Code::unavailable);
  EXPECT_EQ(ask({.unix_path = dir_.file("none")}, {.send = "x\n"}).error().code, Code::unavailable);
  ScriptedServer resets([](Connection& peer) {
    peer.read_until("\n");
    peer.reset();
  });
  EXPECT_EQ(ask(at(resets), {.send = "x\n"}).error().code, Code::maybe_delivered);
  EXPECT_EQ(ask(at(resets), {.send = "x\n", .repeatable = true}).error().code, Code::unavailable);
  ScriptedServer closes([](Connection& peer) {
    peer.read_until("\n");
    peer.write("half a line");
  });
  EXPECT_EQ(ask(at(closes), {.send = "x\n", .until = Until::line}).error().code,
            Code::maybe_delivered);
  ScriptedServer silent([](Connection& peer) { peer.hang(); });
  EXPECT_EQ(ask(at(silent), {.send = "x\n"}, 20ms).error().code, Code::maybe_delivered);
  auto late = ask(at(silent), {.send = "x\n", .repeatable = true}, 20ms);
  EXPECT_EQ(late.error().code, Code::deadline_exceeded);
  EXPECT_EQ(late.error().message,
            "127.0.0.1:" + std::to_string(silent.port()) + ": no answer in time");
}

TEST_F(ExchangeTest, ASlowlorisDoesNotOutliveTheDeadline) {
  ScriptedServer drips([](Connection& peer) {
    while (peer.write("x")) std::this_thread::sleep_for(1ms);
  });
  EXPECT_EQ(ask(at(drips), {.send = "x\n", .repeatable = true}, 50ms).error().code,
            Code::deadline_exceeded);
}

TEST_F(ExchangeTest, CancelCallsOnce) {
  ScriptedServer silent([](Connection& peer) { peer.hang(); });
  Pending<std::string> pending;
  Cancellation cancellation =
      exchange(loop_, at(silent), {.send = "x\n"}, soon(), pending.callback());
  ASSERT_TRUE(run_until([&] { return silent.connections() == 1; }));
  cancellation.cancel();
  EXPECT_EQ(pending.calls, 0);
  ASSERT_TRUE(wait_for(pending));
  cancellation.cancel();
  run_briefly();
  EXPECT_EQ(pending.calls, 1);
  EXPECT_EQ(pending.code(), Code::cancelled);
}

TEST_F(ExchangeTest, WaitsForASocketWhoseQueueIsFull) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, dir_.file("full").c_str());
  Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  Fd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(first.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Fd second(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ASSERT_NE(::connect(second.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(errno, EAGAIN);

  Pending<std::string> pending;
  exchange(loop_, {.unix_path = dir_.file("full")}, {.send = "x\n"}, soon(), pending.callback());
  run_briefly();
  ASSERT_EQ(pending.calls, 0) << pending.result->error().to_string();
  Fd taken(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));  // room for one
  std::jthread server([&] {
    Fd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char request[2];
    EXPECT_EQ(::recv(peer.get(), request, 2, MSG_WAITALL), 2);
    EXPECT_EQ(::send(peer.get(), "at last", 7, MSG_NOSIGNAL), 7);
  });
  ASSERT_TRUE(wait_for(pending));
  ASSERT_TRUE(*pending.result) << pending.result->error().to_string();
  EXPECT_EQ(**pending.result, "at last");
}

TEST(ExchangeBlocking, NeedsNoLoop) {
  RealClock clock;
  ScriptedServer server([](Connection& peer) {
    if (peer.read_until("\n") == "hang\n") return peer.hang();
    peer.write("fine\n");
  });
  Endpoint endpoint{.address = "127.0.0.1", .port = server.port()};
  EXPECT_EQ(
      *exchange_blocking(clock, endpoint, {.send = "go\n", .until = Until::line}, test::kPatience),
      "fine");
  EXPECT_EQ(
      exchange_blocking(clock, endpoint, {.send = "hang\n", .repeatable = true}, 20ms).error().code,
      Code::deadline_exceeded);
}

}  // namespace
}  // namespace serin
