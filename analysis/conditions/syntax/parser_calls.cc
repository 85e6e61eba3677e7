#include <fmt/format.h>

#include <algorithm>

#include "analysis/conditions/syntax/parsing.h"

namespace serin::analysis::conditions {

NodeId Parser::postfix(NodeId node) {
  while (!failed()) {
    bool dot = current_.is_op(".") || current_.is_op("?.");
    if (!dot && !current_.is_bracket("[")) break;
    bool optional = current_.is_op("?.");
    if (dot) {
      advance();
      if (failed()) break;
    }
    if (dot && !(optional && current_.is_bracket("["))) {
      node = property(node, optional);
    } else {
      std::uint32_t offset = current_.offset;
      advance();
      node = index(node, optional, offset);
    }
  }
  return failed() ? kNoNode : node;
}

NodeId Parser::property(NodeId node, bool optional) {
  Token name = current_;
  advance();
  if (failed()) return kNoNode;
  // Operators like `not` and `matches` are fine names of members.
  if (!name.is(TokenKind::identifier) && !(name.is(TokenKind::op) && is_name(name.value))) {
    return fail_here("expected name");
  }
  Node text;
  text.kind = NodeKind::text;
  text.name = name.value;
  NodeId key = make(std::move(text), name.offset);
  if (failed()) return kNoNode;
  bool chained = tree_[node].kind == NodeKind::chain;
  Node member;
  member.kind = NodeKind::member;
  member.optional = optional;
  member.children = {chained ? tree_[node].children[0] : node, key};
  NodeId made = make(std::move(member), name.offset);
  if (failed()) return kNoNode;
  if (current_.is_bracket("(")) {
    tree_[made].method = true;
    Node invoked;
    invoked.kind = NodeKind::call;
    invoked.children = arguments({made});
    made = make(std::move(invoked), name.offset);
  }
  if (failed() || !(chained || optional)) return made;
  Node chain;
  chain.kind = NodeKind::chain;
  chain.children = {made};
  return make(std::move(chain), name.offset);
}

NodeId Parser::index(NodeId node, bool optional, std::uint32_t offset) {
  NodeId from = kNoNode;
  if (failed()) return kNoNode;
  if (!current_.is_op(":")) {
    from = expression(0);
    if (failed()) return kNoNode;
    if (!current_.is_op(":")) {
      Node member;
      member.kind = NodeKind::member;
      member.optional = optional;
      member.children = {node, from};
      NodeId made = make(std::move(member), offset);
      if (optional && !failed()) {
        Node chain;
        chain.kind = NodeKind::chain;
        chain.children = {made};
        made = make(std::move(chain), offset);
      }
      if (!failed()) expect_bracket("]");
      return made;
    }
  }
  advance();
  NodeId to = kNoNode;
  if (!failed() && !current_.is_bracket("]")) to = expression(0);
  Node slice;
  slice.kind = NodeKind::slice;
  slice.children = {node, from, to};
  if (failed()) return kNoNode;
  NodeId made = make(std::move(slice), offset);
  if (!failed()) expect_bracket("]");
  return made;
}

NodeId Parser::call(const Token& name, std::vector<NodeId> given, bool overridable) {
  if (failed()) return kNoNode;
  bool overridden =
      overridable && std::ranges::find(environment_, name.value) != environment_.end();
  auto forms = predicate_forms(name.value);
  if (!forms.empty() && !overridden) return predicate_call(name, forms, std::move(given));
  Node node;
  if (is_builtin(name.value) && !overridden) {
    node.kind = NodeKind::builtin;
    node.name = name.value;
    node.children = arguments(std::move(given));
    return failed() ? kNoNode : make(std::move(node), name.offset);
  }
  Node callee;
  callee.kind = NodeKind::identifier;
  callee.name = name.value;
  std::vector<NodeId> children = {make(std::move(callee), name.offset)};
  children.insert(children.end(), given.begin(), given.end());
  node.kind = NodeKind::call;
  if (!failed()) node.children = arguments(std::move(children));
  return failed() ? kNoNode : make(std::move(node), name.offset);
}

NodeId Parser::predicate_call(const Token& name, std::span<const Argument> forms,
                              std::vector<NodeId> given) {
  expect_bracket("(");
  // After a pipe the first argument is what stands left of it.
  forms = forms.subspan(given.size());
  for (std::size_t i = 0; i < forms.size() && !failed(); ++i) {
    bool optional =
        forms[i] == Argument::optional_expression || forms[i] == Argument::optional_predicate;
    if (current_.is_bracket(")")) {
      if (optional) break;
      return fail_here(fmt::format("expected at least {} arguments", forms.size()));
    }
    if (i > 0) expect_op(",");
    if (failed()) return kNoNode;
    bool predicated = forms[i] == Argument::predicate || forms[i] == Argument::optional_predicate;
    given.push_back(predicated ? predicate() : expression(0));
  }
  if (!failed() && current_.is_op(",")) advance();
  if (!failed()) expect_bracket(")");
  Node node;
  node.kind = NodeKind::builtin;
  node.name = name.value;
  node.children = std::move(given);
  return failed() ? kNoNode : make(std::move(node), name.offset);
}

std::vector<NodeId> Parser::arguments(std::vector<NodeId> given) {
  bool first = true;
  expect_bracket("(");
  while (!failed() && !current_.is_bracket(")")) {
    if (!first) {
      expect_op(",");
      if (failed() || current_.is_bracket(")")) break;
    }
    first = false;
    given.push_back(expression(0));
  }
  if (!failed()) expect_bracket(")");
  return given;
}

NodeId Parser::predicate() {
  std::uint32_t offset = current_.offset;
  bool braces = current_.is_bracket("{");
  if (braces) advance();
  if (failed()) return kNoNode;
  ++predicates_;
  NodeId body = braces ? sequence() : expression(0);
  --predicates_;
  if (!failed() && !braces && current_.is_op(";")) {
    return fail_here("wrap predicate with brackets { and }");
  }
  if (!failed() && braces) expect_bracket("}");
  Node node;
  node.kind = NodeKind::predicate;
  node.children = {body};
  return failed() ? kNoNode : make(std::move(node), offset);
}

NodeId Parser::array() {
  std::uint32_t offset = current_.offset;
  Node node;
  node.kind = NodeKind::array;
  expect_bracket("[");
  while (!failed() && !current_.is_bracket("]")) {
    if (!node.children.empty()) {
      expect_op(",");
      if (failed() || current_.is_bracket("]")) break;
    }
    node.children.push_back(expression(0));
  }
  if (!failed()) expect_bracket("]");
  return failed() ? kNoNode : make(std::move(node), offset);
}

NodeId Parser::map() {
  std::uint32_t offset = current_.offset;
  Node node;
  node.kind = NodeKind::map;
  expect_bracket("{");
  while (!failed() && !current_.is_bracket("}")) {
    if (!node.children.empty()) {
      expect_op(",");
      if (failed() || current_.is_bracket("}")) break;
      if (current_.is_op(",")) return unexpected();
    }
    NodeId key = kNoNode;
    if (current_.is(TokenKind::number) || current_.is(TokenKind::text) ||
        current_.is(TokenKind::identifier)) {
      Node text;
      text.kind = NodeKind::text;
      text.name = current_.value;
      key = make(std::move(text), current_.offset);
      advance();
    } else if (current_.is_bracket("(")) {
      key = expression(0);
    } else {
      return fail_here(
          "a map key must be a quoted string, a number, a identifier, or an expression enclosed "
          "in parentheses (unexpected token " +
          current_.describe() + ")");
    }
    if (!failed()) expect_op(":");
    NodeId value = expression(0);
    ++nodes_;  // the pair counts
    node.children.push_back(key);
    node.children.push_back(value);
  }
  if (!failed()) expect_bracket("}");
  return failed() ? kNoNode : make(std::move(node), offset);
}

}  // namespace serin::analysis::conditions
