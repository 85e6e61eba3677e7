// What is wrong with a router, and with rules on content.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "rollout/plan/codes.h"
#include "rollout/plan/header_route.h"
#include "rollout/plan/validation.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/patterns.h"

namespace serin::rollout {
namespace {

using config::Path;
using config::Reporter;

class RoutingValidation {
 public:
  RoutingValidation(const Rollout& rollout, const Reporter& reporter)
      : rollout_(rollout), reporter_(reporter) {}

  void routing(const TrafficRouting& routing, const Path& path) {
    if (routing.count() > 1) add(kRouting, path, "more than one router is named");
    if (rollout_.on_engine_loss == OnEngineLoss::stable && routing.count() > 0 &&
        !routing.haproxy) {
      add(kRouting, path, "only HAProxy can take the canary out when serin is gone",
          "onEngineLoss: hold, or leave it out");
    }
    if (routing.max_traffic_weight) {
      add(kRouting, path / "maxTrafficWeight", "weights are percentages in serin.dev documents",
          "setWeight takes two decimals");
    }
    if (routing.haproxy) haproxy(*routing.haproxy, path / "haproxy");
    if (routing.nginx) nginx(*routing.nginx, path / "nginx");
    if (routing.command && (routing.command->set.empty() || routing.command->get.empty())) {
      add(kRouting, path / "command", "set and get must both name a program");
    }
    if (routing.webhook && !routing.webhook->url.starts_with("http://") &&
        !routing.webhook->url.starts_with("https://")) {
      add(kRouting, path / "webhook" / "url",
          fmt::format("'{}' is no http or https URL", routing.webhook->url));
    }
  }

  // In a cluster the ingress is named instead of a file.
  void nginx(const NginxRouting& nginx, const Path& path) {
    if (!nginx.stable_ingress.empty() || !nginx.stable_ingresses.empty()) return;
    auto need = [&](const std::string& value, std::string_view field) {
      if (value.empty()) add(kRouting, path / field, fmt::format("'{}' is needed", field));
    };
    need(nginx.file, "file");
    need(nginx.stable_upstream, "stableUpstream");
    need(nginx.canary_upstream, "canaryUpstream");
    if (nginx.stable_upstream == nginx.canary_upstream && !nginx.stable_upstream.empty()) {
      add(kRouting, path / "canaryUpstream", "the slots must be two upstreams");
    }
  }

  // Content is told apart in two backends, by a map of its own.
  void content(const CanaryStrategy& strategy, const Path& path) {
    for (std::size_t i = 0; i < strategy.match.size(); ++i) {
      match(strategy.match[i], path / "match" / i);
      expressible(strategy.match[i], strategy.traffic_routing, path / "match" / i);
    }
    const TrafficRouting& routing = strategy.traffic_routing;
    std::map<std::string, std::size_t> routes;  // with the most rules that each may have
    bool moves = !strategy.match.empty();
    for (std::size_t i = 0; i < strategy.steps.size(); ++i) {
      if (const auto* route = std::get_if<SetHeaderRouteStep>(&strategy.steps[i].action)) {
        Path at = path / "steps" / i / "setHeaderRoute";
        header_route(*route, at);
        if (!route->match.empty()) expressible(rule_of(*route), routing, at / "match");
        routes.try_emplace(route->name, 1);
        moves = true;
      } else if (const auto* mirror = std::get_if<SetMirrorRouteStep>(&strategy.steps[i].action)) {
        mirror_route(*mirror, routing, path / "steps" / i / "setMirrorRoute");
        std::size_t& most = routes[mirror->name];
        most = std::max(most, mirror->match.size());
      }
    }
    std::size_t rules = strategy.match.size();
    for (const auto& [name, most] : routes) rules += most;
    if (rules > MatchRule::kRulesMax) {
      add(kMatch, path / "match",
          fmt::format("{} rules, header routes and mirrors, at most {}", rules,
                      MatchRule::kRulesMax));
    }
    const auto& haproxy = routing.haproxy;
    if (!moves) return;
    bool mesh = !routing.istio.is_null() || !routing.smi.is_null() || !routing.app_mesh.is_null();
    if (mesh && rollout_.endpoint.empty()) {
      add(kBehindOthers, path / (strategy.match.empty() ? "steps" : "match"),
          "rules on content take requests where clients reach the service itself; behind other "
          "services they see what those pass on",
          "name the address that clients use in `endpoint`, or let every service before this one "
          "pass the header on");
    }
    if (haproxy && (!haproxy->map_layout() || haproxy->match_map.empty())) {
      add(kRouting, path / "trafficRouting" / "haproxy",
          "match rules and header routes need two backends, and a map for the rules",
          "map, stableBackend, canaryBackend and matchMap");
    }
  }

 private:
  // Whether the router's configuration has room and words for a rule that is right.
  void expressible(const MatchRule& rule, const TrafficRouting& routing, const Path& path) {
    if (!problems_of(rule).empty()) return;
    Status status;
    if (routing.haproxy) {
      if (auto pattern = request_pattern(rule); !pattern) status = std::unexpected(pattern.error());
    } else if (routing.nginx) {
      if (auto all = variable_patterns(rule); !all) status = std::unexpected(all.error());
    }
    if (!status) add(kMatch, path, status.error().message);
  }

  void add(const Rule& rule, const Path& path, std::string message, std::string hint = "") {
    reporter_.add(rule, path, std::move(message), std::move(hint));
  }

  void haproxy(const HaproxyRouting& haproxy, const Path& path) {
    for (const std::string& socket : haproxy.socket) {
      if (socket.empty()) add(kRouting, path / "socket", "the admin socket's path is empty");
    }
    if (haproxy.socket.empty()) add(kRouting, path / "socket", "no admin socket is named");
    bool weights = !haproxy.backend.empty() || !haproxy.stable.empty() || !haproxy.canary.empty();
    bool map = haproxy.map_layout() || !haproxy.stable_backend.empty() ||
               !haproxy.canary_backend.empty() || !haproxy.key.empty();
    if (weights == map) {
      add(kRouting, path,
          weights ? "backend, stable and canary (weights) do not go with map and its backends"
                  : "neither layout is given",
          "backend, stable and canary; or map, stableBackend and canaryBackend");
      return;
    }
    auto need = [&](bool given, std::string_view field) {
      if (!given) add(kRouting, path / field, fmt::format("'{}' is needed for this layout", field));
    };
    if (map) {
      need(haproxy.map_layout(), "map");
      need(!haproxy.stable_backend.empty(), "stableBackend");
      need(!haproxy.canary_backend.empty(), "canaryBackend");
      if (haproxy.stable_backend == haproxy.canary_backend && !haproxy.stable_backend.empty()) {
        add(kRouting, path / "canaryBackend", "the slots must be two backends");
      }
      return;
    }
    need(!haproxy.backend.empty(), "backend");
    need(!haproxy.stable.empty(), "stable");
    need(!haproxy.canary.empty(), "canary");
    std::set<std::string> servers(haproxy.stable.begin(), haproxy.stable.end());
    servers.insert(haproxy.canary.begin(), haproxy.canary.end());
    if (servers.size() < haproxy.stable.size() + haproxy.canary.size()) {
      add(kRouting, path / "canary", "a server stands twice", "a server belongs to one slot");
    }
  }

  void header_route(const SetHeaderRouteStep& route, const Path& path) {
    if (route.name.empty()) add(kMatch, path / "name", "the name is empty");
    if (route.match.empty()) return;
    for (const MatchProblem& problem : problems_of(rule_of(route))) {
      add(kMatch, path / "match", problem.message);
    }
  }

  void mirror_route(const SetMirrorRouteStep& route, const TrafficRouting& routing,
                    const Path& path) {
    if (route.name.empty()) add(kMatch, path / "name", "the name is empty");
    if (route.match.empty()) return;
    if (route.percentage && (*route.percentage < 1 || *route.percentage > 100)) {
      add(kMatch, path / "percentage", "copies are made of 1 to 100 % of the requests",
          "a step without `match` closes the route");
    }
    const std::vector<MatchRule> rules = rules_of(route);
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const RouteMatch& match = route.match[i];
      const Path at = path / "match" / i;
      if (match.method) {
        add(kMatch, at / "method", "requests can't be chosen by their method",
            "choose them by a header, or take all: `path: {prefix: /}`");
      }
      if (match.path && match.path->prefix != "/") {
        add(kMatch, at / "path", "requests can't be chosen by their path",
            "`path: {prefix: /}` takes all; where nginx copies is its configuration's: put "
            "`mirror` into the locations that are meant");
      }
      if (!match.path && !match.method && match.headers.empty()) {
        add(kMatch, at, "no condition is given", "`path: {prefix: /}` takes all requests");
      }
      const std::vector<MatchProblem> problems = problems_of(rules[i]);
      for (const MatchProblem& problem : problems) add(kMatch, at / "headers", problem.message);
      if (problems.empty() && routing.nginx) expressible(rules[i], routing, at / "headers");
    }
  }

  void match(const MatchRule& rule, const Path& path) {
    for (const MatchProblem& problem : problems_of(rule)) {
      Path at = path;
      for (std::string_view rest = problem.path; !rest.empty();) {
        std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        std::size_t index = 0;
        bool is_index =
            std::from_chars(part.data(), part.data() + part.size(), index).ec == std::errc();
        at = is_index ? at / index : at / std::string(part);
      }
      add(kMatch, at, problem.message);
    }
  }

  const Rollout& rollout_;
  const Reporter& reporter_;
};

}  // namespace

void validate_routing(const Rollout& rollout, const TrafficRouting& routing, const Path& path,
                      const Reporter& reporter) {
  RoutingValidation(rollout, reporter).routing(routing, path);
}

void validate_content(const Rollout& rollout, const Path& path, const Reporter& reporter) {
  RoutingValidation(rollout, reporter).content(*rollout.canary, path);
}

}  // namespace serin::rollout
