// A regular expression of RE2's syntax, rewritten so that every engine that HAProxy and nginx are
// built with gives the same answer, also where the value stands inside a longer text.
//
//   neutral_regex("Int.rnal", RegexOn::header);    // (?:I)(?:n)(?:t)([^…]) and so on
//
// Each part that takes one character becomes the plain list of the bytes that RE2 takes there;
// groups, alternatives and repetitions stay. What is left has no blanks, quotes, ';', '#' or bytes
// beyond ASCII, so that it can be written into any configuration.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace serin::rollout {

enum class RegexOn {
  header,  // as the value stands there; a line break ends it
  query,   // over the raw query: a byte, or %XX for it; '&' ends it
};

// Of a pattern that RE2 compiles. Errors: invalid_argument: `^` and `$` other than at the two ends
// (the whole value is matched anyway), \b and \B in a query, \C.
Result<std::string> neutral_regex(std::string_view pattern, RegexOn on);

// The same for a literal text.
std::string neutral_literal(std::string_view text, RegexOn on);

}  // namespace serin::rollout
