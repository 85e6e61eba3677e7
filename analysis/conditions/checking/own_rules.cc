#include <fmt/format.h>

#include "analysis/conditions/checking/checking.h"

namespace serin::analysis::conditions {
namespace {

using Arguments = std::vector<Type>;

// As Go prints the type of an argument; nil has none.
std::string shown(const Type& type) {
  if (type.is_nil()) return "%!s(<nil>)";
  return type.is_unknown() ? "interface {}" : type.name();
}

OwnRule wrong(std::string problem) {
  return {{}, std::move(problem)};
}

OwnRule wrong_count(std::string_view expected, std::size_t got) {
  return wrong(fmt::format("invalid number of arguments (expected {}, got {})", expected, got));
}

bool is_open_array(const Type& type) {
  return type.is_unknown() || is_array(type.kind);
}

bool is_named_whole(Kind kind) {
  Shape form = shape(kind);
  return form == Shape::integer || form == Shape::integer64 || form == Shape::byte;
}

bool is_open_number(const Type& type) {
  Kind kind = type.dereferenced().kind;
  return type.is_unknown() || is_named_whole(kind) || kind == Kind::real;
}

// The elements that Go's type has, without what the checker knows beyond it.
Type plain_element(const Type& type) {
  return type.is_unknown() ? Type(Kind::any) : Type(element_kind(type.kind));
}

// Builtins of one argument.
std::optional<OwnRule> check_single(std::string_view name, const Type& argument) {
  if (name == "len") {
    Kind kind = argument.dereferenced().kind;
    bool fits = is_open_array(argument) || is_map(kind) || kind == Kind::text;
    if (fits) return OwnRule{Kind::integer, {}};
    return wrong(fmt::format("invalid argument for len (type {})", shown(argument)));
  }
  if (name == "abs" || name == "ceil" || name == "floor" || name == "round") {
    if (!is_open_number(argument)) {
      return wrong(fmt::format("invalid argument for {} (type {})", name, shown(argument)));
    }
    return OwnRule{name == "abs" ? argument : Type(Kind::real), {}};
  }
  if (name == "int" || name == "float") {
    if (!is_open_number(argument) && argument.kind != Kind::text) {
      return wrong(fmt::format("invalid argument for {} (type {})", name, shown(argument)));
    }
    return OwnRule{name == "int" ? Kind::integer : Kind::real, {}};
  }
  if (name == "first" || name == "last") {
    if (is_open_array(argument)) return OwnRule{plain_element(argument), {}};
    return wrong(fmt::format("cannot get {} element from {}", name, shown(argument)));
  }
  if (name == "keys" || name == "values" || name == "toPairs") {
    if (argument.is_unknown() || is_map(argument.kind)) return OwnRule{Kind::array, {}};
    if (name == "toPairs") {
      return wrong(fmt::format("cannot transform {} to pairs", shown(argument)));
    }
    return wrong(fmt::format("cannot get {} from {}", name, shown(argument)));
  }
  if (name == "fromPairs") {
    if (is_open_array(argument)) return OwnRule{Kind::any_map, {}};
    return wrong(fmt::format("cannot transform {} from pairs", shown(argument)));
  }
  if (name == "reverse" || name == "uniq" || name == "flatten") {
    if (is_open_array(argument)) return OwnRule{Kind::array, {}};
    return wrong(fmt::format("cannot {} {}", name, shown(argument)));
  }
  return std::nullopt;
}

OwnRule check_aggregate(std::string_view name, const Arguments& given) {
  if (given.empty()) return wrong(fmt::format("not enough arguments to call {}", name));
  for (const Type& argument : given) {
    if (is_open_array(argument)) return {Kind::any, {}};
    if (!is_open_number(argument)) {
      return wrong(fmt::format("invalid argument for {} (type {})", name, shown(argument)));
    }
  }
  return {given[0], {}};
}

OwnRule check_take(const Arguments& given) {
  if (given.size() != 2) return wrong_count("2", given.size());
  if (!is_open_array(given[0])) return wrong("cannot take from " + shown(given[0]));
  Shape form = shape(given[1].kind);
  if (!given[1].is_unknown() && form != Shape::integer && form != Shape::integer64) {
    return wrong(fmt::format("cannot take {} elements", shown(given[1])));
  }
  return {given[0].is_unknown() ? Type(Kind::any) : Type(given[0].kind), {}};
}

OwnRule check_concat(const Arguments& given) {
  if (given.empty()) return wrong_count("at least 1", 0);
  for (const Type& argument : given) {
    if (!is_open_array(argument)) return wrong("cannot concat " + shown(argument));
  }
  return {Kind::array, {}};
}

OwnRule check_now(const Arguments& given) {
  if (given.empty() || (given.size() == 1 && given[0].kind == Kind::zone)) return {Kind::time, {}};
  return wrong_count("0", given.size());
}

OwnRule check_date(const Arguments& given) {
  if (given.empty()) return wrong_count("at least 1", 0);
  std::size_t count = given.size() - (given[0].kind == Kind::zone ? 1 : 0);
  if (count > 3) return wrong_count("at most 3", count);
  return {Kind::time, {}};
}

bool takes_one(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "len",  "abs",  "ceil",   "floor",   "round",     "int",     "float", "first",
      "last", "keys", "values", "toPairs", "fromPairs", "reverse", "uniq",  "flatten"};
  for (std::string_view known : kNames) {
    if (known == name) return true;
  }
  return false;
}

}  // namespace

std::optional<OwnRule> check_own_rule(std::string_view name, const Arguments& given) {
  if (takes_one(name)) {
    if (given.size() != 1) return wrong_count("1", given.size());
    return check_single(name, given[0]);
  }
  if (name == "max" || name == "min" || name == "mean" || name == "median") {
    return check_aggregate(name, given);
  }
  if (name == "take") return check_take(given);
  if (name == "concat") return check_concat(given);
  if (name == "now") return check_now(given);
  if (name == "date") return check_date(given);
  return std::nullopt;
}

}  // namespace serin::analysis::conditions
