// Where a stream socket listens: a path, or an IP address with a port. Names are not looked up.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace serin {

// Thread: immutable.
struct Endpoint {
  std::string unix_path{};  // where not empty, it counts
  std::string address{};    // an IP address in digits
  std::uint16_t port = 0;   // 0: to listen on one that the kernel chooses

  // "unix:/run/a.sock" or "/run/a.sock", "127.0.0.1:9999", "[::1]:9999", "localhost:9999"
  // (127.0.0.1). Errors: invalid_argument.
  static Result<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  bool operator==(const Endpoint&) const = default;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
// Errors: invalid_argument (no IP address, path too long for a Unix socket).
Result<SocketAddress> socket_address(const Endpoint& endpoint);
// The other way; an address of another family gives an empty Endpoint.
Endpoint endpoint_of(const SocketAddress& address);

}  // namespace serin
