// A JSON schema as text and tables: part of the API's page.
//
//   type_html(schema)      // <a href="#s-Release">Release</a>, "list of Step", "text or null"
//   members_html(schema)   // a table of the members of an object; "" where it has none
#pragma once

#include <string>

#include "base/json.h"

namespace serin::app {

// HTML, with links to the schemas that it names.
std::string type_html(const Json& schema);
std::string members_html(const Json& schema);
// The name behind "#/components/schemas/NAME"; "" of another reference.
std::string_view name_of_reference(std::string_view reference);

}  // namespace serin::app
