#include "base/net/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstring>

namespace serin {
namespace {

// The storage seen as the address of its family.
template <class T>
T& as(SocketAddress& address) {
  static_assert(sizeof(T) <= sizeof address.storage);
  return reinterpret_cast<T&>(address.storage);
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  auto wrong = [&] {
    return fail(
        Code::invalid_argument,
        "\"" + std::string(text) + "\" is no socket: /PATH, unix:/PATH or ADDRESS:PORT is wanted");
  };
  Endpoint endpoint;
  std::string_view path = text.starts_with("unix:") ? text.substr(5) : text;
  if (path.starts_with('/')) {
    endpoint.unix_path = path;
  } else {
    std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    std::string_view host = text.substr(0, colon);
    std::string_view digits = text.substr(colon + 1);
    if (host == "localhost") host = "127.0.0.1";
    bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    bool v6 = host.find(':') != std::string_view::npos;
    if (error != std::errc() || stop != digits.data() + digits.size() || v6 != bracketed)
      return wrong();
    endpoint.address = host;
  }
  SERIN_TRY(checked, socket_address(endpoint));
  static_cast<void>(checked);
  return endpoint;
}

std::string Endpoint::to_string() const {
  if (!unix_path.empty()) return unix_path;
  bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<SocketAddress> socket_address(const Endpoint& endpoint) {
  SocketAddress address;
  if (!endpoint.unix_path.empty()) {
    auto& local = as<sockaddr_un>(address);
    if (endpoint.unix_path.size() >= sizeof local.sun_path) {
      return fail(Code::invalid_argument, endpoint.unix_path + ": longer than the " +
                                              std::to_string(sizeof local.sun_path - 1) +
                                              " bytes that a Unix socket's path may have");
    }
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, endpoint.unix_path.c_str(), endpoint.unix_path.size() + 1);
    address.size = sizeof local;
  } else if (auto& v4 = as<sockaddr_in>(address);
             ::inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    address.size = sizeof v4;
  } else if (auto& v6 = as<sockaddr_in6>(address);
             ::inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    address.size = sizeof v6;
  } else {
    return fail(Code::invalid_argument, "\"" + endpoint.address + "\" is no IP address");
  }
  return address;
}

Endpoint endpoint_of(const SocketAddress& address) {
  SocketAddress copy = address;
  Endpoint endpoint;
  std::array<char, INET6_ADDRSTRLEN> digits{};
  if (copy.storage.ss_family == AF_INET) {
    auto& v4 = as<sockaddr_in>(copy);
    endpoint.port = ntohs(v4.sin_port);
    endpoint.address = ::inet_ntop(AF_INET, &v4.sin_addr, digits.data(), digits.size());
  } else if (copy.storage.ss_family == AF_INET6) {
    auto& v6 = as<sockaddr_in6>(copy);
    endpoint.port = ntohs(v6.sin6_port);
    endpoint.address = ::inet_ntop(AF_INET6, &v6.sin6_addr, digits.data(), digits.size());
  } else if (copy.storage.ss_family == AF_UNIX) {
    endpoint.unix_path = as<sockaddr_un>(copy).sun_path;
  }
  return endpoint;
}

}  // namespace serin
