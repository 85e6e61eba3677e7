#include "queries/presets/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace serin::queries {
namespace {

using Kind = Comparison::Kind;

// One system: the selectors of its three metrics.
struct System {
  std::string_view name;
  std::string_view label;
  std::string_view instance;
  std::string_view bad;
  std::string_view total;
  std::string_view buckets;
  bool successful_only;
};

constexpr auto kSystems = std::to_array<System>({
    // Contour's own metrics are those of its Envoy, a cluster for each service and port.
    {"contour", "envoy_cluster_name", "pod",
     R"(envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"})",
     "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time_bucket", false},
    {"envoy", "envoy_cluster_name", "instance",
     R"(envoy_cluster_upstream_rq_xx{envoy_response_code_class="5"})",
     "envoy_cluster_upstream_rq_xx", "envoy_cluster_upstream_rq_time_bucket", false},
    {"haproxy", "server", "server", R"(haproxy_server_http_responses_total{code="5xx"})",
     "haproxy_server_http_responses_total", "haproxy_server_latency_seconds_bucket", false},
    // A response code of 0 is a request that was not answered.
    {"istio", "destination_version", "pod",
     R"(istio_requests_total{reporter="destination",response_code=~"0|5.."})",
     R"(istio_requests_total{reporter="destination"})",
     R"(istio_request_duration_milliseconds_bucket{reporter="destination",response_code!~"0|5.."})",
     true},
    {"linkerd", "deployment", "pod",
     R"(response_total{direction="inbound",classification="failure"})",
     R"(response_total{direction="inbound"})",
     R"(response_latency_ms_bucket{direction="inbound",status_code!~"5.."})", true},
    {"micrometer", "version", "pod",
     R"(http_server_requests_seconds_count{outcome="SERVER_ERROR"})",
     "http_server_requests_seconds_count",
     R"(http_server_requests_seconds_bucket{outcome!="SERVER_ERROR"})", true},
    {"nginx-ingress", "service", "controller_pod",
     R"(nginx_ingress_controller_requests{status=~"5.."})", "nginx_ingress_controller_requests",
     R"(nginx_ingress_controller_request_duration_seconds_bucket{status!~"5.."})", true},
    {"otel-http", "service_version", "instance",
     R"(http_server_request_duration_seconds_count{http_response_status_code=~"5.."})",
     "http_server_request_duration_seconds_count",
     R"(http_server_request_duration_seconds_bucket{http_response_status_code!~"5.."})", true},
    {"prometheus", "version", "instance", R"(http_requests_total{code=~"5.."})",
     "http_requests_total", R"(http_request_duration_seconds_bucket{code!~"5.."})", true},
    {"traefik", "service", "instance", R"(traefik_service_requests_total{code=~"5.."})",
     "traefik_service_requests_total",
     R"(traefik_service_request_duration_seconds_bucket{code!~"5.."})", true},
});

constexpr std::size_t kMetrics = 3;

constexpr auto make_presets() {
  std::array<Preset, kSystems.size() * kMetrics> all{};
  std::size_t at = 0;
  for (const System& s : kSystems) {
    all[at++] = {s.name, "errors", Kind::errors, s.bad, s.total, s.label, s.instance, false};
    all[at++] = {s.name, "latency", Kind::histogram, s.buckets,
                 {},     s.label,   s.instance,      s.successful_only};
    all[at++] = {s.name, "traffic", Kind::rate, s.total, {}, s.label, s.instance, false};
  }
  return all;
}

constexpr auto kPresets = make_presets();

static_assert(std::ranges::is_sorted(kSystems, {}, &System::name));

Result<std::string> with_matchers(std::string_view text, const std::vector<Matcher>& matchers) {
  SERIN_TRY(selector, Selector::parse(text));
  for (const Matcher& matcher : matchers) selector = selector.with(matcher);
  return selector.to_string();
}

}  // namespace

std::span<const Preset> presets() {
  return kPresets;
}

Result<const Preset*> find_preset(std::string_view system, std::string_view metric) {
  std::string systems;
  for (const System& known : kSystems) {
    systems += fmt::format("{}{}", systems.empty() ? "" : ", ", known.name);
  }
  if (std::ranges::find(kSystems, system, &System::name) == kSystems.end()) {
    return fail(Code::invalid_argument,
                fmt::format("there are no presets for '{}'; there are for {}", system, systems));
  }
  for (const Preset& preset : kPresets) {
    if (preset.system == system && preset.metric == metric) return &preset;
  }
  return fail(
      Code::invalid_argument,
      fmt::format("{} has no preset '{}'; it has errors, latency and traffic", system, metric));
}

Result<PresetSelectors> scoped(const Preset& preset, std::string_view matchers) {
  std::vector<Matcher> more;
  if (!matchers.empty()) {
    auto parsed = Selector::parse(fmt::format("x{{{}}}", matchers));
    if (!parsed) {
      return fail(Code::invalid_argument,
                  fmt::format("'{}' is no list of matchers, like namespace=\"prod\",job=~\"a|b\"",
                              matchers));
    }
    for (const Matcher& matcher : parsed->matchers()) {
      if (matcher.label != kNameLabel) more.push_back(matcher);
    }
  }
  SERIN_TRY(events, with_matchers(preset.events, more));
  PresetSelectors selectors{std::move(events), ""};
  if (!preset.total.empty()) {
    SERIN_TRY(total, with_matchers(preset.total, more));
    selectors.total = std::move(total);
  }
  return selectors;
}

}  // namespace serin::queries
