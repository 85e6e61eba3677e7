// A socket that listens, and for a Unix socket the file it stands for.
//
//   SERIN_TRY(listener, Listener::open({.address = "127.0.0.1", .port = 0}));
//   listener.endpoint().port;                       // the kernel's choice
//
//   Acceptor acceptor(loop, std::move(listener), [&](Fd peer) { … });
//
// A socket that can't be had is an error, never another port.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "base/net/endpoint.h"
#include "base/net/fd.h"

namespace serin {

class AsioLoop;

// Thread: one owner.
class Listener {
 public:
  // A Unix socket's file gets `mode` from the moment it exists, and takes the place of a socket
  // file on which nobody listens. Errors: failed_precondition (somebody listens there, or the path
  // is something else than a socket), invalid_argument (see socket_address), permission_denied,
  // not_found (no such directory), unavailable.
  static Result<Listener> open(const Endpoint& endpoint, mode_t mode = 0600);

  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener() { close(); }

  // Where it listens: with the port that was chosen.
  const Endpoint& endpoint() const { return endpoint_; }
  int fd() const { return fd_.get(); }  // non-blocking, close-on-exec
  // Removes the socket file, and lets others listen here.
  void close();

 private:
  Listener(Fd fd, Fd lock, Endpoint endpoint)
      : fd_(std::move(fd)), lock_(std::move(lock)), endpoint_(std::move(endpoint)) {}
  Fd fd_;
  Fd lock_;  // of the lock file beside a Unix socket; held for as long as the socket file is ours
  Endpoint endpoint_;
};

// Takes the connections that come. Thread: loop-only.
class Acceptor {
 public:
  // `accepted` gets each connection (non-blocking, close-on-exec). Where there are no descriptors
  // left, those that wait are taken later.
  Acceptor(AsioLoop& loop, Listener listener, std::function<void(Fd peer)> accepted);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace serin
