#include "drivers/routers/haproxy/readback.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/net/haproxy_tables.h"
#include "drivers/routers/haproxy/weights.h"

namespace serin::drivers {
namespace {

using rollout::Slot;

constexpr int kRunning = 2;  // srv_op_state
constexpr int kAnyMaintenance =
    0x01 | 0x02 | 0x04 | 0x20;  // srv_admin_state: forced, inherited, configured, resolution
constexpr int kAnyDrain = 0x08 | 0x10;

double count_in(const HaproxyTable& stat, std::size_t row, std::string_view column) {
  return static_cast<double>(stat.number(row, column).value_or(0));
}

rollout::SlotCounts counts_of(const HaproxyTable& stat, std::size_t row) {
  rollout::SlotCounts counts;
  counts.requests = std::max(count_in(stat, row, "req_tot"), count_in(stat, row, "stot"));
  counts.responses_5xx = count_in(stat, row, "hrsp_5xx");
  counts.connect_errors = count_in(stat, row, "econ");
  counts.response_errors = count_in(stat, row, "eresp");
  counts.retries = count_in(stat, row, "wretr");
  counts.redispatches = count_in(stat, row, "wredis");
  return counts;
}

// The slot of a server by the configuration, or nothing.
std::optional<Slot> slot_of(const HaproxyOptions& options, std::string_view backend,
                            std::string_view server) {
  bool stable = false;
  bool canary = false;
  if (options.map_layout()) {
    stable = backend == options.stable_backend;
    canary = backend == options.canary_backend;
  } else if (backend == options.backend) {
    auto in = [&](const auto& names) {
      return std::find(names.begin(), names.end(), server) != names.end();
    };
    stable = in(options.stable_servers);
    canary = in(options.canary_servers);
  }
  if (!stable && !canary) return std::nullopt;
  return stable != options.swapped ? Slot::stable : Slot::canary;
}

std::string names_in(const HaproxyTable& state, std::string_view column) {
  std::string names;
  std::string_view last;
  for (std::size_t row = 0; row < state.rows(); ++row) {
    std::string_view name = state.get(row, column);
    if (name == last) continue;
    names += names.empty() ? "" : ", ";
    names += name;
    last = name;
  }
  return names.empty() ? "none" : names;
}

Status check_names(const HaproxyOptions& options, const HaproxyTable& state) {
  for (const std::string* backend :
       {&options.backend, &options.stable_backend, &options.canary_backend}) {
    if (backend->empty() || state.find("be_name", *backend, "be_name", *backend)) continue;
    return fail(Code::invalid_argument,
                fmt::format("HAProxy has no backend '{}' with servers (it has: {})", *backend,
                            names_in(state, "be_name")));
  }
  if (options.map_layout()) return {};
  for (const auto* names : {&options.stable_servers, &options.canary_servers}) {
    for (const std::string& server : *names) {
      if (state.find("be_name", options.backend, "srv_name", server)) continue;
      return fail(Code::invalid_argument,
                  fmt::format("HAProxy's backend '{}' has no server '{}' (servers: {})",
                              options.backend, server, names_in(state, "srv_name")));
    }
  }
  return {};
}

// `show map`: "0x55d… key value" a line.
void read_map(const HaproxyOptions& options, std::string_view text, HaproxyReadback& out) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::size_t first = line.find(' ');
    std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos ||
        line.substr(first + 1, second - first - 1) != options.key)
      continue;
    std::string_view value = line.substr(second + 1);
    int units = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), units);
    if (error != std::errc()) continue;
    units = std::clamp(units, 0, rollout::Weight::kFull);
    out.map_has_key = true;
    out.map_units = options.swapped ? rollout::Weight::kFull - units : units;
  }
}

}  // namespace

std::string backend_of(const HaproxyOptions& options, Slot slot) {
  if (!options.map_layout()) return options.backend;
  return (slot == Slot::stable) != options.swapped ? options.stable_backend
                                                   : options.canary_backend;
}

Result<HaproxyReadback> read_back(const HaproxyOptions& options, const HaproxyAnswers& answers) {
  SERIN_TRY(info, HaproxyInfo::parse(answers.info));
  SERIN_TRY(stat, HaproxyTable::parse_stat(answers.stat));
  SERIN_TRY(state, HaproxyTable::parse_servers_state(answers.servers));
  SERIN_CHECK(check_names(options, state));
  HaproxyReadback out;
  out.map_layout = options.map_layout();
  out.instance = fmt::format("{}/{}", info.get("Pid"), info.get("Start_time_sec"));
  for (std::size_t row = 0; row < state.rows(); ++row) {
    std::string_view backend = state.get(row, "be_name");
    std::string_view name = state.get(row, "srv_name");
    std::optional<Slot> slot = slot_of(options, backend, name);
    if (!slot) continue;
    HaproxyServer server{
        .backend = std::string(backend), .name = std::string(name), .slot = *slot, .counts = {}};
    auto admin = static_cast<int>(state.number(row, "srv_admin_state").value_or(0));
    server.maintenance = (admin & kAnyMaintenance) != 0;
    server.draining = (admin & kAnyDrain) != 0;
    server.up = state.number(row, "srv_op_state").value_or(0) == kRunning && !server.maintenance;
    server.weight = static_cast<int>(state.number(row, "srv_uweight").value_or(0));
    server.file_weight = static_cast<int>(state.number(row, "srv_iweight").value_or(0));
    if (auto in_stat = stat.find("pxname", backend, "svname", name)) {
      server.counts = counts_of(stat, *in_stat);
      server.checked = !stat.get(*in_stat, "check_status").empty();
      // A server that is taken out is not checked just now.
      if (server.maintenance) server.checked = true;
    }
    out.servers.push_back(std::move(server));
  }
  if (options.map_layout()) read_map(options, answers.map, out);
  return out;
}

rollout::Weight HaproxyReadback::share() const {
  double sums[2] = {0, 0};
  for (const HaproxyServer& server : servers) {
    if (!server.up || server.draining) continue;
    sums[server.slot == Slot::canary ? 1 : 0] += server.weight;
  }
  if (!map_layout) return share_of(sums[0], sums[1]);
  return rollout::Weight::from_units(map_units);  // whether or not a server could answer
}

rollout::SlotState HaproxyReadback::slot(Slot slot) const {
  rollout::SlotState state;
  for (const HaproxyServer& server : servers) {
    if (server.slot != slot) continue;
    ++state.servers_total;
    if (server.up) ++state.servers_ready;
    if (!server.maintenance) state.in_service = true;
    if (server.checked) state.health_known = true;
    state.counts.requests += server.counts.requests;
    state.counts.responses_5xx += server.counts.responses_5xx;
    state.counts.connect_errors += server.counts.connect_errors;
    state.counts.response_errors += server.counts.response_errors;
    state.counts.retries += server.counts.retries;
    state.counts.redispatches += server.counts.redispatches;
  }
  return state;
}

}  // namespace serin::drivers
