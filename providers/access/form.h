// Small parts of HTTP requests that several providers build.
//
//   std::string form;
//   append_parameter(form, "query", "up == 1");   // query=up+%3D%3D+1
//   set_header(headers, "X-Scope-OrgID", "team-a");
#pragma once

#include <string>
#include <string_view>

#include "base/net/http_message.h"

namespace serin::access {

// Percent-encoding as in forms: all but letters, digits and "-_.~", a space as "+".
std::string form_escaped(std::string_view text);

// One more parameter of a form or of a URL's query.
void append_parameter(std::string& form, std::string_view name, std::string_view value);

// A header has one value: the last that was set, whatever the case of its name.
void set_header(HttpHeaders& headers, std::string_view name, std::string_view value);
bool has_header(const HttpHeaders& headers, std::string_view name);

}  // namespace serin::access
