// The checker's state and rules; internal to this folder, split over checker.cc,
// checker_operators.cc and checker_calls.cc. The first problem ends the check: every rule returns
// unknown from then on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/conditions/checking/checker.h"

namespace serin::analysis::conditions {

class Checker {
 public:
  Checker(Tree& tree, Environment environment, const Type& result)
      : tree_(tree),
        environment_(environment),
        result_(result),
        types_(tree.nodes.size()),
        visited_(tree.nodes.size()) {}
  Checked run();

 private:
  struct Variable {
    std::string_view name;
    Type type;
  };
  // What `#` and its companions mean inside a predicate.
  struct Scope {
    Type collection;
    bool index = false;
    bool accumulator = false;
  };

  bool failed() const { return problem_.has_value(); }
  Type fail_at(NodeId node, std::string message);
  Type visit(NodeId id);
  Type node_type(NodeId id);

  Type identifier(NodeId id);
  Type named(NodeId id, std::string_view name, bool strict, bool builtins);
  Type member(NodeId id);
  Type slice(NodeId id);
  Type pointer(NodeId id);
  Type variable(NodeId id);
  Type conditional(NodeId id);
  Type array(NodeId id);
  Type unary(NodeId id);
  Type binary(NodeId id);
  Type mismatch(NodeId id, const Type& left, const Type& right);
  Type membership(NodeId id, const Type& left, const Type& right);

  Type call(NodeId id);
  Type builtin(NodeId id);
  Type predicate_call(NodeId id);
  Type overloaded(NodeId id);
  Type get(NodeId id);
  // The check of arguments against one list of parameters; a mismatch is returned, not recorded.
  std::optional<Problem> arguments(NodeId id, const Signature& signature, std::size_t skip);
  void to_real_literals(NodeId id);

  Tree& tree_;
  Environment environment_;
  Type result_;
  std::vector<Type> types_;
  std::vector<bool> visited_;
  std::vector<Variable> variables_;
  std::vector<Scope> scopes_;
  std::optional<Problem> problem_;
};

// Builtins whose arguments have rules of their own; nothing where `name` is not one of them. The
// problem has no place.
struct OwnRule {
  Type type;
  std::string problem;
};
std::optional<OwnRule> check_own_rule(std::string_view name, const std::vector<Type>& arguments);

}  // namespace serin::analysis::conditions
