// A server on a Unix socket that answers one line with one line: the control socket of a running
// serin.
//
//   SERIN_TRY(server, LineServer::listen(loop, "/run/serin/serin.sock", {}, [&](std::string line,
//   LineReply reply) {
//     reply(handle(line));                                   // now or later, on the loop thread
//   }));
//
// Requests of one connection are answered one after the other, those of several side by side. Lines
// hold no line break, which is all it knows of them; its own errors are JSON (error_line). Whoever
// can open the file may ask: the file's mode is the access control.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/result.h"

namespace serin {

class AsioLoop;

inline constexpr std::size_t kLineRequestMax = std::size_t{4}
                                               << 20U;  // bytes of a request; the default
inline constexpr std::size_t kLineClientsMax = 64;      // connections at a time; the default

// Answers the request it came with: a line without its break. Called at most once; dropped
// uncalled, the client gets an error, and where the client has gone nothing happens. Thread: loop.
class LineReply {
 public:
  explicit LineReply(std::move_only_function<void(std::string)> send) : send_(std::move(send)) {}
  LineReply(LineReply&& other) noexcept : send_(std::exchange(other.send_, nullptr)) {}
  LineReply& operator=(LineReply&&) = delete;
  ~LineReply();
  void operator()(std::string line) {
    if (auto send = std::exchange(send_, nullptr)) send(std::move(line));
  }

 private:
  std::move_only_function<void(std::string)> send_;
};

struct LineServerOptions {
  std::size_t request_max = kLineRequestMax;
  std::size_t clients_max = kLineClientsMax;
  Duration patience =
      std::chrono::seconds(10);  // for a client to finish its line, and to take its answer
  mode_t mode = 0600;
};

// Thread: loop-only.
class LineServer {
 public:
  using Handler = std::function<void(std::string line, LineReply reply)>;

  // Errors: see Listener::open.
  static Result<std::unique_ptr<LineServer>> listen(AsioLoop& loop, const std::string& path,
                                                    LineServerOptions options, Handler handler);
  // Closes all connections and removes the socket file.
  ~LineServer();
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  std::size_t clients() const;

 private:
  struct Impl;
  explicit LineServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

// {"error":{"code":"not_found","message":"…"}}
std::string error_line(const Error& error);

}  // namespace serin
