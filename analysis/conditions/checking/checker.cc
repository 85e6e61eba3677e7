#include "analysis/conditions/checking/checker.h"

#include <fmt/format.h>

#include "analysis/conditions/checking/checking.h"
#include "analysis/conditions/syntax/parser.h"

namespace serin::analysis::conditions {

Checked check(Tree& tree, Environment environment, const Type& result) {
  return Checker(tree, environment, result).run();
}

Checked Checker::run() {
  visit(tree_.root);
  if (problem_) problem_ = located(std::move(*problem_), tree_.text);
  return {std::move(types_), std::move(problem_)};
}

Type Checker::fail_at(NodeId node, std::string message) {
  if (!problem_) problem_ = Problem{std::move(message), tree_[node].offset};
  return {};
}

Type Checker::visit(NodeId id) {
  if (failed()) return {};
  // `a < b < c` shares b between two comparisons: it is checked once.
  if (visited_[id]) return types_[id];
  Type type = node_type(id);
  types_[id] = type;
  visited_[id] = true;
  return type;
}

Type Checker::node_type(NodeId id) {
  const Node& node = tree_[id];
  switch (node.kind) {
    case NodeKind::nil:
      return Kind::nil;
    case NodeKind::boolean:
      return Kind::boolean;
    case NodeKind::integer:
      return Kind::integer;
    case NodeKind::real:
      return Kind::real;
    case NodeKind::text:
      return Kind::text;
    case NodeKind::bytes:
      return Kind::bytes;
    case NodeKind::identifier:
      return identifier(id);
    case NodeKind::pointer:
      return pointer(id);
    case NodeKind::unary:
      return unary(id);
    case NodeKind::binary:
      return binary(id);
    case NodeKind::chain:
      return visit(node.children[0]);
    case NodeKind::member:
      return member(id);
    case NodeKind::slice:
      return slice(id);
    case NodeKind::call:
      return call(id);
    case NodeKind::builtin:
      return builtin(id);
    case NodeKind::predicate:
      return visit(node.children[0]);
    case NodeKind::variable:
      return variable(id);
    case NodeKind::conditional:
      return conditional(id);
    case NodeKind::array:
      return array(id);
    case NodeKind::integer_set:
    case NodeKind::text_set:
    case NodeKind::sum:
      break;
    case NodeKind::sequence:
    case NodeKind::map: {
      Type last;
      for (std::size_t i = 0; i < tree_[id].children.size(); ++i)
        last = visit(tree_[id].children[i]);
      return tree_[id].kind == NodeKind::map ? Type(Kind::map) : last;
    }
  }
  return {};
}

Type Checker::identifier(NodeId id) {
  const std::string& name = tree_[id].name;
  for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
    if (it->name == name) return it->type;
  }
  if (name == "$env") return {};
  return named(id, name, true, true);
}

Type Checker::named(NodeId id, std::string_view name, bool strict, bool builtins) {
  if (name == "result" && environment_ == Environment::measurement) return result_;
  if (const Signature* known = environment_function(name, environment_)) {
    return Type::function(known);
  }
  if (builtins && is_builtin(name)) return Type::function(nullptr);
  if (strict) return fail_at(id, fmt::format("unknown name {}", name));
  return {};
}

Type Checker::member(NodeId id) {
  NodeId object = tree_[id].children[0];
  NodeId key = tree_[id].children[1];
  bool named_key = tree_[key].kind == NodeKind::text;
  const std::string& name = tree_[key].name;
  if (tree_[object].kind == NodeKind::identifier && tree_[object].name == "$env") {
    return named_key ? named(id, name, !tree_[id].optional, false) : Type();
  }
  Type base = visit(object);
  Type property = visit(key);
  if (failed() || base.is_unknown()) return {};
  if (named_key) {
    if (base.is_nil()) return fail_at(id, fmt::format("type nil has no field {}", name));
    if (const Signature* method = method_of(base.kind, name)) {
      return Type::function(method, base.kind);
    }
  }
  base = base.dereferenced();
  if (is_map(base.kind)) {
    Type key_type = base.kind == Kind::map ? Kind::text : Kind::any;
    bool fits = property.assignable_to(key_type) ||
                property.dereferenced().assignable_to(key_type) || property.is_unknown();
    if (!fits) {
      return fail_at(key, fmt::format("cannot use {} to get an element from {}", property.name(),
                                      base.name()));
    }
    return base.element_type();
  }
  if (is_array(base.kind)) {
    property = property.dereferenced();
    if (!is_whole(property.kind) && !property.is_unknown()) {
      return fail_at(key,
                     fmt::format("array elements can only be selected using an integer (got {})",
                                 property.name()));
    }
    return base.element_type();
  }
  if (named_key) {
    return fail_at(id, fmt::format("type {} has no {} {}", base.name(),
                                   tree_[id].method ? "method" : "field", name));
  }
  return fail_at(id, fmt::format("type {}[{}] is undefined", base.name(), property.name()));
}

Type Checker::slice(NodeId id) {
  auto children = tree_[id].children;
  Type base = visit(children[0]);
  // The bounds of something unknown stay unvisited, and so unchecked: as in the reference.
  if (failed() || base.is_unknown()) return {};
  if (base.kind != Kind::text && !is_array(base.kind)) {
    return fail_at(id, "cannot slice " + base.name());
  }
  for (NodeId bound : {children[1], children[2]}) {
    if (bound == kNoNode) continue;
    Type type = visit(bound).dereferenced();
    if (failed()) return {};
    if (!is_whole(type.kind) && !type.is_unknown()) {
      return fail_at(bound, "non-integer slice index " + type.name());
    }
  }
  return base;
}

Type Checker::pointer(NodeId id) {
  const std::string& name = tree_[id].name;
  if (scopes_.empty()) return fail_at(id, "cannot use pointer accessor outside predicate");
  const Scope& scope = scopes_.back();
  if (name.empty()) return scope.collection.element_type();
  if (name == "index" && scope.index) return Kind::integer;
  if (name == "acc" && scope.accumulator) return {};
  return fail_at(id, "unknown pointer #" + name);
}

Type Checker::variable(NodeId id) {
  const std::string& name = tree_[id].name;
  bool in_environment = environment_function(name, environment_) != nullptr ||
                        (name == "result" && environment_ == Environment::measurement);
  if (in_environment) return fail_at(id, "cannot redeclare " + name);
  if (is_builtin(name)) return fail_at(id, "cannot redeclare builtin " + name);
  for (const Variable& known : variables_) {
    if (known.name == name) return fail_at(id, "cannot redeclare variable " + name);
  }
  NodeId value = tree_[id].children[0];
  NodeId body = tree_[id].children[1];
  Type type = visit(value);
  variables_.push_back({tree_[id].name, type});
  type = visit(body);
  variables_.pop_back();
  return type;
}

Type Checker::conditional(NodeId id) {
  auto children = tree_[id].children;
  Type condition = visit(children[0]).dereferenced();
  if (failed()) return {};
  if (condition.kind != Kind::boolean && !condition.is_unknown()) {
    return fail_at(children[0], fmt::format("non-bool expression (type {}) used as condition",
                                            condition.name()));
  }
  Type then = visit(children[1]);
  Type otherwise = visit(children[2]);
  if (then.is_nil()) return otherwise;
  if (otherwise.is_nil()) return then;
  if (!then.assignable_to(otherwise)) return {};
  if (is_array(then.kind) && is_array(otherwise.kind)) {
    Type a = then.element_type();
    Type b = otherwise.element_type();
    if (!a.assignable_to(b) || !b.assignable_to(a)) return Kind::array;
  }
  return then;
}

Type Checker::array(NodeId id) {
  bool alike = true;
  Type previous;
  for (std::size_t i = 0; i < tree_[id].children.size(); ++i) {
    Type type = visit(tree_[id].children[i]);
    if (i > 0 && shape(type.kind) != shape(previous.kind)) alike = false;
    previous = type;
  }
  return alike ? Type::array_of(previous) : Type(Kind::array);
}

}  // namespace serin::analysis::conditions
