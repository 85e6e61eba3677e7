#include "rollout/traffic/render/kubernetes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "rollout/traffic/render/ordered.h"

namespace serin::rollout {
namespace {

constexpr int kUnitsFull = 10'000;
constexpr int kUnitsPercent = 100;
constexpr int kPercentFull = 100;

constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";
constexpr const char* kRun = "serin.io/run";

std::string route_name(std::string_view owner) {
  return fmt::format("serin-{}", owner);
}

std::string route_name(const KubernetesSplit& split) {
  return route_name(split.release.empty() ? split.name : split.release);
}

bool is_named(const Json& route, const std::string& name) {
  std::string_view found = route["name"].string();
  return found == name || found == name + "-match" || found.starts_with(name + "-copies") ||
         found.starts_with(name + "-match-copies");
}

// By this release's name, or by that of the one that wrote the object before.
bool is_named_by_serin(const Json& route, const KubernetesSplit& split, const Json& existing) {
  std::string_view before = existing["metadata"]["annotations"][kRun].string();
  return is_named(route, route_name(split)) ||
         (!before.empty() && is_named(route, route_name(before)));
}

Json metadata(const KubernetesSplit& split, const std::string& name, const Json& existing) {
  Json out = existing["metadata"].is_object() ? existing["metadata"] : Json::object();
  if (!out.contains("name")) out.set("name", name);
  if (!split.name_space.empty()) out.set("namespace", split.name_space);
  Json labels = out["labels"].is_object() ? out["labels"] : Json::object();
  labels.set(kManagedBy, "serin");
  out.set("labels", std::move(labels));
  if (!split.release.empty()) {
    Json notes = out["annotations"].is_object() ? out["annotations"] : Json::object();
    notes.set(kRun, split.release);
    out.set("annotations", std::move(notes));
  }
  return out;
}

Json object_of(std::string_view api, std::string_view kind, Json meta, Json spec) {
  return Json::object()
      .set("apiVersion", api)
      .set("kind", kind)
      .set("metadata", std::move(meta))
      .set("spec", std::move(spec));
}

// Conditions of one rule hold together in one match.
Json istio_match(const std::vector<Condition>& conditions) {
  Json headers = Json::object();
  Json query = Json::object();
  for (const Condition& condition : conditions) {
    Json one = condition.exact.empty() ? Json::object().set("regex", condition.regex)
                                       : Json::object().set("exact", condition.exact);
    (condition.on == Condition::On::query ? query : headers).set(condition.key, std::move(one));
  }
  Json match = Json::object();
  if (headers.size() > 0) match.set("headers", std::move(headers));
  if (query.size() > 0) match.set("queryParams", std::move(query));
  return match;
}

Json istio_destination(const KubernetesSplit& split, const std::string& subset) {
  return Json::object().set("host", split.host).set("subset", subset);
}

Json istio_share(const KubernetesSplit& split, const std::string& subset, int weight) {
  return Json::object().set("destination", istio_destination(split, subset)).set("weight", weight);
}

Json istio_route(const KubernetesSplit& split, const OrderedRoute& from, std::string name) {
  Json out = Json::object().set("name", std::move(name));
  if (!from.matches.empty()) {
    Json matches = Json::array();
    for (const auto& match : from.matches) matches.push(istio_match(match));
    out.set("match", std::move(matches));
  }
  int percent = from.to_canary ? kPercentFull : split.units / kUnitsPercent;
  Json route = Json::array();
  if (percent < kPercentFull || !from.to_canary) {
    route.push(istio_share(split, split.stable_subset, kPercentFull - percent));
  }
  if (percent > 0) route.push(istio_share(split, split.canary_subset, percent));
  out.set("route", std::move(route));
  if (from.mirror > 0) {
    out.set("mirror", istio_destination(split, split.canary_subset));
    out.set("mirrorPercentage", Json::object().set("value", from.mirror));
  }
  return out;
}

// The last route of a kind takes what the ones before it left, and has the plain name.
Json istio_routes(const KubernetesSplit& split, const std::vector<OrderedRoute>& routes) {
  Json out = Json::array();
  int copies = 0;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    bool last = i + 1 == routes.size() || routes[i + 1].to_canary != routes[i].to_canary;
    std::string name = route_name(split) + (routes[i].to_canary ? "-match" : "");
    if (!last) name += fmt::format("-copies{}", ++copies);
    if (last) copies = 0;
    out.push(istio_route(split, routes[i], std::move(name)));
  }
  return out;
}

// Ours take their old places; new ones stand before the first route that takes everything.
template <typename IsOurs>
Json with_routes(const Json& existing, const IsOurs& is_ours, Json ours) {
  Json out = Json::array();
  bool placed = false;
  auto place = [&] {
    if (std::exchange(placed, true)) return;
    for (const Json& route : ours.items()) out.push(route);
  };
  for (const Json& route : existing.items()) {
    bool old = is_ours(route);
    bool takes_all = !route.contains("match") && !route.contains("matches");
    if (old || takes_all) place();
    if (!old) out.push(route);
  }
  place();
  return out;
}

Json subsets_of(const KubernetesSplit& split) {
  Json out = split.existing_destination_rule["spec"]["subsets"];
  if (!out.is_array()) out = Json::array();
  for (const auto& [name, version] : {std::pair(split.stable_subset, split.stable_version),
                                      std::pair(split.canary_subset, split.canary_version)}) {
    Json subset = Json::object().set("name", name);
    auto found = std::ranges::find_if(
        out.items(), [&](const Json& one) { return one["name"].string() == name; });
    if (found != out.items().end()) subset = *found;
    Json labels = subset["labels"].is_object() ? subset["labels"] : Json::object();
    if (!version.empty()) labels.set("version", version);
    subset.set("labels", std::move(labels));
    if (found != out.items().end()) {
      *found = std::move(subset);
    } else {
      out.push(std::move(subset));
    }
  }
  return out;
}

Json gateway_match(const std::vector<Condition>& conditions) {
  Json headers = Json::array();
  Json query = Json::array();
  for (const Condition& condition : conditions) {
    Json one = Json::object()
                   .set("type", condition.exact.empty() ? "RegularExpression" : "Exact")
                   .set("name", condition.key)
                   .set("value", condition.exact.empty() ? condition.regex : condition.exact);
    (condition.on == Condition::On::query ? query : headers).push(std::move(one));
  }
  Json match = Json::object();
  if (headers.size() > 0) match.set("headers", std::move(headers));
  if (query.size() > 0) match.set("queryParams", std::move(query));
  return match;
}

Json backend(const std::string& service, std::int32_t port, int weight) {
  return Json::object().set("name", service).set("port", port).set("weight", weight);
}

// Rules of an HTTPRoute have no names before version 1.4 of the Gateway API: serin's are known, in
// a route that serin marked, by naming both services, stable's first, one of them at weight 0 if
// need be.
bool is_rule_of_ours(const Json& rule, const KubernetesSplit& split, const Json& existing) {
  if (is_named_by_serin(rule, split, existing)) return true;
  bool marked = existing["metadata"]["labels"][kManagedBy].string() == "serin";
  const Json& refs = rule["backendRefs"];
  return marked && refs.size() == 2 && refs.at(0)["name"].string() == split.stable_service &&
         refs.at(1)["name"].string() == split.canary_service;
}

Json backends(const KubernetesSplit& split, int stable, int canary) {
  return Json::array()
      .push(backend(split.stable_service, split.port, stable))
      .push(backend(split.canary_service, split.port, canary));
}

Json gateway_rule(const KubernetesSplit& split, const OrderedRoute& from) {
  Json out = Json::object();
  if (!from.matches.empty()) {
    Json matches = Json::array();
    for (const auto& match : from.matches) matches.push(gateway_match(match));
    out.set("matches", std::move(matches));
  }
  if (from.mirror > 0) {
    Json mirror = Json::object().set(
        "backendRef", Json::object().set("name", split.canary_service).set("port", split.port));
    if (from.mirror < kPercentFull) mirror.set("percent", from.mirror);
    out.set(
        "filters",
        Json::array().push(
            Json::object().set("type", "RequestMirror").set("requestMirror", std::move(mirror))));
  }
  if (from.to_canary) return out.set("backendRefs", backends(split, 0, 1));
  int scale = split.units % kUnitsPercent == 0 ? kUnitsPercent : 1;
  return out.set("backendRefs",
                 backends(split, (kUnitsFull - split.units) / scale, split.units / scale));
}

// A request that several rules of an HTTPRoute fit takes the one with most conditions, wherever it
// stands: of two percentages of different requests that would be either.
Status check_precedence(const std::vector<OrderedRoute>& routes) {
  auto chosen = std::ranges::count_if(
      routes, [](const OrderedRoute& route) { return !route.to_canary && !route.matches.empty(); });
  if (chosen < 2) return {};
  return fail(Code::invalid_argument,
              "mirror routes that choose requests by headers need the same percentage in the "
              "Gateway API: a request that fits two of them would take either");
}

}  // namespace

Result<std::vector<Json>> istio_objects(const KubernetesSplit& split) {
  SERIN_ASSERT(split.units >= 0 && split.units <= kUnitsFull);
  SERIN_TRY(routes, ordered_routes(split.rules));
  if (split.units % kUnitsPercent != 0) {
    return fail(Code::invalid_argument,
                fmt::format("{:.2f} % can't be said in Istio, whose weights are whole percentages: "
                            "the Gateway API and HAProxy have finer ones",
                            split.units / static_cast<double>(kUnitsPercent)));
  }
  const Json& old_service = split.existing_virtual_service;
  Json service = old_service["spec"].is_object() ? old_service["spec"] : Json::object();
  if (!service.contains("hosts")) service.set("hosts", Json::array().push(split.host));
  auto is_ours = [&](const Json& one) { return is_named_by_serin(one, split, old_service); };
  service.set("http", with_routes(service["http"], is_ours, istio_routes(split, routes)));
  const Json& old_rule = split.existing_destination_rule;
  Json rule = old_rule["spec"].is_object() ? old_rule["spec"] : Json::object();
  if (!rule.contains("host")) rule.set("host", split.host);
  rule.set("subsets", subsets_of(split));
  std::string rule_name = split.destination_rule.empty() ? split.name : split.destination_rule;
  std::string service_name = split.virtual_service.empty() ? split.name : split.virtual_service;
  std::vector<Json> out;
  out.push_back(object_of(split.api_version, "DestinationRule",
                          metadata(split, rule_name, old_rule), std::move(rule)));
  out.push_back(object_of(split.api_version, "VirtualService",
                          metadata(split, service_name, old_service), std::move(service)));
  return out;
}

Result<Json> gateway_route(const KubernetesSplit& split) {
  SERIN_ASSERT(split.units >= 0 && split.units <= kUnitsFull);
  SERIN_TRY(routes, ordered_routes(split.rules));
  SERIN_CHECK(check_precedence(routes));
  Json ours = Json::array();
  for (const OrderedRoute& route : routes) ours.push(gateway_rule(split, route));
  const Json& old = split.existing_route;
  Json spec = old["spec"].is_object() ? old["spec"] : Json::object();
  if (!spec.contains("parentRefs") && !split.gateway.empty()) {
    spec.set("parentRefs", Json::array().push(Json::object().set("name", split.gateway)));
  }
  auto is_ours = [&](const Json& one) { return is_rule_of_ours(one, split, old); };
  spec.set("rules", with_routes(spec["rules"], is_ours, std::move(ours)));
  return object_of("gateway.networking.k8s.io/v1", "HTTPRoute", metadata(split, split.name, old),
                   std::move(spec));
}

std::vector<std::string> istio_notes(const KubernetesSplit& split) {
  std::vector<std::string> notes;
  bool query =
      std::ranges::any_of(split.rules, [](const MatchRule& rule) { return !rule.query.empty(); });
  if (query) {
    notes.emplace_back(
        "Istio compares parameters of the query as they are sent, percent-encoded; HAProxy and "
        "nginx as serin sets them up decode them first");
  }
  bool asks = std::ranges::any_of(split.rules, &MatchRule::has_conditions);
  if (asks) {
    notes.emplace_back(
        "rules on content act on the service that clients reach directly; behind it they need the "
        "headers to be passed on by every service on the way");
  }
  if (!mirror_rules(split.rules).empty()) {
    notes.emplace_back("Istio puts '-shadow' behind the host that a copy asks for");
  }
  return notes;
}

std::vector<std::string> gateway_notes(const KubernetesSplit& split) {
  std::vector<std::string> notes;
  bool partly = std::ranges::any_of(
      mirror_rules(split.rules), [](const MatchRule& rule) { return *rule.mirror < kPercentFull; });
  if (partly) {
    notes.emplace_back(
        "the percentage of a RequestMirror came with version 1.3 of the Gateway API: an earlier "
        "one "
        "drops it, and every request is copied");
  }
  return notes;
}

}  // namespace serin::rollout
