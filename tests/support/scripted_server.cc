#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "base/assert.h"

namespace serin::test {
namespace {

constexpr int kTickMs = 10;  // how soon a silent connection sees that the server ends

// Waits for bytes or for the end of the server; false at the end.
bool wait_readable(int fd, const std::atomic<bool>& stopping) {
  while (!stopping) {
    pollfd readable{fd, POLLIN, 0};
    if (::poll(&readable, 1, kTickMs) > 0) return true;
  }
  return false;
}

std::size_t content_length(std::string_view head) {
  static constexpr std::string_view kName = "\r\ncontent-length:";
  for (std::size_t at = 0; at + kName.size() <= head.size(); ++at) {
    if (::strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) {
      return std::strtoul(std::string(head.substr(at + kName.size())).c_str(), nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

struct ScriptedServer::Peer {
  std::thread thread;
  std::atomic<bool> done = false;
};

std::string Connection::read_until(std::string_view end) {
  std::array<char, 16'384> chunk{};
  while (true) {
    if (std::size_t at = buffer_.find(end); at != std::string::npos) {
      std::string text = buffer_.substr(0, at + end.size());
      buffer_.erase(0, text.size());
      return text;
    }
    if (!wait_readable(fd_.get(), stopping_)) return "";
    ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) return "";
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string Connection::read_request() {
  std::string head = read_until("\r\n\r\n");
  if (head.empty()) return "";
  std::size_t length = content_length(head);
  if (head.find("100-continue") != std::string::npos) write("HTTP/1.1 100 Continue\r\n\r\n");
  std::array<char, 16'384> chunk{};
  while (buffer_.size() < length) {
    if (!wait_readable(fd_.get(), stopping_)) return "";
    ssize_t got = ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) return "";
    buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
  std::string body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return head + body;
}

bool Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (stopping_) return false;
    pollfd writable{fd_.get(), POLLOUT, 0};
    if (::poll(&writable, 1, kTickMs) <= 0) continue;
    ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Connection::reply(std::string_view body, std::string_view status, std::string_view headers) {
  return write("HTTP/1.1 " + std::string(status) +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
               std::string(headers) + "\r\n" + std::string(body));
}

void Connection::hang() {
  std::array<char, 16'384> chunk{};
  while (wait_readable(fd_.get(), stopping_) &&
         ::recv(fd_.get(), chunk.data(), chunk.size(), 0) > 0) {
  }
}

void Connection::reset() {
  linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd_.reset();
}

ScriptedServer::ScriptedServer(Script script)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  SERIN_ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  SERIN_ASSERT(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  start(std::move(script));
}

ScriptedServer::ScriptedServer(const std::string& socket_path, Script script)
    : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  SERIN_ASSERT(socket_path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  SERIN_ASSERT(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  start(std::move(script));
}

void ScriptedServer::start(Script script) {
  SERIN_ASSERT(::listen(listener_.get(), 1'024) == 0);
  script_ = std::move(script);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  acceptor_.join();
  for (Peer& peer : peers_) peer.thread.join();
}

void ScriptedServer::accept_all() {
  while (wait_readable(listener_.get(), stopping_)) {
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    ++connections_;
    std::lock_guard lock(mutex_);
    peers_.remove_if([](Peer& peer) {
      if (!peer.done) return false;
      peer.thread.join();
      return true;
    });
    SERIN_ASSERT(peers_.size() < kConnectionsMax);
    Peer& peer = peers_.emplace_back();
    peer.thread = std::thread([this, &peer, fd = std::move(fd)]() mutable {
      Connection connection(std::move(fd), stopping_);
      script_(connection);
      connection.fd_.reset();
      peer.done = true;
    });
  }
}

}  // namespace serin::test
