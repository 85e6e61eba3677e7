#include "support/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/net/fd.h"
#include "base/real_clock.h"

namespace serin::test {
namespace {

std::string join_chunks(std::string_view rest) {
  std::string body;
  while (true) {
    std::size_t line = rest.find("\r\n");
    if (line == std::string_view::npos) return body;
    std::size_t size = 0;
    std::from_chars(rest.data(), rest.data() + line, size, 16);
    rest.remove_prefix(line + 2);
    if (size == 0 || size > rest.size()) return body;
    body += rest.substr(0, size);
    rest.remove_prefix(std::min(rest.size(), size + 2));
  }
}

}  // namespace

std::string HttpReply::header(std::string_view name) const {
  for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at)) {
    at += 2;
    std::size_t colon = head.find(':', at);
    if (colon == std::string::npos) break;
    if (colon - at != name.size() ||
        ::strncasecmp(head.c_str() + at, name.data(), name.size()) != 0)
      continue;
    std::size_t begin = head.find_first_not_of(' ', colon + 1);
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return "";
}

std::string exchange(std::uint16_t port, std::string_view bytes, Duration patience) {
  RealClock clock;
  Instant end = clock.now().mono + patience;
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return "";
  while (!bytes.empty()) {
    ssize_t sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) break;  // it may have answered before it had read all
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::string received;
  std::array<char, 16'384> buffer{};
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock.now().mono).count();
    pollfd readable{fd.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) <= 0) break;
    ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) break;
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return received;
}

HttpReply http_ask(std::uint16_t port, std::string_view target, const HttpAsk& ask) {
  std::string text = ask.method + " " + std::string(target) +
                     " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                     "\r\nConnection: close\r\n";
  for (const auto& [name, value] : ask.headers) text += name + ": " + value + "\r\n";
  if (!ask.body.empty()) text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
  text += "\r\n" + ask.body;
  std::string received = exchange(port, text, ask.patience);
  HttpReply reply;
  std::size_t split = received.find("\r\n\r\n");
  if (split == std::string::npos || received.size() < 12 || !received.starts_with("HTTP/1."))
    return reply;
  std::from_chars(received.data() + 9, received.data() + 12, reply.status);
  reply.head = received.substr(0, split + 2);
  reply.body = received.substr(split + 4);
  if (reply.header("transfer-encoding") == "chunked") reply.body = join_chunks(reply.body);
  return reply;
}

}  // namespace serin::test
