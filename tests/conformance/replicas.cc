// Families replica_counts_*: how many instances each side should have.
#include <array>
#include <optional>

#include "conformance/registry.h"
#include "rollout/plan/replicas/counts.h"

namespace serin::conformance {
namespace {

using rollout::InstanceCounts;
using rollout::InstanceSet;

int whole(const Json& value) {
  return static_cast<int>(value.integer());
}

std::optional<int> optional_whole(const Json& value) {
  if (value.is_null()) return std::nullopt;
  return whole(value);
}

InstanceSet set_of(const Json& value) {
  return {whole(value["spec"]), whole(value["available"])};
}

std::optional<config::IntOrString> limit_of(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return config::IntOrString(std::string(value.string()));
  return config::IntOrString(whole(value));
}

Json to_json(const InstanceCounts& counts) {
  return Json::object().set("canary", counts.canary).set("stable", counts.stable);
}

Json answer_basic(const Json& input) {
  rollout::BasicCanary canary;
  canary.replicas = whole(input["replicas"]);
  canary.weight = whole(input["setWeight"]);
  canary.canary = set_of(input["canary"]);
  canary.stable = set_of(input["stable"]);
  canary.older = whole(input["older_spec_replicas"]);
  const auto limits = rollout::instance_limits(limit_of(input["maxSurge"]),
                                               limit_of(input["maxUnavailable"]), canary.replicas);
  if (!limits) return Json::object().set("error", limits.error().to_string());
  canary.limits = *limits;
  return to_json(rollout::basic_counts(canary));
}

Json answer_routed(const Json& input) {
  rollout::RoutedCanary canary;
  canary.replicas = whole(input["replicas"]);
  canary.weight = whole(input["setWeight"]);
  const Json& scale = input["setCanaryScale"];
  canary.scale_replicas = optional_whole(scale["replicas"]);
  canary.scale_weight = optional_whole(scale["weight"]);
  canary.min_per_side = optional_whole(input["minPodsPerReplicaSet"]);
  canary.dynamic_stable = input["dynamicStableScale"].boolean();
  if (const Json& weights = input["current_weights"]; !weights.is_null()) {
    canary.actual = {whole(weights["canary"]), whole(weights["stable"])};
  }
  canary.aborted = input["abort"].boolean();
  const std::array<int, 1> steps{canary.weight};
  canary.steps = steps;
  canary.canary = set_of(input["canary"]);
  canary.stable = set_of(input["stable"]);
  return to_json(rollout::routed_counts(canary));
}

constexpr Family kFamilies[] = {{"replica_counts_basic_canary", answer_basic},
                                {"replica_counts_traffic_routed_canary", answer_routed}};

}  // namespace

std::span<const Family> replica_families() {
  return kFamilies;
}

}  // namespace serin::conformance
