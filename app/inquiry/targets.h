// What stands at the other end of the active releases: their routers and metrics servers, as they
// were seen last, and asked now.
//
//   Json items = targets_seen(fleet);                       // [{"id":"router:checkout-42",…}]
//   auto target = find_target(fleet, "metrics:checkout-42:error-rate");
//   Json tested = ask_metric(*target->metric, limit);
//
// Nothing is changed by looking.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/fleet/fleet.h"
#include "app/workbench/workbench.h"

namespace serin::app {

// Every router and metric of the releases that have not ended.
Json targets_seen(const Fleet& fleet);

struct Target {
  std::string id{};
  std::string release{};
  bool is_router = false;
  // Secrets are still placeholders; nothing for a router, and for what the router itself counts.
  std::optional<rollout::PinnedMetric> metric{};
  std::map<std::string, analysis::SecretKeyRef> secrets{};
};

// Errors: not_found, failed_precondition (a metric that no server is asked for), data_loss.
Result<Target> find_target(const Fleet& fleet, std::string_view id);

// {"id","healthy","detail","took_ms","observed":null,"series":{…},"asked":[…]}
Json ask_metric(const Target& target, const Workbench::Limit& limit);
// The same of a router's answer.
Json router_answer(const std::string& id, const Result<rollout::ObservedTraffic>& observed,
                   Duration took);

// Why what is wanted of a router may not be applied once more by hand; "" where it may. It never
// gives the canary more than the router gives it now.
std::string why_not_again(const rollout::machine::TrafficState& traffic,
                          const rollout::ObservedTraffic& observed);

}  // namespace serin::app
