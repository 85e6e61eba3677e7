// The API's description as a page for people: operations with their parameters, bodies, answers and
// roles, then the schemas.
//
//   std::string html = api_page(*Json::parse(openapi_document()), "1.2.0");
//
// One page without scripts that fetches nothing but its style from beside it. It knows of OpenAPI
// what docs/api/openapi.json uses.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace serin::app {

// The headers that go with it allow nothing else.
inline constexpr std::string_view kApiPagePolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string api_page(const Json& openapi, std::string_view version);
std::string_view api_page_style();

}  // namespace serin::app
