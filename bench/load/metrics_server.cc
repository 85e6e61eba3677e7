#include "bench/load/metrics_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>

namespace serin::bench {
namespace {

std::int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
}

// A field of a form; "" where it is missing.
std::string form_field(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
    pair.remove_prefix(name.size() + 1);
    std::string text;
    for (std::size_t i = 0; i < pair.size(); ++i) {
      if (pair[i] == '%' && i + 2 < pair.size()) {
        text += static_cast<char>(16 * hex(pair[i + 1]) + hex(pair[i + 2]));
        i += 2;
      } else {
        text += pair[i] == '+' ? ' ' : pair[i];
      }
    }
    return text;
  }
  return "";
}

std::string body_for(std::string_view form) {
  constexpr std::string_view kNothing =
      R"({"status":"success","data":{"resultType":"matrix","result":[]}})";
  if (!form_field(form, "time").empty()) return std::string(kNothing);
  return metrics_answer(form_field(form, "query"), now_ms());
}

// Takes whole requests off the front of what came, and appends their answers.
void answer(std::string& in, std::string& out) {
  while (true) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = in.substr(0, end);
    std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
    std::size_t length = 0;
    constexpr std::string_view kLength = "content-length: ";
    if (const std::size_t at = head.find(kLength); at != std::string::npos) {
      std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
    }
    if (in.size() < end + 4 + length) return;
    const std::string body = body_for(std::string_view(in).substr(end + 4, length));
    out += "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
    in.erase(0, end + 4 + length);
  }
}

struct Connection {
  std::string in;
  std::string out;
};

// False where the peer has gone.
bool serve(int fd, Connection& connection) {
  std::array<char, 16384> bytes;
  while (true) {
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got < 0) break;
    connection.in.append(bytes.data(), static_cast<std::size_t>(got));
  }
  answer(connection.in, connection.out);
  while (!connection.out.empty()) {
    // Answers fit the socket's buffer, or serin reads on.
    const ssize_t sent = ::send(fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    connection.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

[[noreturn]] void run(int listener) {
  const int poll = ::epoll_create1(0);
  epoll_event wanted{.events = EPOLLIN, .data = {.fd = listener}};
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
  std::map<int, Connection> connections;
  std::array<epoll_event, 64> ready;
  while (true) {
    const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int accepted = ::accept(listener, nullptr, nullptr);
        if (accepted < 0) continue;
        const int on = 1;
        ::setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        wanted.data.fd = accepted;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &wanted);
        connections[accepted];
      } else if (!serve(fd, connections[fd])) {
        connections.erase(fd);
        ::close(fd);
      }
    }
  }
}

}  // namespace

std::optional<MetricsServer> MetricsServer::start() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, plain, size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, plain, &size) != 0) {
    return std::nullopt;
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    run(listener);
  }
  ::close(listener);
  if (pid < 0) return std::nullopt;
  return MetricsServer(pid, ntohs(address.sin_port));
}

MetricsServer::MetricsServer(MetricsServer&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), port_(other.port_) {}

MetricsServer::~MetricsServer() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace serin::bench
