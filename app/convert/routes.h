// POST /api/v1/convert: what `serin convert` does, for programs. It changes nothing and asks
// nobody; the work is done on the bench, beside the loop, which outlives the routes.
#pragma once

#include "app/api/routes.h"
#include "app/workbench/workbench.h"

namespace serin::app {

void add_convert_route(RouteTable& routes, Workbench& bench);

}  // namespace serin::app
