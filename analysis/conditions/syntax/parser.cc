#include "analysis/conditions/syntax/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "analysis/conditions/syntax/parsing.h"
#include "analysis/conditions/text/numbers.h"
#include "analysis/conditions/text/utf8.h"

namespace serin::analysis::conditions {

NodeId Parser::fail_at(std::uint32_t offset, std::string message) {
  if (!problem_) problem_ = Problem{std::move(message), offset};
  return kNoNode;
}

void Parser::advance() {
  if (stashed_) {
    current_ = std::move(*stashed_);
    stashed_.reset();
    return;
  }
  if (lexer_.at_end()) {
    fail_here("unexpected end of expression");
    return;
  }
  Token token;
  if (auto problem = lexer_.next(token)) {
    problem_ = std::move(problem);
    return;
  }
  current_ = std::move(token);
}

void Parser::expect_op(std::string_view value) {
  if (current_.is_op(value)) return advance();
  unexpected();
}

void Parser::expect_bracket(std::string_view value) {
  if (current_.is_bracket(value)) return advance();
  unexpected();
}

Token Parser::expect_name() {
  Token name = current_;
  if (name.is(TokenKind::identifier)) {
    advance();
  } else {
    unexpected();
  }
  return name;
}

NodeId Parser::make(Node node, std::uint32_t offset) {
  if (++nodes_ > kNodesMax) {
    return fail_here("compilation failed: expression exceeds maximum allowed nodes");
  }
  if (failed()) return kNoNode;
  node.offset = offset;
  NodeId id = tree_.add(std::move(node));
  if (tree_[id].depth > kDepthMax) too_deep();
  return failed() ? kNoNode : id;
}

NodeId Parser::make_binary(const Token& op, NodeId left, NodeId right) {
  Node node;
  node.kind = NodeKind::binary;
  node.op = binary_operator(op.value).op;
  node.name = op.value;
  node.children = {left, right};
  return make(std::move(node), op.offset);
}

Parsed Parser::run() {
  if (tree_.text.size() > kTextMax) {
    fail_at(0,
            fmt::format("expression of {} bytes is longer than {}", tree_.text.size(), kTextMax));
  } else {
    advance();
    if (!failed()) tree_.root = sequence();
    if (!failed() && !current_.is(TokenKind::end)) unexpected();
  }
  if (problem_) problem_ = located(std::move(*problem_), tree_.text);
  return {std::move(tree_), std::move(problem_)};
}

NodeId Parser::sequence() {
  std::vector<NodeId> nodes = {expression(0)};
  while (!failed() && current_.is_op(";")) {
    advance();
    if (current_.is(TokenKind::end)) break;
    nodes.push_back(expression(0));
  }
  if (failed()) return kNoNode;
  if (nodes.size() == 1) return nodes[0];
  Node node;
  node.kind = NodeKind::sequence;
  node.children = nodes;
  return make(std::move(node), tree_[nodes[0]].offset);
}

NodeId Parser::expression(int precedence) {
  Nested nested(*this);
  if (failed()) return kNoNode;
  if (precedence == 0 && current_.is_op("let")) return declaration();
  if (precedence == 0 && current_.is_op("if")) return if_else();
  NodeId left = primary();
  std::string previous;
  Token op = current_;
  while (!failed() && op.is(TokenKind::op)) {
    std::optional<std::uint32_t> negated;
    if (op.value == "not") {
      Token backup = current_;
      advance();
      if (failed()) break;
      if (!may_be_negated(current_.value)) return unexpected();
      if (binary_operator(current_.value).precedence < precedence) {
        stashed_ = std::move(current_);
        current_ = std::move(backup);
        break;
      }
      negated = current_.offset;
      op = current_;
    }
    BinaryOperator binary = binary_operator(op.value);
    if (binary.op == Op::none || binary.precedence < precedence) break;
    advance();
    if (failed()) return kNoNode;
    if (binary.op == Op::pipe) {
      Token name = expect_name();
      left = call(name, {left}, true);
    } else if (previous == "??" && op.value != "??") {
      return fail_at(op.offset,
                     fmt::format("Operator ({}) and coalesce expressions (?\?) cannot be mixed. "
                                 "Wrap either by parentheses.",
                                 op.value));
    } else if (is_comparison(binary.op)) {
      left = comparison(left, op, binary.precedence);
    } else {
      NodeId right = expression(binary.precedence + (binary.op == Op::power ? 0 : 1));
      left = make_binary(op, left, right);
      if (negated && !failed()) {
        Node node;
        node.kind = NodeKind::unary;
        node.op = Op::not_;
        node.name = "not";
        node.children = {left};
        left = make(std::move(node), *negated);
      }
    }
    previous = op.value;
    op = current_;
  }
  if (failed()) return kNoNode;
  return precedence == 0 ? conditional(left) : left;
}

NodeId Parser::comparison(NodeId left, Token op, int precedence) {
  NodeId root = kNoNode;
  for (;;) {
    NodeId right = expression(precedence + 1);
    NodeId pair = make_binary(op, left, right);
    if (failed()) return kNoNode;
    if (root == kNoNode) {
      root = pair;
    } else {
      Token both = op;
      both.value = "&&";
      root = make_binary(both, root, pair);
    }
    left = right;
    op = current_;
    if (failed() || !op.is(TokenKind::op) || !is_comparison(binary_operator(op.value).op)) break;
    advance();
  }
  return failed() ? kNoNode : root;
}

NodeId Parser::declaration() {
  expect_op("let");
  Token name = expect_name();
  if (!failed()) expect_op("=");
  NodeId value = expression(0);
  if (!failed()) expect_op(";");
  if (failed()) return kNoNode;
  Node node;
  node.kind = NodeKind::variable;
  node.name = name.value;
  node.children = {value, sequence()};
  return failed() ? kNoNode : make(std::move(node), name.offset);
}

NodeId Parser::if_else() {
  Nested nested(*this);
  if (failed()) return kNoNode;
  advance();
  NodeId condition = expression(0);
  if (!failed()) expect_bracket("{");
  if (failed()) return kNoNode;
  NodeId then = sequence();
  if (!failed()) expect_bracket("}");
  if (!failed()) expect_op("else");
  if (failed()) return kNoNode;
  NodeId otherwise = kNoNode;
  if (current_.is_op("if")) {
    otherwise = if_else();
  } else {
    expect_bracket("{");
    if (failed()) return kNoNode;
    otherwise = sequence();
    if (!failed()) expect_bracket("}");
  }
  if (failed()) return kNoNode;
  Node node;
  node.kind = NodeKind::conditional;
  node.children = {condition, then, otherwise};
  --nodes_;  // the reference does not count this one
  return make(std::move(node), 0);
}

NodeId Parser::conditional(NodeId node) {
  while (!failed() && current_.is_op("?")) {
    advance();
    if (failed()) return kNoNode;
    NodeId then = node;
    if (current_.is_op(":")) {
      advance();
    } else {
      then = expression(0);
      if (!failed()) expect_op(":");
    }
    NodeId otherwise = expression(0);
    Node made;
    made.kind = NodeKind::conditional;
    made.children = {node, then, otherwise};
    if (failed()) return kNoNode;
    node = make(std::move(made), current_.offset);
  }
  return failed() ? kNoNode : node;
}

NodeId Parser::primary() {
  Token token = current_;
  if (token.is(TokenKind::op)) {
    if (UnaryOperator unary = unary_operator(token.value); unary.op != Op::none) {
      advance();
      Node node;
      node.kind = NodeKind::unary;
      node.op = unary.op;
      node.name = token.value;
      node.children = {expression(unary.precedence)};
      return failed() ? kNoNode : postfix(make(std::move(node), token.offset));
    }
  }
  if (token.is_bracket("(")) {
    advance();
    NodeId inner = sequence();
    if (!failed()) expect_bracket(")");
    return postfix(inner);
  }
  if (predicates_ > 0 && (token.is_op("#") || token.is_op("."))) {
    Node node;
    node.kind = NodeKind::pointer;
    if (token.value == "#") {
      advance();
      if (current_.is(TokenKind::identifier)) {
        node.name = current_.value;
        advance();
      }
    }
    return postfix(make(std::move(node), token.offset));
  }
  if (token.is_op("::")) {
    advance();
    Token name = expect_name();
    return failed() ? kNoNode : postfix(call(name, {}, false));
  }
  return secondary();
}

NodeId Parser::number() {
  Token token = current_;
  advance();
  std::string digits;
  std::copy_if(token.value.begin(), token.value.end(), std::back_inserter(digits),
               [](char c) { return c != '_'; });
  std::string lower = to_lower(digits);
  Node node;
  auto integer = [&](std::string_view what, int base) {
    auto value = parse_integer(digits, base);
    if (!value) return fail_here(fmt::format("invalid {} literal: {}", what, value.error()));
    node.kind = NodeKind::integer;
    node.number = *value;
    return make(std::move(node), token.offset);
  };
  if (lower.starts_with("0x")) return integer("hex", 0);
  if (lower.find_first_of(".e") != std::string::npos) {
    auto value = parse_real(digits);
    if (!value) return fail_here("invalid float literal: " + value.error());
    node.kind = NodeKind::real;
    node.real = *value;
    return make(std::move(node), token.offset);
  }
  if (lower.starts_with("0b")) return integer("binary", 0);
  if (lower.starts_with("0o")) return integer("octal", 0);
  return integer("integer", 10);
}

NodeId Parser::secondary() {
  Token token = current_;
  Node node;
  NodeId made = kNoNode;
  switch (token.kind) {
    case TokenKind::identifier:
      advance();
      if (token.value == "true" || token.value == "false") {
        node.kind = NodeKind::boolean;
        node.truth = token.value == "true";
        return make(std::move(node), token.offset);
      }
      if (token.value == "nil") return make(std::move(node), token.offset);
      if (current_.is_bracket("(")) {
        made = call(token, {}, true);
      } else {
        node.kind = NodeKind::identifier;
        node.name = token.value;
        made = make(std::move(node), token.offset);
      }
      break;
    case TokenKind::number:
      return number();
    case TokenKind::text:
    case TokenKind::bytes:
      advance();
      node.kind = token.kind == TokenKind::text ? NodeKind::text : NodeKind::bytes;
      node.name = token.value;
      made = make(std::move(node), token.offset);
      break;
    default:
      if (token.is_bracket("[")) {
        made = array();
      } else if (token.is_bracket("{")) {
        made = map();
      } else {
        return unexpected();
      }
  }
  return failed() ? kNoNode : postfix(made);
}

Parsed parse(std::string_view text, std::span<const std::string_view> environment) {
  return Parser(text, environment).run();
}

}  // namespace serin::analysis::conditions
