#include <fmt/format.h>

#include "analysis/conditions/checking/checking.h"
#include "analysis/conditions/syntax/grammar.h"

namespace serin::analysis::conditions {

std::optional<Problem> Checker::arguments(NodeId id, const Signature& signature, std::size_t skip) {
  std::vector<NodeId> given(tree_[id].children.begin() + static_cast<std::ptrdiff_t>(skip),
                            tree_[id].children.end());
  auto wrong = [&](NodeId at, std::string message) {
    return Problem{std::move(message), tree_[at].offset};
  };
  if (signature.results > 2) {
    return wrong(id, fmt::format("func {} returns more then two values", signature.name));
  }
  if (given.size() != signature.count) {
    for (NodeId argument : given) visit(argument);
    return wrong(id, fmt::format("{} arguments to call {}",
                                 given.size() > signature.count ? "too many" : "not enough",
                                 signature.name));
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    Type argument = visit(given[i]);
    if (failed()) return std::nullopt;
    Type parameter = signature.parameters[i];
    if (parameter.kind == Kind::real && is_whole(argument.kind)) {
      to_real_literals(given[i]);
      continue;
    }
    if (is_whole(parameter.kind) && is_whole(argument.kind)) continue;
    if (argument.is_nil()) {
      if (parameter.kind == Kind::any || shape(parameter.kind) == Shape::pointer) continue;
      return wrong(given[i], fmt::format("cannot use nil as argument (type {}) to call {}",
                                         parameter.name(), signature.name));
    }
    bool fits = argument.is_unknown() || argument.assignable_to(parameter) ||
                argument.dereferenced().assignable_to(parameter);
    if (!fits) {
      return wrong(given[i], fmt::format("cannot use {} as argument (type {}) to call {} ",
                                         argument.name(), parameter.name(), signature.name));
    }
  }
  return std::nullopt;
}

void Checker::to_real_literals(NodeId id) {
  Node& node = tree_[id];
  if (node.kind == NodeKind::integer) {
    node.kind = NodeKind::real;
    node.real = static_cast<double>(node.number);
    node.number = 0;
    types_[id] = Kind::real;
  } else if (node.kind == NodeKind::unary) {
    to_real_literals(node.children[0]);
  } else if (node.kind == NodeKind::binary &&
             (node.op == Op::add || node.op == Op::subtract || node.op == Op::multiply)) {
    to_real_literals(node.children[0]);
    to_real_literals(tree_[id].children[1]);
  }
}

Type Checker::call(NodeId id) {
  NodeId callee = tree_[id].children[0];
  if (tree_[callee].kind == NodeKind::identifier && tree_[callee].name == "$env") {
    return fail_at(id, "map[string]interface {} is not callable");
  }
  Type type = visit(callee);
  if (failed() || type.is_unknown()) return {};  // arguments of something unknown go unchecked
  std::string name = "function";
  if (tree_[callee].kind == NodeKind::identifier) name = tree_[callee].name;
  if (tree_[callee].kind == NodeKind::member) {
    NodeId key = tree_[callee].children[1];
    if (tree_[key].kind == NodeKind::text) name = tree_[key].name;
  }
  if (type.is_nil()) {
    return fail_at(id, fmt::format("{} is nil; cannot call nil as function", name));
  }
  if (type.kind != Kind::function || type.signature == nullptr) {
    return fail_at(id, fmt::format("{} is not callable", type.name()));
  }
  if (auto problem = arguments(id, *type.signature, 1)) {
    if (!problem_) problem_ = std::move(problem);
    return {};
  }
  return type.signature->result;
}

Type Checker::builtin(NodeId id) {
  const std::string& name = tree_[id].name;
  if (!predicate_forms(name).empty()) return predicate_call(id);
  if (name == "get") return get(id);
  if (!builtin_overloads(name).empty()) return overloaded(id);
  std::vector<Type> given;
  for (std::size_t i = 0; i < tree_[id].children.size(); ++i) {
    given.push_back(visit(tree_[id].children[i]));
  }
  if (failed()) return {};
  auto rule = check_own_rule(name, given);
  if (!rule) return fail_at(id, "unknown builtin " + name);
  if (!rule->problem.empty()) return fail_at(id, rule->problem);
  return rule->type;
}

Type Checker::overloaded(NodeId id) {
  std::optional<Problem> last;
  for (const Signature& signature : builtin_overloads(tree_[id].name)) {
    last = arguments(id, signature, 0);
    if (failed()) return {};
    if (!last) return signature.result;
  }
  problem_ = std::move(last);
  return {};
}

Type Checker::get(NodeId id) {
  auto given = tree_[id].children;
  if (given.size() != 2) {
    return fail_at(id,
                   fmt::format("invalid number of arguments (expected 2, got {})", given.size()));
  }
  Type base = visit(given[0]);
  Type key = visit(given[1]).dereferenced();
  if (failed()) return {};
  if (tree_[given[0]].kind == NodeKind::identifier && tree_[given[0]].name == "$env") {
    return tree_[given[1]].kind == NodeKind::text ? named(id, tree_[given[1]].name, false, false)
                                                  : Type();
  }
  if (base.is_unknown()) return {};
  if (is_array(base.kind)) {
    if (!is_whole(key.kind) && !key.is_unknown()) {
      return fail_at(given[1], "non-integer slice index " + key.name());
    }
    return base.element_type();
  }
  if (is_map(base.kind)) {
    Type expected = base.kind == Kind::map ? Kind::text : Kind::any;
    if (!key.assignable_to(expected) && !key.is_unknown()) {
      return fail_at(given[1], fmt::format("cannot use {} to get an element from {}", key.name(),
                                           base.name()));
    }
    return base.element_type();
  }
  return fail_at(given[0], fmt::format("type {} does not support indexing", base.name()));
}

Type Checker::predicate_call(NodeId id) {
  const std::string name = tree_[id].name;
  auto given = tree_[id].children;
  Type collection = visit(given[0]).dereferenced();
  if (failed()) return {};
  if (!is_array(collection.kind) && !collection.is_unknown()) {
    return fail_at(given[0],
                   fmt::format("builtin {} takes only array (got {})", name, collection.name()));
  }
  Type element = collection.is_unknown() ? Type() : collection.element_type();
  if (given.size() == 1) return name == "count" ? Type(Kind::integer) : element;

  scopes_.push_back({collection, name == "map" || name == "reduce", name == "reduce"});
  Type out = visit(given[1]);
  scopes_.pop_back();
  if (failed()) return {};
  if (given.size() == 3) {
    Type third = visit(given[2]);
    if (name == "sortBy" && third.kind != Kind::text && !third.is_unknown() && !failed()) {
      return fail_at(given[2],
                     fmt::format("sortBy order argument must be a string (got {})", third.name()));
    }
  }
  if (out.is_nil()) {
    return fail_at(given[1], name == "reduce"
                                 ? "predicate should has two input and one output param"
                                 : "predicate should has one input and one output param");
  }
  if (name == "reduce") return out;
  if (name == "map") return Type::array_of(out);
  if (name == "sum") return out.kind;
  if (name == "groupBy") return Kind::group_map;
  if (name == "sortBy") return collection;
  if (out.kind != Kind::boolean && !out.is_unknown()) {
    return fail_at(given[1], fmt::format("predicate should return boolean (got {})", out.name()));
  }
  if (name == "filter") {
    return collection.is_unknown() ? Type(Kind::array) : Type::array_of(element);
  }
  if (name == "find" || name == "findLast") return element;
  if (name == "count" || name == "findIndex" || name == "findLastIndex") return Kind::integer;
  return Kind::boolean;
}

}  // namespace serin::analysis::conditions
