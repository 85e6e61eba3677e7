// What the builtins share: arguments of a wanted type, errors in the reference's words; internal to
// this folder.
#pragma once

#include <string>
#include <string_view>

#include "analysis/conditions/values/operators.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions::builtins {

inline std::unexpected<std::string> wrong(std::string message) {
  return std::unexpected(std::move(message));
}

// Go's assertion that a value is a text.
Outcome<std::string_view> text_of(const Value& value);
// "invalid argument for len (type bool)".
std::unexpected<std::string> invalid_argument(std::string_view function, const Value& value);
// The name of the kind as Go's reflection prints it: "slice", "map", "float64", "invalid" for nil.
std::string kind_name(const Value& value);

}  // namespace serin::analysis::conditions::builtins

// Declares a view of a text argument, or returns the error.
#define SERIN_TEXT(name, value)                                \
  auto name##_or_error = text_of(value);                       \
  if (!name##_or_error) return wrong(name##_or_error.error()); \
  std::string_view name = *name##_or_error
