#include <array>

#include "rollout/plan/fields.h"

namespace serin::rollout {

using config::Visitor;

namespace {

constexpr config::FieldOptions kOurs{.serin_only = true};
constexpr config::FieldOptions kOneOrMore{.or_single = true};

}  // namespace

void fields(Visitor& v, HaproxyLease& lease) {
  v.type("HaproxyLease",
         "The backend of HAProxy that checks whether serin is there, for onEngineLoss: stable.");
  v("backend", lease.backend, "Its name.", {.always = true});
  v("listen", lease.listen, "Where serin answers its check: HOST:PORT.", {.always = true});
}

void fields(Visitor& v, HaproxyRouting& haproxy) {
  v.type("HaproxyRouting",
         "HAProxy by its admin socket: servers of one backend, or two backends and a map.");
  v("socket", haproxy.socket, "The admin socket's path, or several.",
    {.required = true, .or_single = true});
  v("backend", haproxy.backend, "Weights layout: the backend with all servers.");
  v("stable", haproxy.stable, "Weights layout: the stable slot's servers.", kOneOrMore);
  v("canary", haproxy.canary, "Weights layout: the canary slot's servers.", kOneOrMore);
  v("map", haproxy.map, "Map layout: the map's file.");
  v("key", haproxy.key, "Map layout: the key in the map; left out: the rollout's name.");
  v("stableBackend", haproxy.stable_backend, "Map layout: the stable slot's backend.");
  v("canaryBackend", haproxy.canary_backend, "Map layout: the canary slot's backend.");
  v("matchMap", haproxy.match_map,
    "Map layout: the file of the map that holds match rules and header routes.");
  v("config", haproxy.config,
    "HAProxy's configuration files, where serin sees them elsewhere than HAProxy does.",
    kOneOrMore);
  v("stateFile", haproxy.state_file,
    "Weights layout: the server-state-file that HAProxy loads at a reload.");
  v("lease", haproxy.lease, "What the canary's traffic hangs on with onEngineLoss: stable.");
  v("drain", haproxy.drain,
    "After this, sessions that are still open on a canary out of service are shut down; 0s: "
    "never.");
}

void fields(Visitor& v, NginxRouting& nginx) {
  v.type("NginxRouting", "nginx by a file and a reload, or an ingress.");
  v("file", nginx.file, "The file that serin writes.", kOurs);
  v("reload", nginx.reload, "The program that reloads nginx, with its arguments.", kOurs);
  v("stableUpstream", nginx.stable_upstream, "The stable slot's upstream.", kOurs);
  v("canaryUpstream", nginx.canary_upstream, "The canary slot's upstream.", kOurs);
  v("config", nginx.config, "nginx's configuration.", kOurs);
  v("prefix", nginx.prefix, "What nginx is started with as -p; left out: nothing.", kOurs);
  v("program", nginx.program, "nginx itself, to test its configuration with.", kOurs);
  v("pid", nginx.pid, "The file with the process id of nginx's master.", kOurs);
  v("status", nginx.status, "Where nginx tells serin what it runs: HOST:PORT.", kOurs);
  v("splitBy", nginx.split_by, "What requests are dealt out by: a text with nginx's variables.",
    kOurs);
  v("stableIngress", nginx.stable_ingress, "The stable ingress (Kubernetes).");
  v("stableIngresses", nginx.stable_ingresses, "Several stable ingresses (Kubernetes).");
  v("annotationPrefix", nginx.annotation_prefix, "The prefix of the annotations (Kubernetes).");
  v("additionalIngressAnnotations", nginx.additional_ingress_annotations,
    "More annotations (Kubernetes).");
  v("canaryIngressAnnotations", nginx.canary_ingress_annotations,
    "Annotations of the canary's ingress (Kubernetes).");
}

void fields(Visitor& v, CommandRouting& command) {
  v.type("CommandRouting", "A program that splits the traffic.");
  v("set", command.set,
    "A program and its arguments; {weight}, {generation}, {owner} and {place} are replaced.",
    {.required = true});
  v("get", command.get, "A program that prints what holds.", {.required = true});
  v("timeout", command.timeout, "How long they may take.");
}

void fields(Visitor& v, WebhookRouting& webhook) {
  v.type("WebhookRouting", "A web service that splits the traffic.");
  v("url", webhook.url, "PUT gets the wanted state, GET asks for what holds.",
    {.required = true, .always = true});
  v("timeout", webhook.timeout, "How long an answer may take.");
}

namespace {

struct ManagedRoute {
  std::string name;
};

void fields(Visitor& v, ManagedRoute& route) {
  v.type("ManagedRoute", "A route that steps may set.");
  v("name", route.name, "Its name.", {.required = true, .always = true});
}

}  // namespace

void fields(Visitor& v, TrafficRouting& routing) {
  v.type("TrafficRouting", "What splits the traffic; left out: nothing does.");
  if (v.reading()) routing.given = true;
  v("haproxy", routing.haproxy, "HAProxy.", kOurs);
  v("nginx", routing.nginx, "nginx.");
  v("command", routing.command, "A program.", kOurs);
  v("webhook", routing.webhook, "A web service.", kOurs);
  v("istio", routing.istio, "Istio.");
  v("gatewayAPI", routing.gateway_api, "Gateway API.", kOurs);
  v("alb", routing.alb, "AWS Application Load Balancer.");
  v("ambassador", routing.ambassador, "Ambassador.");
  v("apisix", routing.apisix, "Apache APISIX.");
  v("appMesh", routing.app_mesh, "AWS App Mesh.");
  v("smi", routing.smi, "Service Mesh Interface.");
  v("traefik", routing.traefik, "Traefik.");
  v("plugins", routing.plugins, "Plugins by name, with their configuration.");
  std::vector<ManagedRoute> routes;
  for (const std::string& name : routing.managed_routes) routes.push_back({name});
  v("managedRoutes", routes, "Routes that steps may set, in order.");
  if (v.reading()) {
    routing.managed_routes.clear();
    for (ManagedRoute& route : routes) routing.managed_routes.push_back(std::move(route.name));
  }
  v("maxTrafficWeight", routing.max_traffic_weight, "What setWeight counts as all; left out: 100.");
}

void fields(Visitor& v, CookieMatch& cookie) {
  v.type("CookieMatch", "A condition on cookies.");
  v("name", cookie.name, "A cookie…");
  v("value", cookie.value, "… with this value.");
  v("regex", cookie.regex, "Or: the Cookie header matches this as a whole.");
}

void fields(Visitor& v, KeyMatch& match) {
  static constexpr std::array<std::string_view, 2> kForms{"exact", "regex"};
  v.type("KeyMatch", "A condition on a header or a query parameter.");
  v.exactly_one(kForms);
  v("key", match.key, "Its name.", {.required = true});
  v("exact", match.exact, "Its value is this.");
  v("regex", match.regex, "Its value matches this as a whole.");
}

void fields(Visitor& v, MatchRule& rule) {
  static constexpr std::array<std::string_view, 4> kSystems{"ios", "android", "windows", "macos"};
  static constexpr std::array<std::string_view, 5> kBrowsers{"chrome", "ie", "firefox", "safari",
                                                             "edge"};
  v.type("Match", "Requests that go to the canary: all conditions of one rule together.");
  v("cookie", rule.cookie, "Cookies.", kOneOrMore);
  v("header", rule.header, "Headers.", kOneOrMore);
  v("query", rule.query, "Query parameters.", kOneOrMore);
  v("os", rule.os, "Operating systems, any of them.", {.or_single = true, .words = kSystems});
  v("browser", rule.browser, "Browsers, any of them.", {.or_single = true, .words = kBrowsers});
}

void fields(Visitor& v, CommandWorkload& command) {
  v.type("CommandWorkload", "A program that starts, scales and stops a slot.");
  v("apply", command.apply,
    "A program and its arguments; {slot}, {version} and {instances} are replaced.",
    {.required = true});
  v("observe", command.observe, "A program that prints what runs, as JSON.");
  v("timeout", command.timeout, "How long they may take.");
}

void fields(Visitor& v, ProcessWorkload& process) {
  v.type("ProcessWorkload", "Processes that serin starts itself.");
  v("command", process.command,
    "A program and its arguments; {version}, {port} and {instance} are replaced.",
    {.required = true});
  v("environment", process.environment, "Its environment, by name.");
  v("directory", process.directory, "Where it runs.");
  v("stablePorts", process.stable_ports, "One port an instance of the stable slot.",
    {.required = true, .minimum = 1, .maximum = 65535});
  v("canaryPorts", process.canary_ports, "One port an instance of the canary slot.",
    {.required = true, .minimum = 1, .maximum = 65535});
  v("health", process.health,
    "The path that answers 2xx once it is ready; left out: when the port answers.");
  v("stopTimeout", process.stop_timeout, "How long it may take to stop before it is killed.");
}

void fields(Visitor& v, SystemdWorkload& systemd) {
  v.type("SystemdWorkload", "Units of systemd.");
  v("unit", systemd.unit, "The unit; {slot}, {version} and {instance} (from 1) are replaced.",
    {.required = true});
}

std::span<const std::string_view> enum_names(Baseline) {
  static constexpr std::array<std::string_view, 2> kNames{"none", "fresh"};
  return kNames;
}

std::string_view to_string(Baseline value) {
  return enum_names(value)[static_cast<std::size_t>(value)];
}

void fields(Visitor& v, WorkloadSpec& workload) {
  v.type("Workload", "What runs the instances; left out: somebody else does.");
  v("command", workload.command, "A program.");
  v("process", workload.process, "Processes of serin's own.");
  v("systemd", workload.systemd, "Units of systemd.");
  v("kubernetes", workload.kubernetes, "A Kubernetes workload.");
  v("instances", workload.instances, "Instances of the canary slot at the start; left out: 1.",
    {.minimum = 1});
  v("capacity", workload.capacity,
    "The greatest percentage of the traffic that the canary slot can take as it is.");
  v("baseline", workload.baseline,
    "fresh: the canary is compared with as many stable instances as it has, started with it. "
    "Left out: none.");
}

}  // namespace serin::rollout
