// The small texts of the network: HAProxy's tables, sockets' addresses, queries, Retry-After. The
// first byte chooses which.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/net/endpoint.h"
#include "base/net/haproxy_socket.h"
#include "base/net/haproxy_tables.h"
#include "base/net/http_server.h"
#include "base/net/retry.h"

namespace {

void walk(const serin::HaproxyTable& table) {
  for (std::size_t row = 0; row < std::min<std::size_t>(table.rows(), 8); ++row) {
    for (std::size_t i = 0; i < std::min<std::size_t>(table.columns().size(), 8); ++i) {
      const std::string& column = table.columns()[i];
      SERIN_ASSERT(table.find(column, table.get(row, column), column, table.get(row, column)));
      static_cast<void>(table.number(row, column));
    }
  }
}

void try_tables(std::string_view text) {
  if (const auto table = serin::HaproxyTable::parse_stat(text)) walk(*table);
  if (const auto table = serin::HaproxyTable::parse_servers_state(text)) walk(*table);
  if (const auto info = serin::HaproxyInfo::parse(text)) static_cast<void>(info->number("Pid"));
  const auto status = serin::haproxy_set_status(text);
  SERIN_ASSERT(status.has_value() == (text.find_first_not_of(" \t\r\n") == std::string_view::npos));
  static_cast<void>(serin::haproxy_only_asks(text));
}

void try_endpoint(std::string_view text) {
  const auto endpoint = serin::Endpoint::parse(text);
  if (!endpoint) return;
  const auto again = serin::Endpoint::parse(endpoint->to_string());
  SERIN_ASSERT(again.has_value() && *again == *endpoint);
}

void try_query(std::string_view text) {
  const auto decoded = serin::percent_decode(text, true);
  SERIN_ASSERT(!decoded || decoded->size() <= text.size());
  serin::HttpServerRequest request{.query = std::string(text)};
  const std::string name(text.substr(0, text.find('=')));
  static_cast<void>(request.parameter(name));
}

void try_retry_after(std::string_view text) {
  const auto wait = serin::parse_retry_after(text, serin::from_unix_ms(1'700'000'000'000));
  SERIN_ASSERT(!wait || *wait >= serin::Duration::zero());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      try_tables(text);
      break;
    case 1:
      try_endpoint(text);
      break;
    case 2:
      try_query(text);
      break;
    default:
      try_retry_after(text);
      break;
  }
  return 0;
}
