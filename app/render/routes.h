// The route of a release's traffic: the share as numbers, and the configuration that would bring it
// about on a router.
//
//   add_traffic_routes(api.routes(), fleet);
//
// It only reads; the share is set by app/api.
#pragma once

#include "app/api/routes.h"
#include "app/fleet/fleet.h"

namespace serin::app {

void add_traffic_routes(RouteTable& routes, const Fleet& fleet);

}  // namespace serin::app
