#include "analysis/conditions/checking/fold.h"

#include <algorithm>

#include "analysis/conditions/values/operators.h"

namespace serin::analysis::conditions {
namespace {

bool is_number(const Node& node) {
  return node.kind == NodeKind::integer || node.kind == NodeKind::real;
}

Value number_of(const Node& node) {
  return node.kind == NodeKind::integer ? Value::integer(node.number) : Value::real(node.real);
}

Folded put_literal(Tree& tree, NodeId id, const Value& value) {
  Node literal;
  literal.offset = tree[id].offset;
  switch (value.kind()) {
    case Kind::boolean:
      literal.kind = NodeKind::boolean;
      literal.truth = value.as_boolean();
      break;
    case Kind::integer:
      literal.kind = NodeKind::integer;
      literal.number = value.as_whole();
      break;
    case Kind::real:
      literal.kind = NodeKind::real;
      literal.real = value.as_real();
      break;
    default:
      literal.kind = NodeKind::text;
      literal.name = value.as_text();
  }
  tree[id] = std::move(literal);
  return {true, Type(value.kind())};
}

// The node becomes a copy of that one, with its own place and type.
Folded put_copy(Tree& tree, NodeId id, NodeId from) {
  Node copy = tree[from];
  copy.offset = tree[id].offset;
  tree[id] = std::move(copy);
  return {true};
}

Folded fold_unary(Tree& tree, NodeId id) {
  const Node& operand = tree[tree[id].children[0]];
  if (tree[id].op == Op::not_) {
    if (operand.kind != NodeKind::boolean) return {};
    return put_literal(tree, id, Value::boolean(!operand.truth));
  }
  if (!is_number(operand)) return {};
  Value value = number_of(operand);
  return put_literal(tree, id, tree[id].op == Op::negate ? *negate(value) : value);
}

Folded fold_logic(Tree& tree, NodeId id) {
  NodeId left = tree[id].children[0];
  NodeId right = tree[id].children[1];
  // `true and x`, `false or x` are x; `x and false` is false, whatever x would say.
  bool neutral = tree[id].op == Op::and_;
  auto is = [&](NodeId side, bool truth) {
    return tree[side].kind == NodeKind::boolean && tree[side].truth == truth;
  };
  if (is(left, neutral)) return put_copy(tree, id, right);
  if (is(right, neutral)) return put_copy(tree, id, left);
  if (is(left, !neutral) || is(right, !neutral)) {
    return put_literal(tree, id, Value::boolean(!neutral));
  }
  return {};
}

Folded fold_equal(Tree& tree, NodeId id) {
  const Node& a = tree[tree[id].children[0]];
  const Node& b = tree[tree[id].children[1]];
  if (a.kind != b.kind) return {};
  switch (a.kind) {
    case NodeKind::integer:
      return put_literal(tree, id, Value::boolean(a.number == b.number));
    case NodeKind::text:
      return put_literal(tree, id, Value::boolean(a.name == b.name));
    case NodeKind::boolean:
      return put_literal(tree, id, Value::boolean(a.truth == b.truth));
    default:
      return {};
  }
}

Folded fold_arithmetic(Tree& tree, NodeId id) {
  const Node& a = tree[tree[id].children[0]];
  const Node& b = tree[tree[id].children[1]];
  Op op = tree[id].op;
  if (op == Op::add && a.kind == NodeKind::text && b.kind == NodeKind::text) {
    return put_literal(tree, id, Value::text(a.name + b.name));
  }
  if (!is_number(a) || !is_number(b)) return {};
  Value left = number_of(a);
  Value right = number_of(b);
  Budget budget;
  switch (op) {
    case Op::add:
      return put_literal(tree, id, *add(left, right, budget));
    case Op::subtract:
      return put_literal(tree, id, *subtract(left, right));
    case Op::multiply:
      return put_literal(tree, id, *multiply(left, right));
    case Op::divide:
      return put_literal(tree, id, *divide(left, right));
    case Op::power:
      return put_literal(tree, id, *power(left, right));
    default:
      break;
  }
  if (a.kind != NodeKind::integer || b.kind != NodeKind::integer) return {};
  if (b.number == 0) {
    return {false, std::nullopt, Problem{"integer divide by zero", tree[id].offset}};
  }
  return put_literal(tree, id, *modulo(left, right));
}

// filter(filter(a, p), q) is filter(a, p && q).
Folded fold_filter(Tree& tree, NodeId id) {
  const Node& outer = tree[id];
  if (outer.name != "filter" || outer.children.size() != 2) return {};
  const Node& inner = tree[outer.children[0]];
  if (inner.kind != NodeKind::builtin || inner.name != "filter") return {};
  Node both;
  both.kind = NodeKind::binary;
  both.op = Op::and_;
  both.name = "&&";
  both.offset = outer.offset;
  both.children = {tree[inner.children[1]].children[0], tree[outer.children[1]].children[0]};
  NodeId collection = inner.children[0];
  Node predicate;
  predicate.kind = NodeKind::predicate;
  predicate.children = {tree.add(std::move(both))};
  NodeId joined = tree.add(std::move(predicate));
  tree[id].children = {collection, joined};
  return {true};
}

Folded fold_array(Tree& tree, NodeId id) {
  Node& node = tree[id];
  if (node.truth || node.children.empty()) return {};
  bool literals = std::ranges::all_of(node.children, [&](NodeId element) {
    NodeKind kind = tree[element].kind;
    return kind == NodeKind::integer || kind == NodeKind::real || kind == NodeKind::text ||
           kind == NodeKind::boolean;
  });
  if (!literals) return {};
  node.truth = true;
  return {true, Type(Kind::array)};
}

}  // namespace

Folded fold_node(Tree& tree, NodeId id) {
  switch (tree[id].kind) {
    case NodeKind::unary:
      return fold_unary(tree, id);
    case NodeKind::array:
      return fold_array(tree, id);
    case NodeKind::builtin:
      return fold_filter(tree, id);
    case NodeKind::binary:
      break;
    default:
      return {};
  }
  switch (tree[id].op) {
    case Op::and_:
    case Op::or_:
      return fold_logic(tree, id);
    case Op::equal:
      return fold_equal(tree, id);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::modulo:
    case Op::power:
      return fold_arithmetic(tree, id);
    default:
      return {};
  }
}

}  // namespace serin::analysis::conditions
