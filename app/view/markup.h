// Text inside HTML and XML.
//
//   "<td title=\"" + escaped(metric) + "\">"
#pragma once

#include <string>
#include <string_view>

namespace serin::app {

// &, <, >, " and ' are escaped, control characters but \n and \t dropped.
std::string escaped(std::string_view text);

}  // namespace serin::app
