// The description of the API that is in the binary: docs/api/openapi.json as it was at build time.
#pragma once

#include <string_view>

namespace serin::app {

std::string_view openapi_document();

}  // namespace serin::app
