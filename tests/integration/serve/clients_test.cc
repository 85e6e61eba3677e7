// The server as a process of its own, with clients that are slow, stuck, or many: the others are
// served all the same, and those who hold a connection for nothing lose it.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <list>
#include <sstream>
#include <string>

#include "base/json.h"
#include "base/net/fd.h"
#include "base/process.h"
#include "support/http_get.h"
#include "support/samples.h"
#include "support/temp_dir.h"
#include "support/wait.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kServing = "serin serves http://127.0.0.1:";
constexpr Duration kLong = 90s;  // a client's patience with a server that has 10 s for it

// One connection, read and written without waiting.
class RawClient {
 public:
  // `receive_bytes`: of the kernel's buffer; 0: as it is.
  explicit RawClient(std::uint16_t port, int receive_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    socklen_t size = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  bool connected() const { return connected_; }
  std::uint16_t port() const { return port_; }
  // What does not fit, or comes too late, is lost.
  void send(std::string_view text) {
    static_cast<void>(::send(fd_.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  // All that has come until now.
  const std::string& seen() {
    char buffer[65'536];
    for (;;) {
      ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (got > 0) {
        seen_.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) closed_ = true;
      return seen_;
    }
  }
  bool is_closed() {
    seen();
    return closed_;
  }

 private:
  Fd fd_;
  std::uint16_t port_ = 0;
  bool connected_ = false;
  bool closed_ = false;
  std::string seen_;
};

class ServeClients : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(config());
    std::ofstream(config() + "/checkout.yaml") << test::kCheckoutRollout;
  }
  void start_server() {
    std::string log = dir_.file("serve.log");
    auto child =
        Process::start({.argv = {SERIN_PROGRAM, "serve", "-c", config(), "--state",
                                 dir_.file("state"), "--listen", "127.0.0.1:0", "--insecure"},
                        .output = log});
    ASSERT_TRUE(child) << child.error().to_string();
    server_.emplace(std::move(*child));
    auto line_is_there = [&] {
      std::string text = dir_.read("serve.log");
      std::size_t at = text.find(kServing);
      if (at == std::string::npos || text.find('\n', at) == std::string::npos) return false;
      port_ = static_cast<std::uint16_t>(
          std::atoi(text.c_str() + at + std::string_view(kServing).size()));
      return true;
    };
    ASSERT_TRUE(test::wait_until(line_is_there)) << dir_.read("serve.log");
  }
  std::string config() const { return dir_.file("config"); }
  bool answers() { return test::http_get(port_, "/healthz").status == 200; }
  int streams() {
    std::string text = test::http_get(port_, "/metrics").body;
    const std::string name = "serin_state{of=\"event_streams\"} ";
    std::size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + name.size());
  }
  // Whether the kernel still has the server's side of that connection open.
  bool is_open(std::uint16_t client) const {
    std::ifstream table("/proc/net/tcp");
    std::string line;
    char local[16];
    char remote[16];
    std::snprintf(local, sizeof local, "0100007F:%04X", port_);
    std::snprintf(remote, sizeof remote, "0100007F:%04X", client);
    while (std::getline(table, line)) {
      std::istringstream fields(line);
      std::string number;
      std::string from;
      std::string to;
      std::string state;
      fields >> number >> from >> to >> state;
      if (from == local && to == remote) return state == "01";
    }
    return false;
  }

  test::TempDir dir_;
  std::optional<Process> server_;
  std::uint16_t port_ = 0;
};

TEST_F(ServeClients, SlowRequestsHoldNobodyUpAndAreGivenUp) {
  start_server();
  std::list<RawClient> slow;
  for (int i = 0; i < 30; ++i) {
    slow.emplace_back(port_).send("GET /healthz HTTP/1.1\r\nHost: local");
    slow.emplace_back(port_).send(
        "POST /api/v1/lint HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\n"
        "Content-Length: 100000\r\n\r\nkind: ");
  }
  int given_up = 0;
  bool all = test::wait_until(
      [&] {
        EXPECT_TRUE(answers()) << "while " << slow.size() << " are slow";
        given_up = 0;
        for (RawClient& client : slow) {
          client.send("x");  // each byte in time, the whole never
          if (client.is_closed()) ++given_up;
        }
        return given_up == static_cast<int>(slow.size());
      },
      kLong);
  EXPECT_TRUE(all) << given_up << " of " << slow.size();
}

TEST_F(ServeClients, WhoDoesNotTakeAnAnswerLosesTheConnection) {
  // More than the kernel's buffers take.
  for (int i = 0; i < 8; ++i) {
    std::string name = "checkout" + std::to_string(i);
    std::string text = test::kCheckoutRollout;
    text.replace(text.find("checkout"), 8, name);
    std::ofstream(config() + "/large" + std::to_string(i) + ".yaml")
        << text << "# " << std::string(3'000'000, 'x') << "\n";
  }
  start_server();
  std::list<RawClient> stuck;
  for (int i = 0; i < 3; ++i) {
    stuck.emplace_back(port_, 4096)
        .send("GET /api/v1/configuration HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(test::wait_until([&] {
    bool all = true;
    for (RawClient& client : stuck) all = all && is_open(client.port());
    return all;
  }));
  bool closed = test::wait_until(
      [&] {
        EXPECT_TRUE(answers());
        for (RawClient& client : stuck) {
          if (is_open(client.port())) return false;
        }
        return true;
      },
      kLong);
  EXPECT_TRUE(closed);
  for (RawClient& client : stuck) {
    test::wait_until([&] { return client.is_closed(); });
    EXPECT_LT(client.seen().size(), 24'000'000U) << "it was cut off";
  }
}

TEST_F(ServeClients, TwoHundredStreamsAllHearOfARelease) {
  constexpr std::size_t kStreams = 200;
  start_server();
  std::list<RawClient> streams_open;
  const std::string ask = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  // The limit on how often one may ask sends some away: they come again.
  bool opened = test::wait_until(
      [&] {
        while (streams_open.size() < kStreams) {
          streams_open.emplace_back(port_).send(ask);
          RawClient& client = streams_open.back();
          if (!test::wait_until(
                  [&] { return client.seen().find("\r\n\r\n") != std::string::npos; }))
            return false;
          if (!client.seen().starts_with("HTTP/1.1 200")) {
            EXPECT_TRUE(client.seen().starts_with("HTTP/1.1 429")) << client.seen();
            streams_open.pop_back();
            return false;
          }
        }
        return true;
      },
      kLong);
  ASSERT_TRUE(opened) << streams_open.size();
  ASSERT_TRUE(test::wait_until([&] { return streams() == static_cast<int>(kStreams); }))
      << streams();
  auto started = test::http_ask(port_, "/api/v1/rollouts/checkout/releases",
                                {.method = "POST",
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = R"({"version":"v2","stable":"v1"})"});
  EXPECT_EQ(started.status, 201) << started.body;
  std::size_t heard = 0;
  bool all = test::wait_until(
      [&] {
        heard = 0;
        for (RawClient& client : streams_open) {
          if (client.seen().find("event: release.updated") != std::string::npos) ++heard;
        }
        return heard == kStreams;
      },
      kLong);
  EXPECT_TRUE(all) << heard;
  EXPECT_TRUE(answers());
  // Half of them go without a word: the server notices with its next event or heartbeat.
  for (std::size_t i = 0; i < kStreams / 2; ++i) streams_open.pop_front();
  EXPECT_TRUE(test::wait_until([&] { return streams() == static_cast<int>(kStreams / 2); }, kLong))
      << streams();
}

}  // namespace
}  // namespace serin::app
