// Ports on loopback for servers that must be told theirs.
//
//   Port port;                                        // ours until `port` ends, also against other
//   tests std::string bind = "bind 127.0.0.1:" + std::to_string(port.number());
//
// Ports lie below the range from which the kernel takes those of outgoing connections, and a lock
// file keeps two tests that run at the same time apart: what is free when chosen is free when the
// server binds it.
#pragma once

#include <cstdint>
#include <string>

#include "base/net/fd.h"

namespace serin::test {

// Thread: one owner.
class Port {
 public:
  Port();
  std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }
  // "127.0.0.1:PORT".
  std::string address() const { return "127.0.0.1:" + text(); }
  // "http://127.0.0.1:PORT" and the path behind it.
  std::string url(const std::string& path = "") const { return "http://" + address() + path; }

 private:
  std::uint16_t number_ = 0;
  Fd lock_;
};

// True where something accepts connections on 127.0.0.1:port.
bool listens(std::uint16_t port);

}  // namespace serin::test
