// Match rules as a router reads them that knows no copies apart from routes: routes in order, of
// which the first that a request fits takes it, and each copies a share of its requests.
//
//   SERIN_TRY(routes, ordered_routes({{.mirror = 30}, internal}));
//   // internal → the canary, 30 % copied; everything else → by share, 30 % copied
#pragma once

#include <vector>

#include "base/result.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/rules.h"

namespace serin::rollout {

struct OrderedRoute {
  // Alternatives, each of conditions that hold together; none: all requests.
  std::vector<std::vector<Condition>> matches{};
  bool to_canary = false;  // alone; otherwise by share
  int mirror = 0;          // percentage of its requests that are copied to the canary
  bool operator==(const OrderedRoute&) const = default;
};

// The last one takes all requests, by share. A request that several mirror routes take has the
// largest percentage. Errors: invalid_argument: a problem of a rule; two conditions on one header
// or parameter in a match, be it that a rule and a mirror route both have one.
Result<std::vector<OrderedRoute>> ordered_routes(const std::vector<MatchRule>& rules);

}  // namespace serin::rollout
