// The static check: names, types of operands and arguments, before anything is evaluated.
//
//   Checked checked = check(tree, Environment::measurement, Kind::reals);
//   checked.problem;                 // "invalid operation: > (mismatched types []float64 and int)"
//   checked.types[tree.root].kind;   // Kind::boolean
//
// It follows the reference's checker: what is unknown (anything inside JSON) is left to the
// evaluation. Whole numbers that stand where a function takes a float64 become float literals in
// the tree.
#pragma once

#include <optional>
#include <vector>

#include "analysis/conditions/syntax/ast.h"
#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/kind.h"

namespace serin::analysis::conditions {

struct Checked {
  std::vector<Type> types;  // by node; nodes that are out of use keep unknown
  std::optional<Problem> problem;
};

// `result`: the type of the name `result`; unknown where there is no value yet.
Checked check(Tree& tree, Environment environment, const Type& result);

}  // namespace serin::analysis::conditions
