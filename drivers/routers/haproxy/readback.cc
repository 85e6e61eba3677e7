#include "drivers/routers/haproxy/readback.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "drivers/routers/haproxy/match_map.h"
#include "drivers/routers/haproxy/owner_mark.h"
#include "drivers/routers/haproxy/weights.h"

namespace serin::drivers {
namespace {

using rollout::Slot;
using rollout::Weight;

// Of `show servers state`, as HAProxy's management guide lists them.
constexpr int kRunning = 2;                                 // srv_op_state
constexpr int kAnyMaintenance = 0x01 | 0x02 | 0x04 | 0x20;  // forced, inherited, file, resolution
constexpr int kMaintenanceNow = 0x01 | 0x02 | 0x20;
constexpr int kMaintenanceInFile = 0x04;
constexpr int kAnyDrain = 0x08 | 0x10;
constexpr int kCheckConfigured = 0x02;  // srv_check_state

constexpr int kStatBackendsAndServers = 6;

int small(const HaproxyTable& table, std::size_t row, std::string_view column) {
  return static_cast<int>(table.number(row, column).value_or(0));
}

double count_in(const HaproxyTable& stat, std::size_t row, std::string_view column) {
  return static_cast<double>(stat.number(row, column).value_or(0));
}

rollout::SlotCounts counts_of(const HaproxyTable& stat, std::size_t row) {
  rollout::SlotCounts counts;
  counts.requests = count_in(stat, row, "stot");
  counts.responses_5xx = count_in(stat, row, "hrsp_5xx");
  counts.connect_errors = count_in(stat, row, "econ");
  counts.response_errors = count_in(stat, row, "eresp");
  counts.retries = count_in(stat, row, "wretr");
  counts.redispatches = count_in(stat, row, "wredis");
  return counts;
}

void add(rollout::SlotCounts& sum, const rollout::SlotCounts& more) {
  sum.requests += more.requests;
  sum.responses_5xx += more.responses_5xx;
  sum.connect_errors += more.connect_errors;
  sum.response_errors += more.response_errors;
  sum.retries += more.retries;
  sum.redispatches += more.redispatches;
}

std::vector<std::string> backends_of(const HaproxyOptions& options) {
  if (!options.map_layout()) return {options.backend};
  return {options.stable_backend, options.canary_backend};
}

// The slot of a server by the configuration, or nothing.
std::optional<Slot> slot_of(const HaproxyOptions& options, std::string_view backend,
                            std::string_view server) {
  bool stable = false;
  bool canary = false;
  if (options.map_layout()) {
    stable = backend == options.stable_backend;
    canary = backend == options.canary_backend;
  } else {
    stable = std::ranges::find(options.stable_servers, server) != options.stable_servers.end();
    canary = std::ranges::find(options.canary_servers, server) != options.canary_servers.end();
  }
  if (!stable && !canary) return std::nullopt;
  return stable != options.swapped ? Slot::stable : Slot::canary;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

// "# name" and a name a line.
std::vector<std::string> backend_names(std::string_view answer) {
  std::vector<std::string> names;
  while (!answer.empty()) {
    std::string_view line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(line.size() + 1, answer.size()));
    if (!line.empty() && !line.starts_with('#')) names.emplace_back(line);
  }
  return names;
}

Status check_servers(const HaproxyOptions& options, const HaproxyReadback& now,
                     const std::vector<std::string>& present) {
  if (options.map_layout()) {
    for (Slot slot : {Slot::stable, Slot::canary}) {
      if (now.count(slot, false) > 0) continue;
      return fail(Code::invalid_argument,
                  fmt::format("HAProxy's backend '{}' has no servers", options.backend_of(slot)));
    }
    return {};
  }
  for (const auto* names : {&options.stable_servers, &options.canary_servers}) {
    for (const std::string& name : *names) {
      if (std::ranges::find(present, name) != present.end()) continue;
      return fail(Code::invalid_argument,
                  fmt::format("HAProxy's backend '{}' has no server '{}' (servers: {})",
                              options.backend, name, joined(present)));
    }
  }
  return {};
}

// The map's value of a key as a share; values that are none read as 0.
Result<std::optional<int>> units_in(std::string_view answer, const std::string& key) {
  SERIN_TRY(text, map_value(answer, key));
  if (!text) return std::optional<int>();
  int units = 0;
  std::from_chars(text->data(), text->data() + text->size(), units);
  return std::optional<int>(std::clamp(units, 0, Weight::kFull));
}

Status read_lease(const std::string& answer, HaproxyReadback& out) {
  if (answer.starts_with("Can't find backend")) return {};
  SERIN_TRY(state, HaproxyTable::parse_servers_state(answer));
  out.lease.emplace();
  for (std::size_t row = 0; row < state.rows(); ++row) {
    bool maintenance = (small(state, row, "srv_admin_state") & kMaintenanceNow) != 0;
    out.lease->push_back(
        {.name = std::string(state.get(row, "srv_name")),
         .address = fmt::format("{}:{}", state.get(row, "srv_addr"), state.get(row, "srv_port")),
         .checked = (small(state, row, "srv_check_state") & kCheckConfigured) != 0,
         .up = small(state, row, "srv_op_state") == kRunning && !maintenance});
  }
  return {};
}

// What `show stat` says of a backend and its servers; false: nothing.
bool take_stat(const HaproxyTable& stat, const std::string& backend, HaproxyReadback& out) {
  auto whole = stat.find("pxname", backend, "svname", "BACKEND");
  if (!whole) return false;
  out.backends.push_back({.name = backend,
                          .algorithm = std::string(stat.get(*whole, "algo")),
                          .cookie = std::string(stat.get(*whole, "cookie"))});
  for (HaproxyServer& server : out.servers) {
    if (server.backend != backend) continue;
    auto found = stat.find("pxname", backend, "svname", server.name);
    if (!found) continue;
    server.counts = counts_of(stat, *found);
    server.tracks = !stat.get(*found, "tracked").empty();
    server.checked = server.checked || server.tracks;
    server.backup = small(stat, *found, "bck") == 1;
    server.agent = !stat.get(*found, "agent_status").empty();
  }
  return true;
}

class Reading {
 public:
  Reading(const HaproxyOptions& options, HaproxyReadback& out) : options_(options), out_(out) {}

  Status backend(const std::string& name, const std::string& state_answer,
                 const std::string& stat_answer, const std::string& backends_answer) {
    if (state_answer.starts_with("Can't find backend")) {
      return fail(Code::invalid_argument,
                  fmt::format("HAProxy has no backend '{}' (backends: {})", name,
                              joined(backend_names(backends_answer))));
    }
    SERIN_TRY(state, HaproxyTable::parse_servers_state(state_answer));
    SERIN_TRY(stat, HaproxyTable::parse_stat(stat_answer));
    for (std::size_t row = 0; row < state.rows(); ++row) {
      std::string server(state.get(row, "srv_name"));
      present_.push_back(server);
      if (std::optional<Slot> slot = slot_of(options_, name, server)) {
        add_server(name, server, *slot, state, row);
      }
    }
    if (!take_stat(stat, name, out_) && state.rows() > 0)
      out_.namesakes.push_back({name, std::string(state.get(0, "be_id"))});
    return {};
  }

  const std::vector<std::string>& present() const { return present_; }

 private:
  void add_server(const std::string& backend, const std::string& name, Slot slot,
                  const HaproxyTable& state, std::size_t row) {
    HaproxyServer server;
    server.backend = backend;
    server.name = name;
    server.slot = slot;
    int admin = small(state, row, "srv_admin_state");
    // The file's `disabled` keeps its flag when the server is set ready; forced maintenance, which
    // it brings along, does not.
    server.maintenance = (admin & kMaintenanceNow) != 0;
    server.disabled_in_file = (admin & kMaintenanceInFile) != 0;
    server.draining = (admin & kAnyDrain) != 0;
    server.up = small(state, row, "srv_op_state") == kRunning && !server.maintenance;
    server.weight = small(state, row, "srv_uweight");
    server.file_weight = small(state, row, "srv_iweight");
    server.checked = (small(state, row, "srv_check_state") & kCheckConfigured) != 0;
    out_.servers.push_back(std::move(server));
  }

  const HaproxyOptions& options_;
  HaproxyReadback& out_;
  std::vector<std::string> present_;
};

}  // namespace

void ask_all(const HaproxyOptions& options, Conversation& talk) {
  talk.ask("show info");
  talk.ask("show backend");
  for (const std::string& backend : backends_of(options)) {
    talk.ask("show servers state " + backend);
    talk.ask(fmt::format("show stat {} {} -1", backend, kStatBackendsAndServers));
  }
  if (options.map_layout()) {
    talk.ask(fmt::format("get map {} {}", options.map, options.key));
    talk.ask(fmt::format("get map {} {}", options.map, options.base_key()));
    if (!options.match_map.empty()) talk.ask("show map " + options.match_map);
  }
  if (options.leased()) talk.ask("show servers state " + options.lease_backend);
  ask_owner(options, talk);
}

Result<HaproxyReadback> read_back(const HaproxyOptions& options,
                                  const std::vector<std::string>& answers) {
  std::vector<std::string> backends = backends_of(options);
  SERIN_ASSERT(answers.size() == 3 + 2 * backends.size() + (options.map_layout() ? 2U : 0U) +
                                     (options.match_map.empty() ? 0U : 1U) +
                                     (options.leased() ? 1U : 0U));
  HaproxyReadback out;
  out.map_layout = options.map_layout();
  std::size_t next = 0;
  SERIN_TRY(info, HaproxyInfo::parse(answers[next++]));
  out.instance = fmt::format("{}-{}", info.get("Pid"), info.get("Start_time_sec"));
  const std::string& all_backends = answers[next++];
  Reading reading(options, out);
  for (const std::string& backend : backends) {
    SERIN_CHECK(reading.backend(backend, answers[next], answers[next + 1], all_backends));
    next += 2;
  }
  SERIN_CHECK(check_servers(options, out, reading.present()));
  if (options.map_layout()) {
    Result<std::optional<int>> share = units_in(answers[next++], options.key);
    if (!share && share.error().code == Code::not_found) {
      return fail(Code::invalid_argument,
                  fmt::format("HAProxy has no map '{}': name the file as its configuration does "
                              "(`show map` lists them)",
                              options.map));
    }
    if (!share) return std::unexpected(std::move(share).error());
    out.share_units = *share;
    SERIN_TRY(base, units_in(answers[next++], options.base_key()));
    out.base_units = base;
    if (!options.match_map.empty()) {
      SERIN_TRY(content, content_in(answers[next++], options.match_map));
      out.content = content;
    }
  }
  if (options.leased()) SERIN_CHECK(read_lease(answers[next++], out));
  SERIN_TRY(owner, owner_in(answers[next]));
  out.owner = owner;
  return out;
}

void ask_namesakes(const HaproxyReadback& now, Conversation& talk) {
  for (const NamesakeBackend& each : now.namesakes)
    talk.ask(fmt::format("show stat {} {} -1", each.id, kStatBackendsAndServers));
}

void read_namesakes(const std::vector<std::string>& answers, HaproxyReadback& now) {
  SERIN_ASSERT(answers.size() == now.namesakes.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    auto stat = HaproxyTable::parse_stat(answers[i]);
    if (stat) take_stat(*stat, now.namesakes[i].name, now);
  }
  now.namesakes.clear();
}

Weight HaproxyReadback::share(bool swapped) const {
  if (map_layout) {
    int units = (lease_holds() ? share_units : base_units).value_or(0);
    return Weight::from_units(swapped ? Weight::kFull - units : units);
  }
  double stable = 0;
  double canary = 0;
  for (const HaproxyServer& server : servers) {
    if (!server.up || server.draining || server.backup) continue;
    (server.slot == Slot::canary ? canary : stable) += server.weight;
  }
  return share_of(stable, canary);
}

bool HaproxyReadback::is_quiet(bool swapped) const {
  if (map_layout) {
    return content.empty() && share_units.value_or(0) == (swapped ? Weight::kFull : 0);
  }
  return std::ranges::all_of(servers, [](const HaproxyServer& server) {
    return server.slot != Slot::canary || server.maintenance || server.weight == 0;
  });
}

bool HaproxyReadback::lease_holds() const {
  return !lease || std::ranges::any_of(*lease, &LeaseServer::up);
}

rollout::SlotState HaproxyReadback::slot(Slot slot) const {
  rollout::SlotState state;
  for (const HaproxyServer& server : servers) {
    if (server.slot != slot) continue;
    ++state.servers_total;
    if (server.up) ++state.servers_ready;
    if (!server.maintenance) state.in_service = true;
    if (server.checked) state.health_known = true;
    add(state.counts, server.counts);
  }
  return state;
}

int HaproxyReadback::count(Slot slot, bool up_only) const {
  return static_cast<int>(std::ranges::count_if(servers, [&](const HaproxyServer& server) {
    return server.slot == slot && (server.up || !up_only);
  }));
}

int HaproxyReadback::base_weight(const HaproxyServer& server) const {
  if (server.file_weight > 0) return server.file_weight;
  int most = 0;
  for (const HaproxyServer& other : servers) most = std::max(most, other.file_weight);
  return most > 0 ? most : 100;
}

}  // namespace serin::drivers
