#include "drivers/routers/haproxy/options.h"

#include <fmt/format.h>

#include <set>

namespace serin::drivers {
namespace {

constexpr std::string_view kNotInWords = " \t\r\n;\\\"'#<>";

Status check_word(const std::string& value, const char* field) {
  if (value.empty()) {
    return fail(Code::invalid_argument, fmt::format("trafficRouting.haproxy.{} is needed", field));
  }
  if (value.find_first_of(kNotInWords) != std::string::npos) {
    return fail(Code::invalid_argument,
                fmt::format("trafficRouting.haproxy.{} '{}': blanks, quotes, ';', '#', '<' and '>' "
                            "can't be sent to HAProxy's socket",
                            field, value));
  }
  return {};
}

}  // namespace

Status check(const HaproxyOptions& options) {
  if (options.sockets.empty()) {
    return fail(Code::invalid_argument, "trafficRouting.haproxy.socket is needed");
  }
  if (options.leased()) SERIN_CHECK(check_word(options.lease_backend, "lease.backend"));
  if (options.map_layout()) {
    SERIN_CHECK(check_word(options.map, "map"));
    SERIN_CHECK(check_word(options.key, "key"));
    if (!options.match_map.empty()) SERIN_CHECK(check_word(options.match_map, "matchMap"));
    SERIN_CHECK(check_word(options.stable_backend, "stableBackend"));
    SERIN_CHECK(check_word(options.canary_backend, "canaryBackend"));
    if (options.stable_backend == options.canary_backend) {
      return fail(Code::invalid_argument,
                  fmt::format("trafficRouting.haproxy: stableBackend and canaryBackend are both "
                              "'{}'",
                              options.stable_backend));
    }
    return {};
  }
  SERIN_CHECK(check_word(options.backend, "backend"));
  if (options.stable_servers.empty() || options.canary_servers.empty()) {
    return fail(Code::invalid_argument,
                "trafficRouting.haproxy needs stable and canary servers, or map, "
                "stableBackend and canaryBackend");
  }
  std::set<std::string_view> names;
  for (const auto& [servers, field] : {std::pair(&options.stable_servers, "stable"),
                                       std::pair(&options.canary_servers, "canary")}) {
    for (const std::string& server : *servers) {
      SERIN_CHECK(check_word(server, field));
      if (names.insert(server).second) continue;
      return fail(Code::invalid_argument,
                  fmt::format("trafficRouting.haproxy: server '{}' is named twice", server));
    }
  }
  return {};
}

}  // namespace serin::drivers
