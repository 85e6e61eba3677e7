// HAProxy's own numbers as series: what its exporter for Prometheus shows, and latencies that a
// stick table counts, both from the admin socket.
//
//   SERIN_TRY(table, HaproxyTable::parse_stat(csv));
//   append_server_series(table, {.backend = "be", .instance = "/run/haproxy.sock"}, now, readings);
//   SERIN_CHECK(append_latency_series(text, options, now, readings));
//
// Names and labels (`proxy`, `server`, `code`) are the exporter's, so that one selector fits both
// ways. `up` is 1 for a server that HAProxy does not hold for down. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/net/haproxy_tables.h"
#include "queries/samples.h"

namespace serin::haproxy {

inline constexpr std::size_t kLatencyBucketsMax = 64;

struct CounterOptions {
  std::vector<std::string> backends{};  // whose servers are read
  std::string instance{};               // label `instance`: which HAProxy
  // The stick table that counts latencies ("" for none): key is the server's name, gpc0 counts all
  // responses, gpc1 those within bounds[0] seconds, and so on.
  std::string latency_table{};
  std::vector<double> bounds{};
};

// Errors: invalid_argument (no backend, bounds that do not ascend, too many of them, a table
// without bounds or a name that is none).
Status check(const CounterOptions& options);

struct Reading {
  queries::Labels labels;
  double value = 0;
};

// Counters and gauges of every server of the backends; what this version of HAProxy lacks is left
// out.
void append_server_series(const HaproxyTable& stat, const CounterOptions& options,
                          std::vector<Reading>& readings);

// haproxy_server_latency_seconds_bucket{server,le} and …_count from the answer to `show table`.
// Errors: data_loss (not the answer of a table with general purpose counters).
Status append_latency_series(std::string_view answer, const CounterOptions& options,
                             std::vector<Reading>& readings);

// {"canary":{"status":"UP","weight":5,"requests":…,"errors":…,…},…}: the totals, for threshold
// rules.
Json servers_json(const HaproxyTable& stat, const CounterOptions& options);

}  // namespace serin::haproxy
