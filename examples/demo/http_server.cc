#include "examples/demo/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "examples/demo/http_message.h"

namespace serin::demo {
namespace {

constexpr Duration kSweepEvery = std::chrono::seconds(5);
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);  // after running out of files

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

// A reset instead of an orderly end: what a client of a crashed process sees.
void reset_on_close(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

HttpServer::HttpServer(EventLoop& loop, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  sweep_timer_ = loop_.call_at(loop_.now() + kSweepEvery, [this] { sweep(); });
}

HttpServer::~HttpServer() {
  loop_.cancel(sweep_timer_);
  if (listener_.get() >= 0) loop_.forget(listener_.get());
  for (const auto& [id, peer] : peers_) loop_.forget(peer.fd.get());
}

Status HttpServer::bind(const std::string& address, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &name.sin_addr) != 1) {
    return fail(Code::invalid_argument, "address: \"" + address + "\" is no IPv4 address");
  }
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return fail(Code::unavailable, std::string("socket: ") + std::strerror(errno));
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  socklen_t length = sizeof name;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return fail(Code::unavailable,
                address + ":" + std::to_string(port) + ": " + std::strerror(errno));
  }
  port_ = ntohs(name.sin_port);
  listener_ = std::move(fd);
  return {};
}

Status HttpServer::listen() {
  SERIN_ASSERT(listener_.get() >= 0);
  if (::listen(listener_.get(), SOMAXCONN) != 0) {
    return fail(Code::unavailable, std::string("listen: ") + std::strerror(errno));
  }
  loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) { accept_all(); });
  return {};
}

void HttpServer::accept_all() {
  while (true) {
    Descriptor fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        loop_.change(listener_.get(), 0);
        loop_.call_at(loop_.now() + kAcceptPause, [this] {
          if (listener_.get() >= 0) loop_.change(listener_.get(), EPOLLIN);
        });
      }
      return;
    }
    if (refuse_ && refuse_()) {
      reset_on_close(fd.get());
      continue;
    }
    if (peers_.size() >= kConnectionsMax) continue;
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    const PeerId id = ++peers_made_;
    loop_.watch(fd.get(), EPOLLIN, [this, id](std::uint32_t events) { ready(id, events); });
    peers_.emplace(id, Peer{.fd = std::move(fd), .active = loop_.now()});
  }
}

void HttpServer::ready(PeerId id, std::uint32_t events) {
  Peer& peer = peers_.at(id);
  peer.active = loop_.now();
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return drop(id);
  if ((events & EPOLLIN) != 0) {
    if (!read_more(peer)) return drop(id);
  }
  pump(id);
}

bool HttpServer::read_more(Peer& peer) {
  std::array<char, 16384> bytes{};
  const ssize_t got = recv(peer.fd.get(), bytes.data(), bytes.size(), 0);
  if (got > 0) peer.in.append(bytes.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

// Takes requests and writes answers until one side has to be waited for. One request at a time: the
// next stays in `in` until the answer to this one is written.
void HttpServer::pump(PeerId id) {
  Peer& peer = peers_.at(id);
  if (peer.pumping) return;  // an answer from within take_request
  peer.pumping = true;
  while (true) {
    if (!flush(peer) || (peer.out.empty() && peer.closing)) return drop(id);
    if (peer.busy || !peer.out.empty()) break;
    const std::size_t before = peer.in.size();
    take_request(id, peer);
    if (peer.in.size() == before) break;
  }
  peer.pumping = false;
  const bool may_read = !peer.busy && peer.out.empty();
  loop_.change(peer.fd.get(), (may_read ? EPOLLIN : 0U) | (peer.out.empty() ? 0U : EPOLLOUT));
}

void HttpServer::take_request(PeerId id, Peer& peer) {
  const auto end = head_end(peer.in);
  if (!end && peer.in.size() <= kHeadBytesMax) return;
  if (!end || *end > kHeadBytesMax) return reject(id, peer, 431, "the head is too long");
  const auto head = parse_head(std::string_view(peer.in).substr(0, *end));
  if (!head) return reject(id, peer, 400, head.error().message);
  if (head->find("transfer-encoding") != nullptr) return reject(id, peer, 501, "chunked bodies");
  const auto length = head->content_length();
  if (!length) return reject(id, peer, 413, length.error().message);
  if (peer.in.size() < *end + *length) return;
  peer.in.erase(0, *end + *length);
  peer.keeps_alive = head->keeps_alive(head->first[2]);
  peer.wants_body = head->first[0] != "HEAD";
  peer.busy = true;
  const std::string& target = head->first[1];
  const Request request{.method = head->first[0], .path = target.substr(0, target.find('?'))};
  handler_(request, [this, id](const Response& response) { answer(id, response); });
}

void HttpServer::answer(PeerId id, const Response& response) {
  const auto found = peers_.find(id);
  if (found == peers_.end() || !found->second.busy) return;
  Peer& peer = found->second;
  peer.busy = false;
  peer.active = loop_.now();
  peer.closing = response.close || !peer.keeps_alive || done_;
  peer.out += "HTTP/1.1 " + std::to_string(response.status) + " ";
  peer.out += reason(response.status);
  peer.out += "\r\nContent-Type: " + response.type +
              "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.headers) {
    peer.out.append(name).append(": ").append(value).append("\r\n");
  }
  peer.out += peer.closing ? "Connection: close\r\n\r\n" : "\r\n";
  if (peer.wants_body) peer.out += response.body;
  pump(id);
}

// What can't be understood ends the connection: nobody knows where the next request would begin.
void HttpServer::reject(PeerId id, Peer& peer, int status, const std::string& why) {
  peer.in.clear();
  peer.busy = true;
  answer(id, {.status = status, .body = why + "\n", .close = true});
}

bool HttpServer::flush(Peer& peer) {
  while (!peer.out.empty()) {
    const ssize_t sent = send(peer.fd.get(), peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    peer.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpServer::drop(PeerId id) {
  const auto found = peers_.find(id);
  loop_.forget(found->second.fd.get());
  peers_.erase(found);
  if (done_ && peers_.empty()) std::exchange(done_, [] {})();
}

void HttpServer::sweep() {
  std::vector<PeerId> idle;
  for (const auto& [id, peer] : peers_) {
    if (!peer.busy && loop_.now() - peer.active > kIdleMax) idle.push_back(id);
  }
  for (const PeerId id : idle) drop(id);
  sweep_timer_ = loop_.call_at(loop_.now() + kSweepEvery, [this] { sweep(); });
}

void HttpServer::shut_down(Duration patience, std::function<void()> done) {
  if (done_) return;
  loop_.forget(listener_.get());
  listener_ = Descriptor();
  done_ = std::move(done);
  std::vector<PeerId> idle;
  for (auto& [id, peer] : peers_) {
    if (!peer.busy && peer.out.empty()) idle.push_back(id);
    peer.closing = peer.closing || !peer.out.empty();
  }
  for (const PeerId id : idle) drop(id);
  if (peers_.empty()) return std::exchange(done_, [] {})();
  loop_.call_at(loop_.now() + patience, [this] { std::exchange(done_, [] {})(); });
}

}  // namespace serin::demo
