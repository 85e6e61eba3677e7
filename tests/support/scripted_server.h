// A server whose every byte the test decides: for answers that no well-behaved server gives.
//
//   ScriptedServer server([](Connection& peer) {
//     peer.read_until("\r\n\r\n");
//     peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");   // and closes: truncated
//   });
//   client.get(server.url("/"));
//
// A thread a connection, at most kConnectionsMax at a time; the destructor closes them all and
// waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/net/fd.h"

namespace serin::test {

class Connection {
 public:
  Connection(Fd fd, const std::atomic<bool>& stopping) : fd_(std::move(fd)), stopping_(stopping) {}
  // What came up to and including `end`; what came behind it is kept for the next call. "" when the
  // peer is gone.
  std::string read_until(std::string_view end);
  // One HTTP request: its head, and its body by content-length. "" when the peer is gone.
  std::string read_request();
  bool write(std::string_view bytes);
  // An answer of status 200 (or another), with content-length.
  bool reply(std::string_view body, std::string_view status = "200 OK",
             std::string_view headers = "");
  // Keeps silent until the peer closes or the server ends.
  void hang();
  // Ends the connection with a reset instead of an orderly close.
  void reset();

 private:
  friend class ScriptedServer;
  Fd fd_;
  std::string buffer_;
  const std::atomic<bool>& stopping_;
};

class ScriptedServer {
 public:
  using Script = std::function<void(Connection&)>;
  static constexpr std::size_t kConnectionsMax = 256;

  // Listens on 127.0.0.1, on a port that the kernel chose. `script` runs for each connection, on a
  // thread of its own.
  explicit ScriptedServer(Script script);
  // Listens on a Unix socket.
  ScriptedServer(const std::string& socket_path, Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int connections() const { return connections_; }  // accepted so far

 private:
  struct Peer;
  void start(Script script);
  void accept_all();

  Fd listener_;
  std::uint16_t port_ = 0;
  Script script_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::list<Peer> peers_;
  std::thread acceptor_;
};

}  // namespace serin::test
