// Regular expressions of `matches`: RE2, unanchored.
//
//   Pattern pattern = compile_pattern("^2");
//   pattern.error.empty() && search(*pattern.compiled, "204");
//
// Errors are worded as Go's regexp words them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace serin::analysis::conditions {

struct Pattern {
  std::shared_ptr<const re2::RE2> compiled;  // null with an error
  std::string error;
};

Pattern compile_pattern(std::string_view text);
bool search(const re2::RE2& pattern, std::string_view text);

}  // namespace serin::analysis::conditions
