// curl's multi handle on the loop: curl's sockets sit in an epoll set of their own, which the loop
// watches as one.
//
// curl closes its sockets itself and reuses their numbers; with one watched descriptor for all of
// them nothing of that reaches Asio. Internal to base/net.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>

#include "base/net/asio_loop.h"

namespace serin::net {

// Thread: loop-only.
class CurlMulti {
 public:
  // `done` is called from the loop for each transfer that ended, after which it still has to be
  // removed.
  using Done = std::function<void(CURL*, CURLcode)>;
  CurlMulti(AsioLoop& loop, long connections_max, Done done);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Begins a transfer; `done` is never called from within.
  void add(CURL* easy);
  // Ends it, whatever its state.
  void remove(CURL* easy);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace serin::net
