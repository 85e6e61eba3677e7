#include "analysis/templates/features.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace serin::analysis {
namespace {

constexpr std::array kFeatures = std::to_array<Feature>({
    {"compare.errors", true},
    {"compare.gauge", true},
    {"compare.histogram", true},
    {"compare.mean", true},
    {"compare.native", true},
    {"compare.rate", true},
    {"judge.kayenta", true},
    {"judge.sequential", true},
    {"judge.threshold", true},
    {"match", true},
    {"mode.fixed", true},
    {"mode.sequential", true},
    {"onEngineLoss.hold", true},
    {"onEngineLoss.stable", true},
    {"option.consecutiveFailureLimit", true},
    {"option.for", true},
    {"option.preset", true},
    {"promotion.copy", true},
    {"promotion.manual", true},
    {"promotion.swap", true},
    {"provider.alertmanager", true},
    {"provider.cloudWatch", false},
    {"provider.datadog", false},
    {"provider.graphite", false},
    {"provider.haproxy", true},
    {"provider.influxdb", false},
    {"provider.job", true},
    {"provider.job.spec", false},
    {"provider.kayenta", false},
    {"provider.newRelic", false},
    {"provider.plugin", false},
    {"provider.prometheus", true},
    {"provider.skywalking", false},
    {"provider.wavefront", false},
    {"provider.web", true},
    {"router.alb", false},
    {"router.ambassador", false},
    {"router.apisix", false},
    {"router.appMesh", false},
    {"router.command", true},
    {"router.gatewayAPI", false},
    {"router.haproxy", true},
    {"router.istio", false},
    {"router.nginx", true},
    {"router.none", true},
    {"router.plugins", false},
    {"router.smi", false},
    {"router.traefik", false},
    {"router.webhook", true},
    {"step.analysis", true},
    {"step.approval", true},
    {"step.cleanup", true},
    {"step.deploy", true},
    {"step.experiment", false},
    {"step.hook", true},
    {"step.pause", true},
    {"step.plugin", true},
    {"step.setCanaryScale", true},
    {"step.setHeaderRoute", true},
    {"step.setMirrorRoute", true},
    {"step.setWeight", true},
    {"strategy.blueGreen", true},
    {"strategy.canary", true},
    {"workload.command", true},
    {"workload.kubernetes", false},
    {"workload.none", true},
    {"workload.process", true},
    {"workload.systemd", true},
});

static_assert(std::ranges::is_sorted(kFeatures, {}, &Feature::name));

std::string_view group_of(std::string_view feature) {
  return feature.substr(0, feature.find('.'));
}
std::string_view member_of(std::string_view feature) {
  return feature.substr(feature.find('.') + 1);
}

}  // namespace

std::span<const Feature> supported_features() {
  return kFeatures;
}

bool is_supported(std::string_view feature) {
  auto found = std::ranges::lower_bound(kFeatures, feature, {}, &Feature::name);
  SERIN_ASSERT(found != kFeatures.end() && found->name == feature);
  return found->supported;
}

std::string not_supported(std::string_view feature) {
  std::string text = "'" + std::string(member_of(feature)) + "' is not supported yet";
  std::string others;
  for (const Feature& other : kFeatures) {
    bool same = other.name != feature && group_of(other.name) == group_of(feature);
    if (!same || !other.supported || group_of(feature) == "option") continue;
    others += (others.empty() ? "" : ", ") + std::string(member_of(other.name));
  }
  return others.empty() ? text : text + " (supported: " + others + ")";
}

}  // namespace serin::analysis
