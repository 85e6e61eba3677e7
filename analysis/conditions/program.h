// A compiled expression: steps in one vector, operands by index.
//
//   std::expected<Program, Problem> program = lower(tree, types);
//
// It is what the interpreter runs, and holds everything that does not change between evaluations:
// constants, compiled patterns, the places of variables.
//
// Thread: immutable.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "analysis/conditions/syntax/ast.h"
#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/text/pattern.h"
#include "analysis/conditions/values/kind.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

using StepId = std::uint32_t;
inline constexpr StepId kNoStep = 0xffffffff;

enum class StepCode : std::uint8_t {
  constant,  // a: constant
  result,
  environment,  // `$env`
  nothing,      // a name that has no value: a builtin without a call
  local,        // a: variable
  store,        // a: variable, b: value, c: body
  element,      // `#`
  index,        // `#index`
  accumulator,  // `#acc`
  not_,         // a
  negate,       // a
  and_,         // a, b
  or_,
  coalesce,
  equal,  // a, b; flag: see Equality
  not_equal,
  less,
  more,
  less_equal,
  more_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  in,
  range,
  matches,
  contains,
  starts_with,
  ends_with,
  matches_constant,  // a, b: pattern
  fetch,             // a: object, b: key; flag 1: optional
  bind,              // a: object, b: constant with the method's name; flag 1: optional
  chain,             // a
  slice,             // a, b or kNoStep, c or kNoStep
  call,     // a: callee, b: first argument in `lists`, c: count; flag 1: the callee's type is known
  builtin,  // a: builtin, b, c: arguments
  loop,     // flag: Loop; a: collection, b: predicate, c: third argument or map; number: enough
  sum,      // b, c: operands
  sequence,     // b, c: steps
  conditional,  // a, b, c
  array,        // b, c: elements
  map,          // b, c: keys and values in turn
};

enum class Equality : std::uint8_t { general, whole, text };

enum class Loop : std::uint8_t {
  all,
  none,
  any,
  one,
  filter,
  map,
  count,
  sum,
  find,
  find_index,
  find_last,
  find_last_index,
  group_by,
  sort_by,
  reduce
};

struct Step {
  StepCode code = StepCode::nothing;
  std::uint8_t flag = 0;
  bool throws = false;  // loops: a miss is an error
  std::uint32_t a = kNoStep;
  std::uint32_t b = kNoStep;
  std::uint32_t c = kNoStep;
  std::uint32_t offset = 0;  // in the text, runes
  std::int64_t number = 0;
};

struct Program {
  std::string text;
  Kind result_kind = Kind::unknown;  // for which type of result it was compiled
  std::vector<Step> steps;
  std::vector<StepId> lists;
  std::vector<Value> constants;
  std::vector<Pattern> patterns;
  StepId root = kNoStep;
  std::uint32_t variables = 0;
};

// The tree must be checked, without a problem, and rewritten. A problem is left only where a
// pattern that folding put together is wrong.
std::expected<Program, Problem> lower(const Tree& tree, const std::vector<Type>& types);

}  // namespace serin::analysis::conditions
