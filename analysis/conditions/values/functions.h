// What can be called by name: the environment's functions, the methods of times and durations, and
// the builtins whose arguments are checked against plain lists of types.
//
//   const Signature* isNaN = environment_function("isNaN", Environment::measurement);
//
// Builtins with rules of their own (len, max, first, …) are in checker_calls.cc; what the functions
// do is in builtins/.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/conditions/values/kind.h"

namespace serin::analysis::conditions {

inline constexpr std::size_t kParametersMax = 4;

struct Signature {
  std::string_view name;
  std::uint8_t count = 0;  // of parameters
  Kind parameters[kParametersMax] = {};
  Kind result = Kind::any;
  std::uint8_t results = 1;  // a method that gives three values can't be called

  std::span<const Kind> takes() const { return {parameters, count}; }
};

// Which names an expression may use.
enum class Environment : std::uint8_t {
  measurement,  // result, asInt, asFloat, isNaN, isInf, isNil, default
  time_range,   // isNaN, isInf: the bounds of a range query
};

std::span<const std::string_view> environment_names(Environment environment);
// Null where the environment has no such function.
const Signature* environment_function(std::string_view name, Environment environment);
// Null where the type has no such method.
const Signature* method_of(Kind receiver, std::string_view name);
// The alternatives of a builtin in the order in which they are tried; empty for those with rules of
// their own.
std::span<const Signature> builtin_overloads(std::string_view name);

}  // namespace serin::analysis::conditions
