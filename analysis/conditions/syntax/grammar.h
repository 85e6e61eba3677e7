// The tables of the grammar: operators with their precedence, names of builtins, forms of predicate
// calls.
//
//   binary_operator("??").precedence;   // 500
//
// Only data; the parser gives it meaning.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "analysis/conditions/syntax/ast.h"

namespace serin::analysis::conditions {

struct BinaryOperator {
  Op op = Op::none;
  int precedence = 0;
};
struct UnaryOperator {
  Op op = Op::none;
  int precedence = 0;
};

// Op::none where the sign is no such operator.
BinaryOperator binary_operator(std::string_view sign);
UnaryOperator unary_operator(std::string_view sign);
// Those that chain: `1 < x < 3`.
bool is_comparison(Op op);
// Those that may follow `not`.
bool may_be_negated(std::string_view sign);
// Identifiers as names of members: `a.in`, `a.matches` are allowed.
bool is_name(std::string_view word);

// What stands in the parentheses of a call with a predicate.
enum class Argument : std::uint8_t {
  expression,
  predicate,
  optional_expression,
  optional_predicate
};
// Empty for names that take no predicate.
std::span<const Argument> predicate_forms(std::string_view name);

}  // namespace serin::analysis::conditions
