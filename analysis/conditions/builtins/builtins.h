// The builtins without a predicate, by name.
//
//   std::uint32_t max = builtin_index("max");
//   Outcome<Value> value = call_builtin(max, arguments, calling);
//
// Arguments are checked again where the static check could not know their types. Those with a
// predicate are loops of the interpreter.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/conditions/dates/surroundings.h"
#include "analysis/conditions/values/budget.h"
#include "analysis/conditions/values/operators.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

// What a builtin sees besides its arguments.
struct Calling {
  const Surroundings& surroundings;
  const Value& result;
  Budget& budget;
};

// Asserts that the name is a builtin without a predicate.
std::uint32_t builtin_index(std::string_view name);
Outcome<Value> call_builtin(std::uint32_t index, std::span<const Value> arguments,
                            Calling& calling);

// The environment's functions: asInt, asFloat, isNaN, isInf, isNil, default.
Outcome<Value> call_environment(std::string_view name, std::span<const Value> arguments,
                                Calling& calling);
// Methods of times, durations, months, weekdays and zones.
Outcome<Value> call_method(const BoundMethod& method, std::span<const Value> arguments);

}  // namespace serin::analysis::conditions
