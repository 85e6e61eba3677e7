#include "analysis/conditions/syntax/ast.h"

#include <algorithm>

namespace serin::analysis::conditions {

NodeId Tree::add(Node node) {
  for (NodeId child : node.children) {
    if (child != kNoNode) node.depth = std::max(node.depth, nodes[child].depth + 1);
  }
  nodes.push_back(std::move(node));
  return static_cast<NodeId>(nodes.size() - 1);
}

bool Tree::same(NodeId a, NodeId b) const {
  if (a == kNoNode || b == kNoNode) return a == b;
  const Node& x = nodes[a];
  const Node& y = nodes[b];
  if (x.kind != y.kind || x.op != y.op || x.truth != y.truth || x.optional != y.optional ||
      x.number != y.number || !(x.real == y.real) || x.name != y.name ||
      x.children.size() != y.children.size() || !same(x.map, y.map)) {
    return false;
  }
  for (std::size_t i = 0; i < x.children.size(); ++i) {
    if (!same(x.children[i], y.children[i])) return false;
  }
  return true;
}

}  // namespace serin::analysis::conditions
