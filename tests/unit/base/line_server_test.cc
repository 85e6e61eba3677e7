#include "base/net/line_server.h"

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <filesystem>

#include "base/json.h"
#include "base/net/exchange.h"
#include "base/net/fd.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

class LineServerTest : public LoopTest {
 protected:
  Result<std::unique_ptr<LineServer>> listen(LineServerOptions options = {}) {
    return LineServer::listen(loop_, path_, options, [this](std::string line, LineReply reply) {
      if (line == "later") {
        held_.push_back(std::move(reply));
      } else if (line != "drop") {
        reply("<" + line + ">");
      }
    });
  }

  // Sends bytes and reads until the other side closes or a line came.
  Result<std::string> ask(const std::string& bytes,
                          ExchangeOptions::Until until = ExchangeOptions::Until::line) {
    Pending<std::string> pending;
    exchange(loop_, {.unix_path = path_}, {.send = bytes, .until = until}, soon(),
             pending.callback());
    EXPECT_TRUE(wait_for(pending));
    return pending.result ? *pending.result : fail(Code::internal, "no answer at all");
  }

  // A client of plain system calls, which does as much as it is told.
  Fd connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static bool closed(const Fd& fd) {
    char byte = 0;
    return ::recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }

  test::TempDir dir_;
  std::string path_ = dir_.file("serin.sock");
  std::vector<LineReply> held_;
};

TEST_F(LineServerTest, AnswersLinesInOrder) {
  auto server = listen();
  ASSERT_TRUE(server) << server.error().to_string();
  EXPECT_EQ(*ask("one\n"), "<one>");
  Fd client = connect();
  std::string bytes = "a\nb\n\nlater\nc\n";
  ASSERT_EQ(::send(client.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  EXPECT_EQ(*ask("other\n"), "<other>") << "one client's wait is not another's";
  held_.front()("at last");
  std::string received;
  ASSERT_TRUE(run_until([&] {
    char buffer[256];
    ssize_t got = ::recv(client.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
    return received.ends_with("<c>\n");
  }));
  EXPECT_EQ(received, "<a>\n<b>\n<>\nat last\n<c>\n");
}

TEST_F(LineServerTest, OnlyTheOwnerMayConnect) {
  auto server = listen();
  ASSERT_TRUE(server);
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  server->reset();
  EXPECT_FALSE(std::filesystem::exists(path_)) << "removed at the end";
  ASSERT_TRUE(listen({.mode = 0660}));
}

TEST_F(LineServerTest, TakesAStaleSocketsPlaceAndNoLiveOnes) {
  {
    Fd stale = [&] {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::strcpy(address.sun_path, path_.c_str());
      Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      EXPECT_EQ(::listen(fd.get(), 1), 0);
      return fd;
    }();
    auto live = listen();
    ASSERT_FALSE(live);
    EXPECT_EQ(live.error().code, Code::failed_precondition);
  }
  ASSERT_TRUE(std::filesystem::exists(path_));
  auto first = listen();
  ASSERT_TRUE(first) << first.error().to_string();
  auto second = listen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::failed_precondition);
  EXPECT_EQ(*ask("still\n"), "<still>");
  first->reset();
  EXPECT_TRUE(listen());
}

TEST_F(LineServerTest, LeavesOtherFilesAlone) {
  dir_.write("serin.sock", "precious");
  auto server = listen();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Code::failed_precondition);
  EXPECT_EQ(dir_.read("serin.sock"), "precious");
  path_ = dir_.file("none/serin.sock");
  EXPECT_EQ(listen().error().code, Code::not_found);
  path_ = dir_.file(std::string(120, 'x'));
  EXPECT_EQ(listen().error().code, Code::invalid_argument);
}

TEST_F(LineServerTest, RequestsAreBounded) {
  auto server = listen({.request_max = 100'000});
  ASSERT_TRUE(server);
  std::string longest(100'000, 'x');
  EXPECT_EQ(ask(longest + "\n")->size(), longest.size() + 2);
  auto answer = Json::parse(*ask(longest + "x\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)["error"]["code"].string(), "invalid_argument");
  EXPECT_NE((*answer)["error"]["message"].string().find("100000 bytes"), std::string_view::npos);
  answer = Json::parse(*ask(longest + longest));
  EXPECT_EQ((*answer)["error"]["code"].string(), "invalid_argument") << "without a line break too";
}

TEST_F(LineServerTest, ClientsAreBounded) {
  auto server = listen({.clients_max = 2});
  ASSERT_TRUE(server);
  Fd first = connect();
  Fd second = connect();
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 2; }));
  auto refused = Json::parse(*ask("x\n"));
  EXPECT_EQ((*refused)["error"]["code"].string(), "unavailable");
  first.reset();
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 1; }));
  EXPECT_EQ(*ask("x\n"), "<x>");
}

TEST_F(LineServerTest, SlowClientsAreClosed) {
  auto server = listen({.patience = 50ms});
  ASSERT_TRUE(server);
  Fd silent = connect();
  Fd half = connect();
  ASSERT_EQ(::send(half.get(), "half", 4, 0), 4);
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 2; }));
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 0; }));
  EXPECT_TRUE(closed(silent));
  EXPECT_TRUE(closed(half));
}

TEST_F(LineServerTest, AClientThatTakesNoAnswerIsClosed) {
  auto server =
      LineServer::listen(loop_, path_, {.patience = 50ms}, [](std::string, LineReply reply) {
        reply(std::string(16'000'000, 'x'));  // more than the kernel takes
      });
  ASSERT_TRUE(server);
  Fd client = connect();
  ASSERT_EQ(::send(client.get(), "x\n", 2, 0), 2);
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 1; }));
  ASSERT_TRUE(run_until([&] { return (*server)->clients() == 0; }));
}

TEST_F(LineServerTest, AnAnswerInWorkHasNoTimeLimit) {
  auto server = listen({.patience = 20ms});
  ASSERT_TRUE(server);
  Pending<std::string> pending;
  exchange(loop_, {.unix_path = path_}, {.send = "later\n", .until = ExchangeOptions::Until::line},
           soon(), pending.callback());
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  loop_.run_until([] { return false; }, 60ms);
  EXPECT_EQ(pending.calls, 0);
  held_.front()("done");
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(**pending.result, "done");
}

TEST_F(LineServerTest, ADroppedReplyIsAnError) {
  auto server = listen();
  ASSERT_TRUE(server);
  auto answer = Json::parse(*ask("drop\n"));
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)["error"]["code"].string(), "internal");
}

TEST_F(LineServerTest, RepliesAfterTheEndGoNowhere) {
  auto server = listen();
  ASSERT_TRUE(server);
  Fd client = connect();
  Fd gone = connect();
  ASSERT_EQ(::send(client.get(), "later\n", 6, 0), 6);
  ASSERT_EQ(::send(gone.get(), "later\n", 6, 0), 6);
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  gone.reset();
  held_.back()("to nobody");
  run_briefly();
  server->reset();
  held_.front()("too late");
  run_briefly();
  EXPECT_TRUE(closed(client));
}

}  // namespace
}  // namespace serin
