#include "providers/haproxy/counters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace serin::haproxy {
namespace {

using queries::Labels;

struct Column {
  std::string_view name;
  std::string_view metric;
};

constexpr auto kColumns = std::to_array<Column>({
    {"bin", "haproxy_server_bytes_in_total"},
    {"bout", "haproxy_server_bytes_out_total"},
    {"chkfail", "haproxy_server_check_failures_total"},
    {"cli_abrt", "haproxy_server_client_aborts_total"},
    {"connect", "haproxy_server_connection_attempts_total"},
    {"econ", "haproxy_server_connection_errors_total"},
    {"eint", "haproxy_server_internal_errors_total"},
    {"eresp", "haproxy_server_response_errors_total"},
    {"lbtot", "haproxy_server_loadbalanced_total"},
    {"qcur", "haproxy_server_current_queue"},
    {"reuse", "haproxy_server_connection_reuses_total"},
    {"scur", "haproxy_server_current_sessions"},
    {"srv_abrt", "haproxy_server_server_aborts_total"},
    {"stot", "haproxy_server_sessions_total"},
    {"uweight", "haproxy_server_uweight"},
    {"weight", "haproxy_server_weight"},
    {"wredis", "haproxy_server_redispatch_warnings_total"},
    {"wretr", "haproxy_server_retry_warnings_total"},
});

constexpr std::array<std::string_view, 6> kCodes{"1xx", "2xx", "3xx", "4xx", "5xx", "other"};

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:").find(c) != std::string_view::npos;
  });
}

// The rows of servers of the backends.
template <class F>
void each_server(const HaproxyTable& stat, const CounterOptions& options, const F& f) {
  for (std::size_t row = 0; row < stat.rows(); ++row) {
    const std::string_view server = stat.get(row, "svname");
    if (server.empty() || server == "FRONTEND" || server == "BACKEND") continue;
    if (std::ranges::find(options.backends, stat.get(row, "pxname")) == options.backends.end()) {
      continue;
    }
    f(row, server);
  }
}

bool is_down(std::string_view status) {
  return status.starts_with("DOWN");
}

// The number behind "name=" among the words of a line.
std::optional<double> counter_of(std::string_view line, const std::string& name) {
  const std::string wanted = " " + name + "=";
  const std::size_t at = line.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view digits = line.substr(at + wanted.size());
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end == digits.data()) return std::nullopt;
  return value;
}

}  // namespace

Status check(const CounterOptions& options) {
  if (options.backends.empty()) {
    return fail(Code::invalid_argument, "haproxy: no backend is named");
  }
  if (options.latency_table.empty() != options.bounds.empty()) {
    return fail(Code::invalid_argument,
                "haproxy: latencies need both the stick table's name and its buckets");
  }
  if (!options.latency_table.empty() && !is_word(options.latency_table)) {
    return fail(Code::invalid_argument,
                fmt::format("haproxy: '{}' is no name of a table", options.latency_table));
  }
  if (options.bounds.size() > kLatencyBucketsMax) {
    return fail(Code::invalid_argument, fmt::format("haproxy: {} buckets, at most {} are possible",
                                                    options.bounds.size(), kLatencyBucketsMax));
  }
  double before = 0;
  for (double bound : options.bounds) {
    if (!(bound > before) || !std::isfinite(bound)) {
      return fail(Code::invalid_argument,
                  "haproxy: the buckets' bounds are seconds above 0, in ascending order");
    }
    before = bound;
  }
  return {};
}

void append_server_series(const HaproxyTable& stat, const CounterOptions& options,
                          std::vector<Reading>& readings) {
  each_server(stat, options, [&](std::size_t row, std::string_view server) {
    Labels labels{{"instance", options.instance},
                  {"proxy", std::string(stat.get(row, "pxname"))},
                  {"server", std::string(server)}};
    const auto add = [&](std::string_view metric, double value) {
      Labels named = labels;
      named.set(queries::kNameLabel, metric);
      readings.push_back({std::move(named), value});
    };
    add("up", is_down(stat.get(row, "status")) ? 0 : 1);
    for (const Column& column : kColumns) {
      if (const auto value = stat.number(row, column.name)) {
        add(column.metric, static_cast<double>(*value));
      }
    }
    for (std::string_view code : kCodes) {
      if (const auto value = stat.number(row, fmt::format("hrsp_{}", code))) {
        Labels coded = labels;
        coded.set(queries::kNameLabel, "haproxy_server_http_responses_total");
        coded.set("code", code);
        readings.push_back({std::move(coded), static_cast<double>(*value)});
      }
    }
  });
}

Status append_latency_series(std::string_view answer, const CounterOptions& options,
                             std::vector<Reading>& readings) {
  if (!answer.starts_with("# table: ")) {
    return fail(Code::data_loss,
                fmt::format("haproxy: the stick table {} can't be read: {}", options.latency_table,
                            answer.substr(0, std::min<std::size_t>(answer.find('\n'), 120))));
  }
  while (!answer.empty()) {
    const std::size_t end = std::min(answer.find('\n'), answer.size());
    const std::string_view line = answer.substr(0, end);
    answer.remove_prefix(std::min(end + 1, answer.size()));
    const std::size_t key = line.find(" key=");
    if (line.starts_with('#') || key == std::string_view::npos) continue;
    const std::string_view rest = line.substr(key + 5);
    Labels labels{{"instance", options.instance},
                  {"server", std::string(rest.substr(0, rest.find(' ')))}};
    const auto total = counter_of(line, "gpc0");
    if (!total) {
      return fail(Code::data_loss,
                  fmt::format("haproxy: the stick table {} stores no gpc counters: it needs "
                              "`store gpc({})`",
                              options.latency_table, options.bounds.size() + 1));
    }
    const auto add = [&](std::string_view metric, std::string_view le, double value) {
      Labels named = labels;
      named.set(queries::kNameLabel, metric);
      named.set("le", le);
      readings.push_back({std::move(named), value});
    };
    for (std::size_t i = 0; i < options.bounds.size(); ++i) {
      const auto within = counter_of(line, fmt::format("gpc{}", i + 1));
      if (!within) {
        return fail(
            Code::data_loss,
            fmt::format("haproxy: the stick table {} has no gpc{} for the bucket up to {} s",
                        options.latency_table, i + 1, options.bounds[i]));
      }
      add("haproxy_server_latency_seconds_bucket", format_double(options.bounds[i]), *within);
    }
    add("haproxy_server_latency_seconds_bucket", "+Inf", *total);
    add("haproxy_server_latency_seconds_count", "", *total);
  }
  return {};
}

Json servers_json(const HaproxyTable& stat, const CounterOptions& options) {
  Json servers = Json::object();
  each_server(stat, options, [&](std::size_t row, std::string_view server) {
    const auto number = [&](std::string_view column) {
      return stat.number(row, column).value_or(0);
    };
    servers.set(server, Json::object()
                            .set("status", stat.get(row, "status"))
                            .set("weight", number("weight"))
                            .set("requests", number("lbtot"))
                            .set("responses5xx", number("hrsp_5xx"))
                            .set("connectionErrors", number("econ"))
                            .set("responseErrors", number("eresp"))
                            .set("retries", number("wretr"))
                            .set("redispatches", number("wredis"))
                            .set("sessions", number("scur"))
                            .set("queue", number("qcur")));
  });
  return servers;
}

}  // namespace serin::haproxy
