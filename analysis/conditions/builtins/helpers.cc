#include "analysis/conditions/builtins/helpers.h"

#include <fmt/format.h>

#include "analysis/conditions/values/format.h"

namespace serin::analysis::conditions::builtins {

Outcome<std::string_view> text_of(const Value& value) {
  if (value.kind() == Kind::text) return value.as_text();
  return wrong(fmt::format("interface conversion: interface {{}} is {}, not string",
                           value.is_nil() ? "nil" : type_name(value)));
}

std::unexpected<std::string> invalid_argument(std::string_view function, const Value& value) {
  return wrong(fmt::format("invalid argument for {} (type {})", function, type_name(value)));
}

std::string kind_name(const Value& value) {
  switch (shape(value.kind())) {
    case Shape::invalid:
      return "invalid";
    case Shape::slice:
      return "slice";
    case Shape::fixed:
      return "array";
    case Shape::map:
      return "map";
    case Shape::structure:
      return "struct";
    case Shape::pointer:
      return "ptr";
    case Shape::function:
      return "func";
    case Shape::integer:
      return "int";
    case Shape::integer64:
      return "int64";
    default:
      return type_name(value);
  }
}

}  // namespace serin::analysis::conditions::builtins
