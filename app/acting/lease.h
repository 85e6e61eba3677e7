// Answers the check of HAProxy's lease backend: 200 while serin steers, 503 while it may not, and
// nothing once it is gone. The canary's traffic hangs on that (`onEngineLoss: stable`).
//
//   SERIN_TRY(lease, LeaseServer::listen(loop, "127.0.0.1:9477", [&] { return
//   router.lease_granted(); }));
//
// It answers from the loop: where that stands still, so does the answer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/net/http_server.h"

namespace serin::app {

// Thread: loop-only.
class LeaseServer {
 public:
  static constexpr const char* kPath = "/lease";
  using Answer = std::move_only_function<void(bool granted)>;

  // Errors: invalid_argument (no address), unavailable (it can't be had: the message says what to
  // change).
  static Result<std::unique_ptr<LeaseServer>> listen(AsioLoop& loop, const std::string& address,
                                                     std::function<void(Answer)> ask);
  const Endpoint& endpoint() const { return server_->endpoint(); }

 private:
  LeaseServer() = default;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace serin::app
