// A split as the objects that Kubernetes' routers read: Istio's VirtualService and DestinationRule,
// the Gateway API's HTTPRoute.
//
//   SERIN_TRY(objects, istio_objects({.name = "shop", .host = "shop", .units = 2500}));
//   for (const Json& object : objects) text += "---\n" + to_yaml(object);
//
// Content comes first, the ratio after it; copies of requests are mirrors of those routes. It talks
// to no cluster.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct KubernetesSplit {
  std::string name{};     // the rollout's
  std::string release{};  // names Istio's routes that are serin's: serin-RELEASE
  std::string name_space{};
  int units = 0;  // the canary's share of what no rule takes, of 10 000
  std::vector<MatchRule> rules{};

  // Istio: one host with two subsets.
  std::string host{};
  std::string stable_subset = "stable";
  std::string canary_subset = "canary";
  std::string stable_version{};  // the subsets' label `version`
  std::string canary_version{};
  std::string virtual_service{};   // their names; "" is the rollout's
  std::string destination_rule{};  // …
  std::string api_version = "networking.istio.io/v1";
  // The objects as they are: whatever is not serin's stays. Null: there are none yet.
  Json existing_virtual_service{};
  Json existing_destination_rule{};

  // Gateway API: two services.
  std::string stable_service{};
  std::string canary_service{};
  std::int32_t port = 80;
  std::string gateway{};  // the parent, where there is no existing route
  Json existing_route{};
};

// DestinationRule, VirtualService. Errors: invalid_argument: a share that is no whole percentage,
// rules as ordered_routes() says.
Result<std::vector<Json>> istio_objects(const KubernetesSplit& split);

// HTTPRoute, as the Gateway API's standard channel has it from 1.0 on. In an existing one that is
// marked as serin's, those rules are replaced that name the two services and no other, stable's
// first. Errors likewise, but for the share: weights are any numbers; also mirror routes by headers
// with several percentages.
Result<Json> gateway_route(const KubernetesSplit& split);

// What is not the same there as on other routers, for the rules given; sentences for people.
std::vector<std::string> istio_notes(const KubernetesSplit& split);
std::vector<std::string> gateway_notes(const KubernetesSplit& split);

}  // namespace serin::rollout
