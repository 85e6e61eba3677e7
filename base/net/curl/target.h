// Where a request goes and whether it may be sent at all. Internal to base/net.
#pragma once

#include <memory>
#include <string>

#include "base/net/http_client.h"

namespace serin::net {

struct Target {
  // "http://127.0.0.1:9090", or "http://name:80 over /path/of.sock". Holds no secret.
  std::string origin;
  bool is_loopback = false;
  Secrets secrets{};  // of this request: what its messages must not show
};

// Errors: invalid_argument, for a URL that is none or not http, and for what would break out of its
// header line.
Result<std::unique_ptr<Target>> read_target(const HttpRequest& request);

bool is_idempotent(const HttpRequest& request);

}  // namespace serin::net
