#include "app/render/split.h"

#include <fmt/format.h>

#include <array>

#include "rollout/plan/header_route.h"
#include "rollout/traffic/render/kubernetes.h"
#include "rollout/traffic/render/proxies.h"
#include "rollout/traffic/render/yaml.h"

namespace serin::app {
namespace {

using rollout::CanaryStrategy;
using rollout::KubernetesSplit;
using rollout::Rollout;

struct NamedFormat {
  std::string_view name;
  SplitFormat format;
};
constexpr std::array kFormats = {
    NamedFormat{"istio", SplitFormat::istio}, NamedFormat{"gateway", SplitFormat::gateway},
    NamedFormat{"haproxy", SplitFormat::haproxy}, NamedFormat{"nginx", SplitFormat::nginx}};

int units_of(const SplitRequest& request, const CanaryStrategy& canary) {
  if (request.idle) return 0;
  if (request.units) return *request.units;
  if (request.step) return traffic_at(canary, *request.step - 1).weight.units();
  for (const rollout::Step& step : canary.steps) {
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&step.action)) {
      return set->weight.units();
    }
  }
  return 0;
}

std::vector<rollout::MatchRule> rules_of(const SplitRequest& request,
                                         const CanaryStrategy& canary) {
  if (request.idle) return {};
  if (request.rules) return *request.rules;
  return request.step ? traffic_at(canary, *request.step - 1).rules : canary.match;
}

Status check_steps(const CanaryStrategy& canary, std::size_t until) {
  if (until < 1 || until > canary.steps.size()) {
    return fail(Code::invalid_argument, fmt::format("step {} is none of the plan's: it has {}",
                                                    until, canary.steps.size()));
  }
  for (std::size_t i = 0; i < until; ++i) {
    const auto* mirror = std::get_if<rollout::SetMirrorRouteStep>(&canary.steps[i].action);
    if (mirror == nullptr || is_sayable(*mirror)) continue;
    return fail(Code::invalid_argument,
                fmt::format("step {}: the requests of mirror route '{}' are chosen by method or "
                            "path, and rules are written by headers alone",
                            i + 1, mirror->name));
  }
  return {};
}

KubernetesSplit kubernetes_split(const SplitRequest& request, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  KubernetesSplit split;
  split.name = rollout.metadata.name;
  split.name_space = rollout.metadata.name_space;
  split.release = request.release;
  split.rules = rules_of(request, canary);
  split.stable_version = request.stable;
  split.canary_version = request.version;
  split.units = units_of(request, canary);
  std::string service = rollout.service.empty() ? rollout.metadata.name : rollout.service;
  const Json& istio = canary.traffic_routing.istio;
  auto name = [](const Json& value, std::string fallback) {
    std::string_view given = value.string();
    return given.empty() ? std::move(fallback) : std::string(given);
  };
  split.virtual_service = name(istio["virtualService"]["name"], split.name);
  split.destination_rule = name(istio["destinationRule"]["name"], split.name);
  split.stable_subset = name(istio["destinationRule"]["stableSubsetName"], "stable");
  split.canary_subset = name(istio["destinationRule"]["canarySubsetName"], "canary");
  split.host = service;
  split.stable_service =
      canary.stable_service.empty() ? service + "-stable" : canary.stable_service;
  split.canary_service =
      canary.canary_service.empty() ? service + "-canary" : canary.canary_service;
  split.gateway = request.gateway;
  if (request.port > 0) split.port = request.port;
  for (const Json& object : request.existing) {
    std::string_view kind = object["kind"].string();
    if (kind == "VirtualService")
      split.existing_virtual_service = object;
    else if (kind == "DestinationRule")
      split.existing_destination_rule = object;
    else if (kind == "HTTPRoute")
      split.existing_route = object;
  }
  return split;
}

Result<RenderedSplit> render_istio(const SplitRequest& request, const Rollout& rollout) {
  const KubernetesSplit split = kubernetes_split(request, rollout);
  SERIN_TRY(objects, istio_objects(split));
  RenderedSplit rendered{.notes = istio_notes(split)};
  for (const Json& object : objects) rendered.text += "---\n" + rollout::to_yaml(object);
  return rendered;
}

Result<RenderedSplit> render_gateway(const SplitRequest& request, const Rollout& rollout) {
  const KubernetesSplit split = kubernetes_split(request, rollout);
  SERIN_TRY(route, gateway_route(split));
  return RenderedSplit{.text = "---\n" + rollout::to_yaml(route), .notes = gateway_notes(split)};
}

Result<RenderedSplit> render_nginx(const SplitRequest& request, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  rollout::NginxRouting nginx = canary.traffic_routing.nginx.value_or(rollout::NginxRouting());
  rollout::NginxSplit split;
  split.name = rollout.metadata.name;
  split.stable_upstream = nginx.stable_upstream.empty() ? "stable" : nginx.stable_upstream;
  split.canary_upstream = nginx.canary_upstream.empty() ? "canary" : nginx.canary_upstream;
  split.split_by = nginx.split_by;
  split.units = units_of(request, canary);
  split.rules = rules_of(request, canary);
  split.status_listen = nginx.status;
  split.status = "generation=0";
  SERIN_TRY(text, nginx_text(split));
  return RenderedSplit{.text = std::move(text)};
}

Result<RenderedSplit> render_haproxy(const SplitRequest& request, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  rollout::HaproxyRouting haproxy =
      canary.traffic_routing.haproxy.value_or(rollout::HaproxyRouting());
  rollout::HaproxySplit split;
  split.name = rollout.metadata.name;
  split.map = haproxy.map.empty() ? "/etc/haproxy/share.map" : haproxy.map;
  split.match_map = haproxy.match_map;
  split.rules = rules_of(request, canary);
  if (split.match_map.empty() && !canary.traffic_routing.haproxy && !split.rules.empty()) {
    split.match_map = "/etc/haproxy/match.map";
  }
  split.key = haproxy.key.empty() ? rollout.metadata.name : haproxy.key;
  split.stable_backend = haproxy.stable_backend.empty() ? "stable" : haproxy.stable_backend;
  split.canary_backend = haproxy.canary_backend.empty() ? "canary" : haproxy.canary_backend;
  if (rollout.on_engine_loss != rollout::OnEngineLoss::hold) {
    split.lease_backend = haproxy.lease.backend;
    split.lease_listen = haproxy.lease.listen;
  }
  split.units = units_of(request, canary);
  SERIN_TRY(text, haproxy_text(split));
  return RenderedSplit{.text = std::move(text)};
}

}  // namespace

std::string_view to_string(SplitFormat format) {
  for (const NamedFormat& each : kFormats) {
    if (each.format == format) return each.name;
  }
  return "";
}

std::optional<SplitFormat> parse_split_format(std::string_view name) {
  for (const NamedFormat& each : kFormats) {
    if (each.name == name) return each.format;
  }
  return std::nullopt;
}

Result<RenderedSplit> render_split(const Rollout& rollout, const SplitRequest& request) {
  if (!rollout.canary) return fail(Code::invalid_argument, "only a canary splits its traffic");
  if (request.step) SERIN_CHECK(check_steps(*rollout.canary, *request.step));
  switch (request.format) {
    case SplitFormat::istio:
      return render_istio(request, rollout);
    case SplitFormat::gateway:
      return render_gateway(request, rollout);
    case SplitFormat::haproxy:
      return render_haproxy(request, rollout);
    case SplitFormat::nginx:
      return render_nginx(request, rollout);
  }
  return fail(Code::internal, "no such format");
}

}  // namespace serin::app
