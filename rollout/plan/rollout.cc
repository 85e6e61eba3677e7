#include "rollout/plan/rollout.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "rollout/plan/header_route.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/open_routes.h"

namespace serin::rollout {

std::string_view Step::kind() const {
  constexpr std::array<std::string_view, std::variant_size_v<Action>> kNames{"",
                                                                             "setWeight",
                                                                             "pause",
                                                                             "analysis",
                                                                             "setCanaryScale",
                                                                             "setHeaderRoute",
                                                                             "setMirrorRoute",
                                                                             "plugin",
                                                                             "experiment",
                                                                             "approval",
                                                                             "hook",
                                                                             "deploy",
                                                                             "cleanup"};
  return kNames.at(action.index());
}

namespace {

// The routers in the order in which a document's first is named.
std::array<std::pair<std::string_view, bool>, 12> routers(const TrafficRouting& routing) {
  return {{{"haproxy", routing.haproxy.has_value()},
           {"nginx", routing.nginx.has_value()},
           {"command", routing.command.has_value()},
           {"webhook", routing.webhook.has_value()},
           {"istio", !routing.istio.is_null()},
           {"gatewayAPI", !routing.gateway_api.is_null()},
           {"alb", !routing.alb.is_null()},
           {"ambassador", !routing.ambassador.is_null()},
           {"apisix", !routing.apisix.is_null()},
           {"appMesh", !routing.app_mesh.is_null()},
           {"smi", !routing.smi.is_null()},
           {"traefik", !routing.traefik.is_null()}}};
}

KeyMatch key_match(const std::string& name, const StringMatch& value) {
  return {.key = name,
          .exact = value.exact,
          .regex = value.prefix.empty() ? value.regex : quoted(value.prefix) + ".*"};
}

}  // namespace

MatchRule rule_of(const SetHeaderRouteStep& route) {
  MatchRule rule;
  for (const HeaderMatch& match : route.match) {
    rule.header.push_back(key_match(match.header_name, match.header_value.value_or(StringMatch())));
  }
  return rule;
}

std::vector<MatchRule> rules_of(const SetMirrorRouteStep& route) {
  std::vector<MatchRule> rules;
  for (const RouteMatch& match : route.match) {
    MatchRule& rule = rules.emplace_back();
    rule.mirror = route.percentage.value_or(100);
    for (const auto& [name, value] : match.headers) rule.header.push_back(key_match(name, value));
  }
  return rules;
}

bool is_sayable(const SetMirrorRouteStep& route) {
  return std::ranges::all_of(route.match, [](const RouteMatch& match) {
    return !match.method && (!match.path || match.path->prefix == "/");
  });
}

PlannedTraffic traffic_at(const CanaryStrategy& canary, std::size_t step) {
  PlannedTraffic out{.rules = canary.match};
  OpenRoutes open;
  for (std::size_t i = 0; i <= step && i < canary.steps.size(); ++i) {
    const auto& action = canary.steps[i].action;
    if (const auto* set = std::get_if<SetWeightStep>(&action)) {
      out.weight = set->weight;
    } else if (const auto* route = std::get_if<SetHeaderRouteStep>(&action)) {
      open.set(route->name,
               route->match.empty() ? std::vector<MatchRule>() : std::vector{rule_of(*route)});
    } else if (const auto* mirror = std::get_if<SetMirrorRouteStep>(&action)) {
      open.set(mirror->name, rules_of(*mirror));
    }
  }
  std::ranges::copy(open.rules(), std::back_inserter(out.rules));
  return out;
}

int TrafficRouting::count() const {
  int count = static_cast<int>(plugins.size());
  for (const auto& [name, named] : routers(*this)) count += named ? 1 : 0;
  return count;
}

std::string_view TrafficRouting::kind() const {
  for (const auto& [name, named] : routers(*this)) {
    if (named) return name;
  }
  return plugins.size() > 0 ? "plugins" : "none";
}

const TrafficRouting& Rollout::traffic_routing() const {
  static const TrafficRouting kNone;
  if (canary) return canary->traffic_routing;
  return blue_green ? blue_green->traffic_routing : kNone;
}

int WorkloadSpec::count() const {
  return int{command.has_value()} + int{process.has_value()} + int{systemd.has_value()} +
         int{!kubernetes.is_null()};
}

std::string_view WorkloadSpec::kind() const {
  if (command) return "command";
  if (process) return "process";
  if (systemd) return "systemd";
  return kubernetes.is_null() ? "none" : "kubernetes";
}

}  // namespace serin::rollout
