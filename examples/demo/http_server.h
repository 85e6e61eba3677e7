// A small HTTP/1.1 server on an EventLoop: keep-alive, answers whenever the handler has one, every
// bound named.
//
//   HttpServer server(loop, [](const Request& request, HttpServer::Answer answer) {
//     answer({.status = 200, .body = "hello\n"});       // now or later, once
//   });
//   SERIN_CHECK(server.bind("127.0.0.1", 0));
//   SERIN_CHECK(server.listen());
//
// Requests on one connection are answered in turn. No TLS, no chunked bodies, IPv4 only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "examples/demo/event_loop.h"

namespace serin::demo {

inline constexpr std::size_t kConnectionsMax = 4096;  // more are closed at once
inline constexpr Duration kIdleMax = std::chrono::seconds(60);

struct Request {
  std::string method;
  std::string path;  // without the query
};

struct Response {
  int status = 200;
  std::string body{};
  std::string type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers{};
  bool close = false;  // ends the connection behind it
};

class HttpServer {
 public:
  using Answer = std::function<void(const Response&)>;  // one that comes too late is dropped
  using Handler = std::function<void(const Request&, Answer)>;

  HttpServer(EventLoop& loop, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Takes the port without answering on it yet: connections are refused. 0 lets the kernel choose.
  // Errors: invalid_argument (no IPv4 address), unavailable (the port is taken).
  Status bind(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  Status listen();

  // Asked for each new connection: true resets it at once.
  void refuse_if(std::function<bool()> refuse) { refuse_ = std::move(refuse); }

  // Takes no more connections, ends idle ones, and calls `done` when the last answer is out or
  // after `patience`.
  void shut_down(Duration patience, std::function<void()> done);

 private:
  struct Peer {
    Descriptor fd;
    std::string in{};
    std::string out{};
    bool busy = false;     // the handler owes an answer
    bool closing = false;  // ends when `out` is written
    bool keeps_alive = false;
    bool wants_body = true;  // false: HEAD
    bool pumping = false;
    Instant active{};
  };
  using PeerId = std::uint64_t;

  void accept_all();
  void ready(PeerId id, std::uint32_t events);
  bool read_more(Peer& peer);  // false: the peer is gone
  bool flush(Peer& peer);      // false: the peer is gone
  void pump(PeerId id);
  void take_request(PeerId id, Peer& peer);
  void answer(PeerId id, const Response& response);
  void reject(PeerId id, Peer& peer, int status, const std::string& why);
  void drop(PeerId id);
  void sweep();

  EventLoop& loop_;
  Handler handler_;
  std::function<bool()> refuse_;
  std::function<void()> done_;  // set once it shuts down
  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::unordered_map<PeerId, Peer> peers_;
  PeerId peers_made_ = 0;
  EventLoop::Timer sweep_timer_{};
};

}  // namespace serin::demo
