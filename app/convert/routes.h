// POST /api/v1/convert: what `serin convert` does, for programs. It changes nothing and asks
// nobody.
#pragma once

#include "app/api/routes.h"

namespace serin::app {

void add_convert_route(RouteTable& routes);

}  // namespace serin::app
