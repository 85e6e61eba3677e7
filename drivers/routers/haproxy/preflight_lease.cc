#include "drivers/routers/haproxy/preflight_lease.h"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/routers/haproxy/preflight.h"

namespace serin::drivers {
namespace {

using rollout::Slot;

constexpr const char* kWayOut =
    "or write `onEngineLoss: hold` in the rollout, and the canary stays as it is when serin is "
    "gone";

// HAProxy's own where a line says nothing.
constexpr Duration kInterDefault = std::chrono::seconds(2);
constexpr int kFallDefault = 3;

std::string backend_lines(const HaproxyOptions& options) {
  return fmt::format(
      "\n  backend {}\n    option httpchk GET /lease\n    server engine {} check inter 500ms fall "
      "4 "
      "rise 1\n",
      options.lease_backend, options.lease_listen);
}

std::string share_lines(const HaproxyOptions& options) {
  return fmt::format(
      "\n    http-request set-var(txn.share) str({0}.base),map_str_int({1},0)\n"
      "    http-request set-var(txn.share) str({0}),map_str_int({1},0) if {{ nbsrv({2}) ge 1 }}\n",
      options.key, options.map, options.lease_backend);
}

std::string port_of(const std::string& address) {
  return address.substr(address.rfind(':') + 1);
}

// "500ms", "2s", "2000" (milliseconds), "1m".
Duration haproxy_duration(const std::string& text, Duration otherwise) {
  std::size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == 0 || end > 9) return otherwise;
  long count = std::stol(text.substr(0, end));
  std::string unit = text.substr(end);
  if (unit.empty() || unit == "ms") return std::chrono::milliseconds(count);
  if (unit == "us") return std::chrono::microseconds(count);
  if (unit == "s") return std::chrono::seconds(count);
  if (unit == "m") return std::chrono::minutes(count);
  return otherwise;
}

class LeaseExaminer {
 public:
  LeaseExaminer(const HaproxyOptions& options, const HaproxyReadback& now,
                const HaproxyConfig& config)
      : options_(options), now_(now), config_(config) {}

  std::vector<std::string> examine() {
    if (!now_.lease) {
      refuse(
          fmt::format("HAProxy has no backend '{}', by which the canary would leave when serin "
                      "is gone (`onEngineLoss: stable`). Add{}{}  {}",
                      options_.lease_backend, backend_lines(options_), followers(), kWayOut));
      return std::move(refusals_);
    }
    check_server();
    options_.map_layout() ? check_map() : check_tracking();
    return std::move(refusals_);
  }

 private:
  void refuse(std::string text) { refusals_.push_back(std::move(text)); }

  std::string followers() const {
    if (options_.map_layout()) {
      return "  and in the frontend, before the share is used," + share_lines(options_);
    }
    return fmt::format("  and write `track {}/engine` instead of `check` in the lines of {}\n",
                       options_.lease_backend, names(options_.canary_servers));
  }

  static std::string names(const std::vector<std::string>& servers) {
    std::string text;
    for (const std::string& server : servers) text += (text.empty() ? "" : ", ") + server;
    return text;
  }

  void check_server() {
    const std::vector<LeaseServer>& servers = *now_.lease;
    auto found = std::ranges::find_if(servers, [&](const LeaseServer& server) {
      return port_of(server.address) == port_of(options_.lease_listen);
    });
    if (servers.size() != 1 || found == servers.end()) {
      refuse(
          fmt::format("backend {}: its one server must be serin, which answers at {} "
                      "(trafficRouting.haproxy.lease.listen). Write{}",
                      options_.lease_backend, options_.lease_listen, backend_lines(options_)));
      return;
    }
    if (!found->checked) {
      refuse(fmt::format("server {}/{} is not checked: add `check inter 500ms fall 4 rise 1`",
                         options_.lease_backend, found->name));
      return;
    }
    check_times(*found);
    if (!found->up && !now_.is_quiet(options_.swapped)) {
      refuse(withheld());
    } else if (!found->up) {
      refuse(
          fmt::format("server {}/{} is down although serin answers at {}: HAProxy must reach it "
                      "there, with `option httpchk GET /lease`",
                      options_.lease_backend, found->name, options_.lease_listen));
    }
  }

  // The proxy knows more of the past than the state directory does.
  std::string withheld() const {
    if (!options_.map_layout()) {
      return "the canary's servers have weights that no release of this state directory gave, so "
             "serin withholds the lease: if they run the stable version, use the state directory "
             "that promoted it, or exchange `stable` and `canary`; else give them weight 0";
    }
    const std::string& canary =
        options_.swapped ? options_.stable_backend : options_.canary_backend;
    return fmt::format(
        "by the map {0} the canary's backend {1} gets requests that no release of this state "
        "directory gave it, so serin withholds the lease: if {1} has the stable version, use the "
        "state directory that promoted it, or exchange stableBackend and canaryBackend; else take "
        "it out: `set map {0} {2} {3}` and `set map {0} {2}.base {3}` on HAProxy's socket",
        options_.map, canary, options_.key, options_.swapped ? rollout::Weight::kFull : 0);
  }

  void check_times(const LeaseServer& server) {
    const ConfigBackend* file = config_.backend(options_.lease_backend);
    if (file == nullptr) return;
    auto word = [&](std::string_view keyword) {
      return file->server_word(server.name, keyword).value_or("");
    };
    Duration inter = haproxy_duration(word("inter"), kInterDefault);
    Duration fast = std::max(inter, haproxy_duration(word("fastinter"), inter));
    std::string fall_text = word("fall");
    int fall =
        fall_text.empty() || fall_text.size() > 4 ? kFallDefault : std::atoi(fall_text.c_str());
    if (fall >= 2 && fast * fall <= kLeaseTimeMax) return;
    auto line = file->servers.find(server.name);
    refuse(fmt::format(
        "server {}/{}: {} checks {} apart take {} to see that serin is gone: write `check inter "
        "500ms fall 4 rise 1`{}",
        options_.lease_backend, server.name, fall, format_duration(fast),
        format_duration(fast * fall),
        line == file->servers.end() ? "" : " (" + line->second.to_string() + ")"));
  }

  void check_map() {
    std::string share = fmt::format("str({})", options_.key);
    std::string base = fmt::format("str({})", options_.base_key());
    std::string condition = fmt::format("nbsrv({})", options_.lease_backend);
    bool follows = false;
    bool has_base = false;
    for (const ConfigLine& line : config_.choices()) {
      if (line.text.find(base) != std::string::npos) has_base = true;
      if (line.text.find(share) == std::string::npos) continue;
      if (line.text.find(condition) != std::string::npos) {
        follows = true;
        continue;
      }
      refuse(
          fmt::format("the share is taken from the map whether or not serin is there ({}): write "
                      "instead{}",
                      line.to_string(), share_lines(options_)));
      return;
    }
    if (follows && has_base) return;
    refuse(
        fmt::format("no frontend takes the share from the map only while serin is there. "
                    "Write{}  {}",
                    share_lines(options_), kWayOut));
  }

  void check_tracking() {
    for (const HaproxyServer& server : now_.servers) {
      const ConfigBackend* file = config_.backend(server.backend);
      if (file == nullptr) continue;
      std::string tracked = file->server_word(server.name, "track").value_or("");
      bool follows = tracked.starts_with(options_.lease_backend + "/");
      auto line = file->servers.find(server.name);
      std::string where = line == file->servers.end() ? "" : " (" + line->second.to_string() + ")";
      if (server.slot == Slot::canary && !follows) {
        refuse(
            fmt::format("server {} stays when serin is gone{}: write `track {}/engine` instead of "
                        "`check`, {}",
                        server.path(), where, options_.lease_backend, kWayOut));
      } else if (server.slot == Slot::stable && follows) {
        refuse(fmt::format("server {} is stable and would go down with serin{}: remove `track`",
                           server.path(), where));
      }
    }
  }

  const HaproxyOptions& options_;
  const HaproxyReadback& now_;
  const HaproxyConfig& config_;
  std::vector<std::string> refusals_;
};

}  // namespace

std::vector<std::string> refusals_of_lease(const HaproxyOptions& options,
                                           const HaproxyReadback& now, const ReadConfig& config) {
  if (!options.leased()) return {};
  if (now.lease && !config.unreadable.empty()) {
    return {
        fmt::format("HAProxy's configuration can't be looked at ({}), so that nobody knows "
                    "whether the canary would leave when serin is gone: name its files as serin "
                    "sees them in trafficRouting.haproxy.config, {}",
                    config.unreadable.front(), kWayOut)};
  }
  return LeaseExaminer(options, now, config.config).examine();
}

}  // namespace serin::drivers
