// What splits the traffic, and which requests go to the canary by their content.
//
// In serin.dev exactly one router is named, or none (`trafficRouting` left out: replay, or another
// tool moves the traffic). Nothing here talks to a router: drivers do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

// What `onEngineLoss: stable` rests on: a backend of HAProxy that checks whether serin is there.
struct HaproxyLease {
  std::string backend = "serin_lease";
  std::string listen = "127.0.0.1:9477";  // where serin answers that check
  bool operator==(const HaproxyLease&) const = default;
};

// HAProxy by its admin socket. Weights layout: `backend`, `stable`, `canary` name servers of one
// backend. Map layout (recommended; 0.01 %): `map` is the file of a map read with `rand`, `key` its
// key, and two backends of any number of servers.
struct HaproxyRouting {
  static constexpr Duration kDrainDefault = std::chrono::seconds(30);
  std::vector<std::string> socket;  // paths, or host:port; more than one: all are kept alike
  std::string backend;
  std::vector<std::string> stable;
  std::vector<std::string> canary;
  std::string map;
  std::string key;        // not given: the rollout's name
  std::string match_map;  // the file of the map that holds match rules
  std::string stable_backend;
  std::string canary_backend;
  std::vector<std::string> config;  // HAProxy's files, as serin sees them; none: HAProxy is asked
  std::string state_file;           // weights layout: the server-state-file that a reload loads
  HaproxyLease lease;
  // Streams still open on a canary that left are shut down after this; 0: never.
  Duration drain = kDrainDefault;
  bool map_layout() const { return !map.empty(); }
  bool operator==(const HaproxyRouting&) const = default;
};

// nginx: a file that serin writes and a reload (drivers/routers/nginx).
struct NginxRouting {
  std::string file;                              // serin.dev
  std::vector<std::string> reload;               // serin.dev: argv
  std::string stable_upstream;                   // serin.dev
  std::string canary_upstream;                   // serin.dev
  std::string config = "/etc/nginx/nginx.conf";  // serin.dev, as all below
  std::string prefix;
  std::string program = "nginx";
  std::string pid = "/run/nginx.pid";
  std::string status = "127.0.0.1:9478";
  std::string split_by = "$request_id";
  std::string stable_ingress;  // Kubernetes, as in Argo
  std::vector<std::string> stable_ingresses;
  std::string annotation_prefix;
  Json additional_ingress_annotations;
  Json canary_ingress_annotations;
  bool operator==(const NginxRouting&) const = default;
};

// A program that is told the wanted state and reports what holds.
struct CommandRouting {
  std::vector<std::string> set;  // argv; {weight} is replaced
  std::vector<std::string> get;
  std::optional<Duration> timeout;
  bool operator==(const CommandRouting&) const = default;
};

// A web address that takes the wanted state and answers with what holds.
struct WebhookRouting {
  std::string url;
  std::optional<Duration> timeout;
  bool operator==(const WebhookRouting&) const = default;
};

struct TrafficRouting {
  bool given = false;  // the document has the block, be it empty
  std::optional<HaproxyRouting> haproxy;
  std::optional<NginxRouting> nginx;
  std::optional<CommandRouting> command;
  std::optional<WebhookRouting> webhook;
  // As written; validated where Argo does. Later drivers give them types.
  Json istio;
  Json gateway_api;
  Json alb;
  Json ambassador;
  Json apisix;
  Json app_mesh;
  Json smi;
  Json traefik;
  Json plugins;
  std::vector<std::string> managed_routes;         // names
  std::optional<std::int32_t> max_traffic_weight;  // not given: 100
  // The field's name of the first router given: "haproxy", …; "none" where no router is.
  std::string_view kind() const;
  int count() const;
  bool operator==(const TrafficRouting&) const = default;
};

}  // namespace serin::rollout
