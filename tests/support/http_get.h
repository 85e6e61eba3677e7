// The plainest HTTP/1.1 client there is: blocking, one request a connection, independent of serin's
// own client.
//
//   HttpReply reply = http_get(port.number(), "/-/ready");
//   EXPECT_EQ(reply.status, 200);
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/wait.h"

namespace serin::test {

struct HttpReply {
  int status = 0;    // 0: no answer (refused, closed, too late)
  std::string head;  // status line and headers as they came
  std::string body;  // chunks are joined
  // The first header of that name, whatever its case; "" where there is none.
  std::string header(std::string_view name) const;
};

struct HttpAsk {
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  Duration patience = kPatience;
};

HttpReply http_ask(std::uint16_t port, std::string_view target, const HttpAsk& ask);
inline HttpReply http_get(std::uint16_t port, std::string_view target) {
  return http_ask(port, target, {});
}

// Sends `bytes` to a port on loopback and returns all that comes until the other side closes.
std::string exchange(std::uint16_t port, std::string_view bytes, Duration patience = kPatience);

}  // namespace serin::test
