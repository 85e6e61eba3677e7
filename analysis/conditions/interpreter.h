// Runs a compiled expression on a result.
//
//   Ran ran = run(*program, result, surroundings);
//   if (!ran.problem) use(ran.value);
//
// Deterministic: the same program, result and surroundings give the same value. Nothing is
// allocated for numbers, comparisons and indexing.
//
// Thread: any.
#pragma once

#include <optional>

#include "analysis/conditions/dates/surroundings.h"
#include "analysis/conditions/program.h"
#include "analysis/conditions/syntax/lexer.h"

namespace serin::analysis::conditions {

struct Ran {
  Value value;
  std::optional<Problem> problem{};
  bool compared_nan = false;  // a comparison, `==` or `in` had NaN on one side
};

Ran run(const Program& program, const Value& result, const Surroundings& surroundings);

}  // namespace serin::analysis::conditions
