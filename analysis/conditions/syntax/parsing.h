// The parser's state and rules; internal to this folder, split over parser.cc and parser_calls.cc.
//
// Recursive descent with precedences. The first problem ends it: every rule returns kNoNode from
// then on. It makes no check of names or types.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/syntax/grammar.h"
#include "analysis/conditions/syntax/parser.h"

namespace serin::analysis::conditions {

class Parser {
 public:
  Parser(std::string_view text, std::span<const std::string_view> environment)
      : environment_(environment), lexer_(text) {
    tree_.text = text;
  }

  Parsed run();

 private:
  bool failed() const { return problem_.has_value(); }
  NodeId fail_at(std::uint32_t offset, std::string message);
  NodeId fail_here(std::string message) { return fail_at(current_.offset, std::move(message)); }
  NodeId unexpected() { return fail_here("unexpected token " + current_.describe()); }
  void advance();
  void expect_op(std::string_view value);
  void expect_bracket(std::string_view value);
  Token expect_name();

  NodeId make(Node node, std::uint32_t offset);
  NodeId make_binary(const Token& op, NodeId left, NodeId right);

  NodeId sequence();
  NodeId expression(int precedence);
  NodeId declaration();
  NodeId if_else();
  NodeId conditional(NodeId node);
  NodeId primary();
  NodeId secondary();
  NodeId number();
  NodeId comparison(NodeId left, Token op, int precedence);
  NodeId postfix(NodeId node);
  NodeId property(NodeId node, bool optional);
  NodeId index(NodeId node, bool optional, std::uint32_t offset);
  NodeId call(const Token& name, std::vector<NodeId> arguments, bool overridable);
  NodeId predicate_call(const Token& name, std::span<const Argument> forms,
                        std::vector<NodeId> arguments);
  std::vector<NodeId> arguments(std::vector<NodeId> given);
  NodeId predicate();
  NodeId array();
  NodeId map();

  // Counts the nesting of the parser itself: parentheses make no node.
  struct Nested {
    explicit Nested(Parser& p) : parser(p) {
      if (++parser.nesting_ > kDepthMax) parser.too_deep();
    }
    ~Nested() { --parser.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    Parser& parser;
  };
  void too_deep() {
    fail_here(fmt::format("expression is nested deeper than {} levels", kDepthMax));
  }

  std::span<const std::string_view> environment_;
  Lexer lexer_;
  Tree tree_;
  Token current_;
  std::optional<Token> stashed_;
  std::optional<Problem> problem_;
  std::size_t nodes_ = 0;
  std::uint32_t nesting_ = 0;
  int predicates_ = 0;
};

}  // namespace serin::analysis::conditions
