// Go's string escapes, in single or double quotes. Internal to queries/jsonpath.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace serin::queries::jsonpath {

// `quoted` with its quotes, which may be single ones around any number of characters. Nothing where
// an escape is none of Go's.
std::optional<std::string> unquote(std::string_view quoted);

}  // namespace serin::queries::jsonpath
