// Constant folding of one node whose children are folded already.
//
//   Folded folded = fold_node(tree, id);   // `1 + 2` becomes 3, `x and false` becomes false
//
// Calls are never folded, nor is anything that would need a value.
#pragma once

#include <optional>

#include "analysis/conditions/syntax/ast.h"
#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/values/kind.h"

namespace serin::analysis::conditions {

struct Folded {
  bool changed = false;
  std::optional<Type> type{};  // of the node, where it became another one
  std::optional<Problem> problem{};
};

Folded fold_node(Tree& tree, NodeId id);

}  // namespace serin::analysis::conditions
