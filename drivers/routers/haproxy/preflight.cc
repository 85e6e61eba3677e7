#include "drivers/routers/haproxy/preflight.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "drivers/routers/haproxy/match_map.h"
#include "drivers/routers/haproxy/preflight_lease.h"
#include "drivers/routers/kept_file.h"

namespace serin::drivers {
namespace {

using rollout::Preflight;
using rollout::Slot;

// "NAME=VALUE", or "Variable not found".
std::string variable_in(std::string_view answer) {
  std::size_t equals = answer.find('=');
  return equals == std::string_view::npos ? "" : std::string(answer.substr(equals + 1));
}

class Examiner {
 public:
  Examiner(const HaproxyOptions& options, const HaproxyReadback& now, const ReadConfig& config,
           Preflight& out)
      : options_(options), now_(now), config_(config), out_(out) {}

  void examine() {
    if (options_.map_layout()) {
      key();
      match_rules();
    } else {
      algorithm();
      persistence();
      servers_of_weights();
      reload_of_weights();
    }
    health();
    lines_of_servers();
    unread_files();
  }

 private:
  void refuse(std::string text) { out_.refusals.push_back(std::move(text)); }
  void warn(std::string text) { out_.warnings.push_back(std::move(text)); }

  const ConfigBackend* file_of(const std::string& backend) const {
    return config_.config.backend(backend);
  }

  // On others weights do not say which share of the requests a server gets, or can't be changed at
  // run time.
  void algorithm() {
    const ConfigBackend* file = file_of(options_.backend);
    std::string name = now_.backends.empty() ? "" : now_.backends.front().algorithm;
    std::string shown = name;
    if (name == "unknown") {  // what the socket calls `random`, whatever its draws
      shown = file != nullptr ? file->algorithm() : "random";
      if (shown == "random(1)") return;
      if (file == nullptr) {
        refuse(fmt::format(
            "backend {}: it is balanced by `random`, whose draws HAProxy's socket does not tell: "
            "name its configuration in trafficRouting.haproxy.config, or write `balance "
            "roundrobin`",
            options_.backend));
        return;
      }
    } else if (name.empty() || name == "roundrobin") {
      return;
    }
    if (file != nullptr && file->algorithm().starts_with(name)) shown = file->algorithm();
    std::string where =
        file != nullptr && file->balance ? " (" + file->balance->to_string() + ")" : "";
    refuse(
        fmt::format("backend {}: with `balance {}` weights do not mean shares{}: write `balance "
                    "roundrobin` or `balance random(1)`, or use two backends and a map",
                    options_.backend, shown, where));
  }

  void persistence() {
    const ConfigBackend* file = file_of(options_.backend);
    if (file != nullptr && file->persist) {
      refuse(fmt::format(
          "backend {}: `option persist` sends clients with a cookie to servers that are out of "
          "service, so that a canary could not be taken out: remove it ({})",
          options_.backend, file->persist->to_string()));
    }
    if (file != nullptr && file->force_persist) {
      refuse(
          fmt::format("backend {}: `force-persist` sends requests to servers that are out of "
                      "service: remove it ({})",
                      options_.backend, file->force_persist->to_string()));
    }
    if (file != nullptr && file->use_server) {
      warn(fmt::format("backend {}: `use-server` rules go before weights ({})", options_.backend,
                       file->use_server->to_string()));
    }
    if (!now_.backends.empty() && !now_.backends.front().cookie.empty()) {
      warn(
          fmt::format("backend {}: clients that hold the cookie {} stay with their server, so that "
                      "a share below what they had is reached late; leaving service moves them at "
                      "once",
                      options_.backend, now_.backends.front().cookie));
    }
  }

  void servers_of_weights() {
    std::set<int> stable_weights;
    for (const HaproxyServer& server : now_.servers) {
      if (server.slot == Slot::stable && server.file_weight > 0) {
        stable_weights.insert(server.file_weight);
      }
      if (server.backup) {
        refuse(fmt::format("server {}: a `backup` server takes no share: remove that word",
                           server.path()));
      }
      if (server.agent) {
        warn(fmt::format("server {}: its agent may change the weight that serin sets",
                         server.path()));
      }
    }
    if (stable_weights.size() > 1) {
      refuse(fmt::format(
          "backend {}: stable servers have different weights ({} to {}), so that the failure of "
          "one "
          "could not be told from a change by somebody else: give them one weight, or use two "
          "backends and a map",
          options_.backend, *stable_weights.begin(), *stable_weights.rbegin()));
    }
  }

  void reload_of_weights() {
    if (!options_.state_file.empty()) return;
    if (options_.swapped) {
      warn(fmt::format(
          "backend {}: the slots were exchanged by a promotion, and HAProxy's file does not know: "
          "after a reload the old version has all traffic until serin sets the weights again. Name "
          "a server-state-file, or exchange the weights in the file",
          options_.backend));
      return;
    }
    for (const HaproxyServer& server : now_.servers) {
      if (server.slot != Slot::canary || server.file_weight == 0 || server.disabled_in_file) {
        continue;
      }
      refuse(
          fmt::format("server {} belongs to the canary and has weight {}: a reload would bring "
                      "it into traffic; write `weight 0` or `disabled` in its line",
                      server.path(), server.file_weight));
    }
  }

  void health() {
    bool stable_ready = now_.count(Slot::stable, true) > 0;
    if (!stable_ready) refuse("no stable server is up: there is nothing to return to");
    for (const HaproxyServer& server : now_.servers) {
      if (server.slot == Slot::canary && !server.checked) {
        warn(fmt::format(
            "server {} has no health check: its failure shows only in errors; add `check`",
            server.path()));
      }
    }
  }

  // Lines of the file that matter in both layouts.
  void lines_of_servers() {
    for (const HaproxyServer& server : now_.servers) {
      const ConfigBackend* file = file_of(server.backend);
      if (file == nullptr || server.slot != Slot::canary) continue;
      auto line_of = [&](const std::map<std::string, ConfigLine>& lines) -> const ConfigLine* {
        for (const std::string& name : {server.name, std::string()}) {
          if (auto found = lines.find(name); found != lines.end()) return &found->second;
        }
        return nullptr;
      };
      if (const ConfigLine* line = line_of(file->shutdown_on_down)) {
        out_.drain_before_maintenance = true;
        warn(fmt::format(
            "server {}: `on-marked-down shutdown-sessions` cuts requests under way when it leaves "
            "service: they get the drain time first ({})",
            server.path(), line->to_string()));
      }
      if (const ConfigLine* line = line_of(file->slow_start); line && !options_.map_layout()) {
        warn(fmt::format("server {}: `slowstart` keeps its share low at first ({})", server.path(),
                         line->to_string()));
      }
    }
  }

  void key() {
    if (!now_.share_units) {
      warn(fmt::format("map {} has no key '{}' yet: serin adds it", options_.map, options_.key));
    }
  }

  void match_rules() {
    if (options_.match_map.empty() || !config_.unreadable.empty()) return;
    if (now_.content == kMixedContent) {
      refuse(
          fmt::format("map {} holds entries that are not serin's: empty it", options_.match_map));
    }
    std::string lease =
        options_.leased() ? fmt::format(" if {{ nbsrv({}) ge 1 }}", options_.lease_backend) : "";
    std::string lines = fmt::format(
        "\n  http-request set-var-fmt(txn.request) \"%[query]\\n%[req.hdrs]\"\n"
        "  http-request set-var(txn.share) var(txn.request),map_reg_int({}){}\n",
        options_.match_map, lease);
    bool read = false;
    for (const ConfigLine& line : config_.config.choices()) {
      auto has = [&](const std::string& text) { return line.text.find(text) != std::string::npos; };
      if (!has("(" + options_.match_map + ")")) continue;
      read = true;
      const std::string& idle = options_.idle_lease;
      if (options_.leased() && !has(fmt::format("nbsrv({})", options_.lease_backend))) {
        refuse(fmt::format("match rules hold whether or not serin is there ({}): write instead{}",
                           line.to_string(), lines));
      } else if (!idle.empty() && has(fmt::format("nbsrv({})", idle))) {
        refuse(fmt::format(
            "match rules hold only while serin answers the lease ({}), and with `onEngineLoss: "
            "hold` it answers none: they would never hold. Write `onEngineLoss: stable` in the "
            "rollout, or instead{}",
            line.to_string(), lines));
      }
    }
    if (read) return;
    refuse(
        fmt::format("no frontend reads the map of match rules: write before the `use_backend` "
                    "of {}{}",
                    options_.canary_backend, lines));
  }

  void unread_files() {
    for (const std::string& file : config_.unreadable) {
      warn(fmt::format("HAProxy's configuration was not looked at: {}", file));
    }
  }

  const HaproxyOptions& options_;
  const HaproxyReadback& now_;
  const ReadConfig& config_;
  Preflight& out_;
};

// The maps of `show map`: "ID (FILE) description".
std::string map_names(std::string_view answer) {
  std::string names;
  while (!answer.empty()) {
    std::string_view line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(line.size() + 1, answer.size()));
    std::size_t open = line.find('(');
    std::size_t close = line.find(')', open == std::string_view::npos ? 0 : open);
    if (line.starts_with('#') || open == std::string_view::npos ||
        close == std::string_view::npos || close <= open + 1) {
      continue;
    }
    names += names.empty() ? "" : ", ";
    names += line.substr(open + 1, close - open - 1);
  }
  return names.empty() ? "none" : names;
}

}  // namespace

void ask_preflight(const HaproxyOptions& options, Conversation& talk) {
  talk.ask("show cli level");
  talk.ask("show map");
  talk.ask("show env HAPROXY_CFGFILES");
  talk.ask("show env PWD");
  ask_all(options, talk);
}

PreflightAnswers read_preflight(const HaproxyOptions& options,
                                const std::vector<std::string>& answers) {
  std::vector<std::string> rest(answers.begin() + kPreflightQuestions, answers.end());
  PreflightAnswers out{
      .facts = {.now = read_back(options, rest), .level = answers[0], .maps = answers[1]},
      .config_files = options.config_files};
  if (!out.config_files.empty()) return out;
  std::string directory = variable_in(answers[3]);
  std::string files = variable_in(answers[2]);
  // Several files are separated by ';'.
  for (std::string_view left = files; !left.empty();) {
    std::string_view file = left.substr(0, left.find(';'));
    left.remove_prefix(std::min(file.size() + 1, left.size()));
    if (file.empty()) continue;
    out.config_files.push_back(file.starts_with('/') || directory.empty()
                                   ? std::string(file)
                                   : directory + "/" + std::string(file));
  }
  return out;
}

ReadConfig read_config(const std::vector<std::string>& files) {
  ReadConfig out;
  for (const std::string& file : files) {
    Result<std::string> text = read_file(file, kConfigBytesMax);
    if (text) {
      out.config.read(file, *text);
    } else {
      out.unreadable.push_back(text.error().message);
    }
  }
  if (files.empty()) out.unreadable.emplace_back("HAProxy does not tell where it is");
  return out;
}

Preflight preflight_of(const HaproxyOptions& options, const PreflightFacts& facts,
                       const ReadConfig& config) {
  Preflight out;
  if (facts.level.find("admin") == std::string::npos) {
    out.refusals.push_back(fmt::format(
        "HAProxy's socket has level '{}': serin needs `stats socket … level admin`", facts.level));
  }
  if (!facts.now) {
    std::string text = facts.now.error().to_string();
    if (options.map_layout() && text.find(" no map ") != std::string::npos) {
      text += fmt::format("; it has: {}", map_names(facts.maps));
    }
    out.refusals.push_back(std::move(text));
    return out;
  }
  Examiner(options, *facts.now, config, out).examine();
  for (std::string& refusal : refusals_of_lease(options, *facts.now, config)) {
    out.refusals.push_back(std::move(refusal));
  }
  return out;
}

}  // namespace serin::drivers
