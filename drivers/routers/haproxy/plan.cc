#include "drivers/routers/haproxy/plan.h"

#include <fmt/format.h>

#include "drivers/routers/haproxy/match_map.h"
#include "drivers/routers/haproxy/weights.h"

namespace serin::drivers {
namespace {

using rollout::Slot;
using rollout::Weight;

void set_weight(const HaproxyServer& server, int weight, Conversation& talk) {
  talk.change(fmt::format("set server {} weight {}", server.path(), weight));
}

void set_map(const HaproxyOptions& options, const std::string& key, std::optional<int> now,
             int units, Conversation& talk) {
  talk.change(fmt::format("{} map {} {} {}", now ? "set" : "add", options.map, key, units));
}

void keep_base(const HaproxyOptions& options, const HaproxyReadback& now, int units,
               Conversation& talk) {
  if (now.base_units == units) return;
  set_map(options, options.base_key(), now.base_units, units, talk);
}

int map_units(const HaproxyOptions& options, Weight share) {
  return options.swapped ? Weight::kFull - share.units() : share.units();
}

std::string set_ready(const HaproxyServer& server) {
  return fmt::format("set server {} state ready", server.path());
}

// After an exchange of roles a reload disables what the file calls canary: it is stable now.
bool is_lost(const HaproxyOptions& options, const HaproxyServer& server) {
  return options.swapped && server.slot == Slot::stable && server.maintenance &&
         server.disabled_in_file;
}

// The weights that servers of a slot get.
struct Targets {
  const HaproxyReadback& now;
  Weight share;
  ServerWeights weights;
  int of(const HaproxyServer& server) const {
    bool canary = server.slot == Slot::canary;
    // Rounds as short as can be, so that the next change shows soon (see weights_for).
    if (share == Weight()) return canary ? 0 : 1;
    if (share == Weight::full()) return canary ? 1 : 0;
    return canary ? weights.canary : weights.stable;
  }
  double sum(Slot slot, bool wanted) const {
    double sum = 0;
    for (const HaproxyServer& server : now.servers) {
      if (server.slot == slot && server.up) sum += wanted ? of(server) : server.weight;
    }
    return sum;
  }
};

// Whether the canary's weights are to change before stable's. Lowering: the first of the two
// changes lowers the share where it takes weight from the canary or gives weight to stable; raising
// likewise. One of the two orders always does (if neither did, the odds would go the other way).
bool canary_first(const Targets& targets) {
  double stable = targets.sum(Slot::stable, false);
  double canary_after = targets.sum(Slot::canary, true);
  double canary = targets.sum(Slot::canary, false);
  double stable_after = targets.sum(Slot::stable, true);
  if (canary_after + stable <= 0) return false;
  if (canary + stable_after <= 0) return true;
  double most = std::max(canary / std::max(canary + stable, 1.0),
                         canary_after / std::max(canary_after + stable_after, 1.0));
  return canary_after / (canary_after + stable) <= most + 1e-12;
}

}  // namespace

int stable_units(const HaproxyOptions& options) {
  return options.swapped ? Weight::kFull : 0;
}

void plan_base(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk) {
  keep_base(options, now, stable_units(options), talk);
}

void plan_leave(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk) {
  if (options.map_layout()) {
    if (!options.match_map.empty()) talk.change("clear map " + options.match_map);
    set_map(options, options.key, now.share_units, stable_units(options), talk);
    keep_base(options, now, stable_units(options), talk);
  } else {
    // Stable first: it may have no weight at all, after a share of 100 %.
    for (const HaproxyServer& server : now.servers) {
      if (server.slot == Slot::stable) set_weight(server, now.base_weight(server), talk);
    }
  }
  for (const HaproxyServer& server : now.servers) {
    if (server.slot != Slot::canary) continue;
    if (!options.map_layout()) set_weight(server, 0, talk);
    talk.change(fmt::format("set server {} state maint", server.path()));
  }
}

void plan_regain(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk) {
  if (now.count(Slot::stable, true) > 0) return;
  for (const HaproxyServer& server : now.servers) {
    if (is_lost(options, server)) talk.change(set_ready(server));
  }
}

std::vector<std::string> plan_ready(const HaproxyOptions& options, const HaproxyReadback& now,
                                    Conversation& talk) {
  bool any_out = false;
  for (const HaproxyServer& server : now.servers) {
    any_out = any_out || (server.slot == Slot::canary && server.maintenance);
  }
  if (any_out && options.map_layout() && now.count(Slot::canary, true) == 0 &&
      !now.is_quiet(options.swapped)) {
    // Nobody to serve them while the checks run.
    if (!now.content.empty()) talk.change("clear map " + options.match_map);
    set_map(options, options.key, now.share_units, stable_units(options), talk);
  }
  std::vector<std::string> on_probation;
  for (const HaproxyServer& server : now.servers) {
    bool lost = is_lost(options, server);
    bool out = server.slot == Slot::canary && (server.maintenance || server.draining);
    if (!lost && !out) continue;
    bool to_weigh = server.slot == Slot::canary && server.maintenance && !options.map_layout();
    if (to_weigh) set_weight(server, 0, talk);
    talk.change(set_ready(server));
    if (!server.maintenance || !server.checked || server.tracks) continue;
    talk.change(fmt::format("set server {} health down", server.path()));
    on_probation.push_back(server.path());
  }
  return on_probation;
}

void plan_quiet(const HaproxyOptions& options, const HaproxyReadback& now, Conversation& talk) {
  if (now.lease_holds() || now.is_quiet(options.swapped)) return;
  if (options.map_layout()) {
    if (!now.content.empty()) talk.change("clear map " + options.match_map);
    set_map(options, options.key, now.share_units, stable_units(options), talk);
    keep_base(options, now, stable_units(options), talk);
    return;
  }
  for (const HaproxyServer& server : now.servers) {
    if (server.slot == Slot::canary) set_weight(server, 0, talk);
  }
}

Status plan_content(const HaproxyOptions& options, const HaproxyReadback& now,
                    const std::vector<rollout::MatchRule>& rules, Conversation& talk) {
  if (now.content == rollout::content_id(rules)) return {};
  if (options.match_map.empty()) {
    return fail(Code::failed_precondition,
                "match rules need trafficRouting.haproxy.matchMap and its line in the frontend");
  }
  SERIN_TRY(entries, match_entries(rules, Weight::kFull - stable_units(options)));
  talk.change("clear map " + options.match_map);
  for (const auto& [pattern, units] : entries) {
    talk.change(
        fmt::format("add map {} {} {}", options.match_map, on_command_line(pattern), units));
  }
  return {};
}

Status plan_split(const HaproxyOptions& options, const HaproxyReadback& now, Weight share,
                  bool leased, Conversation& talk) {
  if (options.map_layout()) {
    int units = map_units(options, share);
    if (now.share_units != units) set_map(options, options.key, now.share_units, units, talk);
    keep_base(options, now, leased ? stable_units(options) : units, talk);
    return {};
  }
  Targets targets{.now = now, .share = share, .weights = {}};
  if (share > Weight() && share < Weight::full()) {
    auto servers = [&](Slot slot) {
      int up = now.count(slot, true);
      return up > 0 ? up : now.count(slot, false);
    };
    SERIN_TRY(weights, weights_for(share, servers(Slot::stable), servers(Slot::canary)));
    targets.weights = weights;
  }
  bool first = canary_first(targets);
  for (Slot slot : {first ? Slot::canary : Slot::stable, first ? Slot::stable : Slot::canary}) {
    for (const HaproxyServer& server : now.servers) {
      int weight = targets.of(server);
      if (server.slot == slot && server.weight != weight) set_weight(server, weight, talk);
    }
  }
  return {};
}

}  // namespace serin::drivers
