// Rewrites a checked tree as the reference's optimiser does, since its shortcuts can be seen:
// constants are folded (so that `1 % 0` is an error before any evaluation), `filter(…)[0]` stops at
// the first hit, `x in ["a"]` looks up a set.
//
//   std::optional<Problem> problem = rewrite(tree, checked.types);
//
// Nodes are replaced in place; `types` follows.
#pragma once

#include <optional>
#include <vector>

#include "analysis/conditions/syntax/ast.h"
#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/values/kind.h"

namespace serin::analysis::conditions {

std::optional<Problem> rewrite(Tree& tree, std::vector<Type>& types);

}  // namespace serin::analysis::conditions
