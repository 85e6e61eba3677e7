#include "app/demo/configuration.h"

#include <fmt/format.h>

#include "base/json.h"

namespace serin::app {

std::string demo_haproxy_configuration(const DemoPorts& ports, const std::string& socket,
                                       const std::string& map, const std::string& match_map) {
  std::string rules;
  if (!match_map.empty()) {
    rules = fmt::format(
        R"(  http-request set-var-fmt(txn.request) "%[query]\n%[req.hdrs]"
  http-request set-var(txn.share) var(txn.request),map_reg_int({}) if {{ nbsrv(serin_lease) ge 1 }}
)",
        match_map);
  }
  std::string text = fmt::format(
      R"(# Two backends and a map: serin writes the canary's share (in 0.01 %) under the key "shop".
global
  stats socket {socket} mode 600 level admin
  stats timeout 1h
  maxconn 4000
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
  retries 2
  option redispatch
frontend shop
  bind 127.0.0.1:{http}
  # Without serin the canary gets nothing more: "shop.base" gives all to the stable slot.
  http-request set-var(txn.share) str(shop.base),map_str_int({map},0)
  http-request set-var(txn.share) str(shop),map_str_int({map},0) if {{ nbsrv(serin_lease) ge 1 }}
{rules}  use_backend green if {{ rand(10000),sub(txn.share) -m int lt 0 }}
  default_backend blue
backend serin_lease
  option httpchk GET /lease
  server engine 127.0.0.1:{lease} check inter 500ms fall 4 rise 1
)",
      fmt::arg("socket", socket), fmt::arg("http", ports.http), fmt::arg("map", map),
      fmt::arg("lease", ports.lease), fmt::arg("rules", rules));
  for (std::size_t slot = 0; slot < kDemoSlots.size(); ++slot) {
    text += fmt::format("backend {}\n  balance roundrobin\n  option httpchk GET /healthz\n",
                        kDemoSlots[slot]);
    for (std::size_t i = 0; i < ports.slots[slot].size(); ++i) {
      text += fmt::format("  server {}{} 127.0.0.1:{} check inter 500ms fall 2 rise 2\n",
                          kDemoSlots[slot], i + 1, ports.slots[slot][i]);
    }
  }
  return text;
}

std::string demo_prometheus_configuration(const std::string& targets, int scrape_seconds) {
  return fmt::format(R"(global:
  scrape_interval: {0}s
  scrape_timeout: {0}s
scrape_configs:
- job_name: shop
  file_sd_configs:
  - files: ['{1}']
    refresh_interval: 1s
)",
                     scrape_seconds, targets);
}

std::string demo_targets(const DemoPorts& ports, const std::array<std::string, 2>& versions) {
  Json groups = Json::array();
  for (std::size_t slot = 0; slot < kDemoSlots.size(); ++slot) {
    if (versions[slot].empty()) continue;
    for (std::size_t i = 0; i < ports.slots[slot].size(); ++i) {
      groups.push(
          Json::object()
              .set("targets", Json::array().push(fmt::format("127.0.0.1:{}", ports.slots[slot][i])))
              .set("labels", Json::object()
                                 .set("version", versions[slot])
                                 .set("pod", fmt::format("{}{}", kDemoSlots[slot], i + 1))));
    }
  }
  return groups.dump(1) + "\n";
}

std::string demo_rollout(const DemoPorts& ports, const std::string& socket, const std::string& map,
                         const std::vector<std::pair<int, int>>& steps) {
  std::string text =
      fmt::format(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {{name: shop}}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy:
          socket: [{socket}]
          map: {map}
          stableBackend: blue
          canaryBackend: green
          lease: {{listen: '127.0.0.1:{lease}'}}
      analysis:
        versions: {{instance: pod}}
        metrics:
        - name: error-rate
          interval: 1s
          compare:
            errors: {{bad: 'http_requests_total{{code=~"5.."}}', total: http_requests_total}}
          provider: {{prometheus: {{address: 'http://127.0.0.1:{prometheus}'}}}}
        - name: latency
          interval: 1s
          compare: {{histogram: {{buckets: http_request_duration_seconds_bucket}}, warmup: 5s}}
          provider: {{prometheus: {{address: 'http://127.0.0.1:{prometheus}'}}}}
      steps:
)",
                  fmt::arg("socket", socket), fmt::arg("map", map),
                  fmt::arg("prometheus", ports.prometheus), fmt::arg("lease", ports.lease));
  for (const auto& [weight, seconds] : steps) {
    text +=
        fmt::format("      - setWeight: {}\n      - pause: {{duration: {}s}}\n", weight, seconds);
  }
  return text;
}

}  // namespace serin::app
