// The tree of an expression: nodes in one vector, children by index.
//
//   Result of parse("a + 1"): binary(add) with children {identifier "a", integer 1}.
//
// Nodes know nothing of types or values; the checker and the rewriter keep theirs beside the tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace serin::analysis::conditions {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = 0xffffffff;

enum class NodeKind : std::uint8_t {
  nil,
  boolean,      // truth
  integer,      // number
  real,         // real
  text,         // name
  bytes,        // name
  identifier,   // name
  pointer,      // `#`, `#index`, `#acc`: name without the sign
  unary,        // op; {operand}
  binary,       // op; {left, right}
  chain,        // end of a run of `?.`; {inner}
  member,       // {object, property}; optional, method
  slice,        // {object, from, to}, either end kNoNode
  call,         // {callee, arguments…}
  builtin,      // name; {arguments…}
  predicate,    // {body}
  variable,     // `let`: name; {value, body}
  sequence,     // {…}
  conditional,  // {condition, then, otherwise}
  array,        // {elements…}; truth: all of them literals, and folded into a constant
  map,          // {key, value, key, value…}
  // Made by rewriting only:
  integer_set,  // {integers…}: right side of `in`
  text_set,     // {texts…}
  sum,          // {…}: a + (b + (c + …))
};

enum class Op : std::uint8_t {
  none,
  pipe,
  or_,
  and_,
  equal,
  not_equal,
  less,
  more,
  less_equal,
  more_equal,
  in,
  matches,
  contains,
  starts_with,
  ends_with,
  range,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  coalesce,
  not_,  // unary
  plus,
  negate,
};

struct Node {
  NodeKind kind = NodeKind::nil;
  Op op = Op::none;
  bool truth = false;
  bool optional = false;  // member: `?.`
  bool method = false;    // member: it is called
  bool throws = false;    // builtin find, findLast: a miss is an error
  std::uint32_t offset = 0;
  std::uint32_t depth = 1;
  NodeId map = kNoNode;     // builtin filter, find, findLast: what to give instead of the element
  std::int64_t number = 0;  // integer; builtin count: enough is enough at this many (0: count all)
  double real = 0;
  std::string name;  // also the operator as it was written
  std::vector<NodeId> children;
};

struct Tree {
  std::vector<Node> nodes;
  NodeId root = kNoNode;
  std::string text;  // the source

  Node& operator[](NodeId id) { return nodes[id]; }
  const Node& operator[](NodeId id) const { return nodes[id]; }
  // Adds a node one deeper than its deepest child.
  NodeId add(Node node);
  // True where both subtrees would be printed alike.
  bool same(NodeId a, NodeId b) const;
};

}  // namespace serin::analysis::conditions
