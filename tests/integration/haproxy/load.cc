#include "integration/haproxy/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <numeric>
#include <optional>

#include "base/net/fd.h"

namespace serin::test {
namespace {

Fd connect_to(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

// The version of a 200; nothing for anything else. Answers have no body.
std::optional<std::string> ask(const Fd& fd, const std::string& request) {
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return std::nullopt;
  }
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return std::nullopt;
    head.append(buffer, static_cast<std::size_t>(got));
  }
  if (head.compare(0, 12, "HTTP/1.1 200") != 0) return std::nullopt;
  constexpr std::string_view kVersion = "\r\nx-version: ";
  std::size_t at = head.find(kVersion);
  if (at == std::string::npos) return std::nullopt;
  at += kVersion.size();
  return head.substr(at, head.find('\r', at) - at);
}

}  // namespace

int LoadResult::total() const {
  return std::accumulate(by_version.begin(), by_version.end(), failures,
                         [](int sum, const auto& entry) { return sum + entry.second; });
}

Load::Load(const LoadOptions& options) : options_(options) {
  for (int i = 0; i < options_.clients; ++i) clients_.emplace_back([this] { run_client(); });
}

Load::~Load() {
  stop();
}

bool Load::take_one() {
  if (stopping_) return false;
  return options_.requests == 0 || taken_++ < options_.requests;
}

void Load::run_client() {
  LoadResult mine;
  Fd fd;
  std::string request = "GET / HTTP/1.1\r\nHost: shop\r\n" + options_.headers;
  request += options_.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  while (take_one()) {
    if (!fd) fd = connect_to(options_.port);
    auto version = fd ? ask(fd, request) : std::nullopt;
    if (version) {
      ++mine.by_version[*version];
    } else {
      ++mine.failures;
    }
    ++answered_;
    if (!version || !options_.keep_alive) fd.reset();
  }
  std::lock_guard lock(mutex_);
  for (const auto& [version, count] : mine.by_version) result_.by_version[version] += count;
  result_.failures += mine.failures;
}

LoadResult Load::wait() {
  for (std::thread& client : clients_) client.join();
  clients_.clear();
  return result_;
}

LoadResult Load::stop() {
  stopping_ = true;
  return wait();
}

LoadResult run_load(const LoadOptions& options) {
  return Load(options).wait();
}

}  // namespace serin::test
