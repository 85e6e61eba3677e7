// Text to tree.
//
//   Parsed parsed = parse("result[0] >= 0.95", {"result", "isNaN"});
//   if (!parsed.problem) use(parsed.tree);
//
// Names are not looked up here, but for one thing: a builtin that the environment also names is a
// plain call.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analysis/conditions/syntax/ast.h"
#include "analysis/conditions/syntax/lexer.h"

namespace serin::analysis::conditions {

// Bounds of one expression. The number of nodes is the language's own.
inline constexpr std::size_t kTextMax = 64 * 1024;  // bytes
inline constexpr std::uint32_t kDepthMax = 500;     // nested parentheses, operators, calls
inline constexpr std::size_t kNodesMax = 10'000;

struct Parsed {
  Tree tree;
  std::optional<Problem> problem;  // the first one; then the tree means nothing
};

// `environment`: the names that the expression may use besides builtins.
Parsed parse(std::string_view text, std::span<const std::string_view> environment);

// For those who describe the language: the names of builtins, and the signs of binary operators.
std::span<const std::string_view> builtin_names();
std::vector<std::string_view> operator_signs();

// True for the names of builtins, those with a predicate among them.
bool is_builtin(std::string_view name);

}  // namespace serin::analysis::conditions
