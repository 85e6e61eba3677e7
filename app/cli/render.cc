// serin render: a rollout's split and its match rules as other routers read them.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "app/cli/commands.h"
#include "app/cli/files.h"
#include "app/cli/tools.h"
#include "base/config/parsers.h"
#include "rollout/traffic/render/kubernetes.h"
#include "rollout/traffic/render/proxies.h"
#include "rollout/traffic/render/yaml.h"

namespace serin::app {
namespace {

using rollout::CanaryStrategy;
using rollout::KubernetesSplit;
using rollout::Rollout;

// The weight asked for, else that of the first setWeight.
Result<int> units_of(const RenderOptions& options, const CanaryStrategy& canary) {
  if (options.idle) return 0;
  if (!options.weight.empty()) {
    SERIN_TRY(weight, rollout::Weight::parse(options.weight));
    return weight.units();
  }
  for (const rollout::Step& step : canary.steps) {
    if (const auto* set = std::get_if<rollout::SetWeightStep>(&step.action)) {
      return set->weight.units();
    }
  }
  return 0;
}

std::vector<rollout::MatchRule> rules_of(const RenderOptions& options,
                                         const CanaryStrategy& canary) {
  return options.idle ? std::vector<rollout::MatchRule>() : canary.match;
}

// The objects of the files of --existing, by kind.
Status read_existing(const std::vector<std::string>& paths, KubernetesSplit& split) {
  SERIN_TRY(files, read_files(paths));
  for (const rollout::ConfigFile& file : files) {
    config::Parsed parsed = config::parse_yaml(file.text);
    if (parsed.fault) {
      return fail(Code::invalid_argument, fmt::format("{}: {}", file.name, parsed.fault->message));
    }
    for (const config::Node& root : parsed.roots) {
      Json object = root.to_json();
      std::string_view kind = object["kind"].string();
      if (kind == "VirtualService")
        split.existing_virtual_service = std::move(object);
      else if (kind == "DestinationRule")
        split.existing_destination_rule = std::move(object);
      else if (kind == "HTTPRoute")
        split.existing_route = std::move(object);
    }
  }
  return {};
}

Result<KubernetesSplit> kubernetes_split(const RenderOptions& options, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  KubernetesSplit split;
  split.name = rollout.metadata.name;
  split.name_space = rollout.metadata.name_space;
  split.release = options.release;
  split.rules = rules_of(options, canary);
  split.stable_version = options.stable;
  split.canary_version = options.version;
  SERIN_TRY(units, units_of(options, canary));
  split.units = units;
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
  split.gateway = options.gateway;
  if (options.port > 0) split.port = options.port;
  if (!options.existing.empty()) SERIN_CHECK(read_existing(options.existing, split));
  return split;
}

Result<std::string> render_istio(const RenderOptions& options, const Rollout& rollout) {
  SERIN_TRY(split, kubernetes_split(options, rollout));
  SERIN_TRY(objects, istio_objects(split));
  for (const std::string& note : istio_notes(split)) {
    std::fprintf(stderr, "serin: note: %s\n", note.c_str());
  }
  std::string text;
  for (const Json& object : objects) text += "---\n" + rollout::to_yaml(object);
  return text;
}

Result<std::string> render_gateway(const RenderOptions& options, const Rollout& rollout) {
  SERIN_TRY(split, kubernetes_split(options, rollout));
  SERIN_TRY(route, gateway_route(split));
  return "---\n" + rollout::to_yaml(route);
}

Result<std::string> render_nginx(const RenderOptions& options, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  SERIN_TRY(units, units_of(options, canary));
  rollout::NginxRouting nginx = canary.traffic_routing.nginx.value_or(rollout::NginxRouting());
  rollout::NginxSplit split;
  split.name = rollout.metadata.name;
  split.stable_upstream = nginx.stable_upstream.empty() ? "stable" : nginx.stable_upstream;
  split.canary_upstream = nginx.canary_upstream.empty() ? "canary" : nginx.canary_upstream;
  split.split_by = nginx.split_by;
  split.units = units;
  split.rules = rules_of(options, canary);
  split.status_listen = nginx.status;
  split.status = "generation=0";
  return nginx_text(split);
}

Result<std::string> render_haproxy(const RenderOptions& options, const Rollout& rollout) {
  const CanaryStrategy& canary = *rollout.canary;
  SERIN_TRY(units, units_of(options, canary));
  rollout::HaproxyRouting haproxy =
      canary.traffic_routing.haproxy.value_or(rollout::HaproxyRouting());
  rollout::HaproxySplit split;
  split.name = rollout.metadata.name;
  split.map = haproxy.map.empty() ? "/etc/haproxy/share.map" : haproxy.map;
  split.match_map = haproxy.match_map;
  if (split.match_map.empty() && !canary.traffic_routing.haproxy && !canary.match.empty()) {
    split.match_map = "/etc/haproxy/match.map";
  }
  split.key = haproxy.key.empty() ? rollout.metadata.name : haproxy.key;
  split.stable_backend = haproxy.stable_backend.empty() ? "stable" : haproxy.stable_backend;
  split.canary_backend = haproxy.canary_backend.empty() ? "canary" : haproxy.canary_backend;
  if (rollout.on_engine_loss != rollout::OnEngineLoss::hold) {
    split.lease_backend = haproxy.lease.backend;
    split.lease_listen = haproxy.lease.listen;
  }
  split.units = units;
  split.rules = rules_of(options, canary);
  return haproxy_text(split);
}

}  // namespace

ExitCode command_render(const RenderOptions& options) {
  auto files = read_files(options.files);
  if (!files) return give_up(files.error());
  rollout::Loaded loaded = rollout::load_config(*files, {});
  if (loaded.problems.has_errors()) {
    std::fputs(config::to_text(loaded.problems).c_str(), stderr);
    return ExitCode::invalid_input;
  }
  auto chosen = choose_rollout(loaded.set, options.rollout);
  if (!chosen) return give_up(chosen.error());
  if (!(*chosen)->canary) {
    return give_up({Code::invalid_argument, "only a canary splits its traffic"});
  }
  auto text = options.format == RenderOptions::Format::istio     ? render_istio(options, **chosen)
              : options.format == RenderOptions::Format::gateway ? render_gateway(options, **chosen)
              : options.format == RenderOptions::Format::haproxy ? render_haproxy(options, **chosen)
                                                                 : render_nginx(options, **chosen);
  if (!text) return give_up(text.error());
  std::fputs(text->c_str(), stdout);
  return ExitCode::ok;
}

}  // namespace serin::app
