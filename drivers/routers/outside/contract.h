// What serin and a router that it does not know say to each other, as JSON; docs/routers.md is the
// contract. Pure.
#pragma once

#include <string>

#include "base/json.h"
#include "drivers/workloads/places.h"
#include "rollout/ports/router.h"

namespace serin::drivers {

// {"rollout": "shop", "owner": "shop-1@here", "generation": 7, "weight": 5, "inService": true,
//  "place": "canary", "match": […], "content": "…", "drainSeconds": 0}
Json wanted_json(const std::string& rollout, const rollout::DesiredTraffic& desired, bool swapped);

// {"weight": 5, "inService": true, "owner": "…"}, and where the router knows them "place",
// "content", "instance", "stable" and "canary": {"servers": 2, "ready": 2, "requests": 100,
// "errors": 3}. Errors: data_loss, naming what does not fit.
Result<rollout::ObservedTraffic> held_from_json(const Json& json, bool swapped);

}  // namespace serin::drivers
