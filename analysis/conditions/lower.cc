#include <map>
#include <optional>

#include "analysis/conditions/builtins/builtins.h"
#include "analysis/conditions/program.h"
#include "analysis/conditions/values/functions.h"
#include "analysis/conditions/values/map.h"
#include "base/assert.h"

namespace serin::analysis::conditions {
namespace {

class Lowering {
 public:
  Lowering(const Tree& tree, const std::vector<Type>& types)
      : tree_(tree), types_(types), done_(tree.nodes.size(), kNoStep) {}
  std::expected<Program, Problem> run();

 private:
  StepId lower(NodeId id);
  StepId lower_optional(NodeId id) { return id == kNoNode ? kNoStep : lower(id); }
  Step step_of(NodeId id);
  Step constant(Value value);
  Step binary(const Node& node);
  Step member(const Node& node);
  Step call(const Node& node);
  Step builtin(const Node& node);
  Step identifier(const Node& node);
  Step set(const Node& node, Kind kind);
  // Lowers the nodes and puts them into the lists: b and c of the step.
  Step with_list(Step step, const std::vector<NodeId>& nodes, std::size_t skip = 0);
  Value literal(NodeId id) const;

  const Tree& tree_;
  const std::vector<Type>& types_;
  std::vector<StepId> done_;
  std::vector<std::pair<std::string_view, std::uint32_t>> variables_;
  Program program_;
  std::optional<Problem> problem_;
};

std::expected<Program, Problem> Lowering::run() {
  program_.text = tree_.text;
  program_.root = lower(tree_.root);
  if (problem_) return std::unexpected(located(std::move(*problem_), tree_.text));
  return std::move(program_);
}

StepId Lowering::lower(NodeId id) {
  SERIN_ASSERT(id < tree_.nodes.size());
  if (done_[id] != kNoStep) return done_[id];
  if (tree_[id].kind == NodeKind::predicate ||
      (tree_[id].kind == NodeKind::unary && tree_[id].op == Op::plus)) {
    return done_[id] = lower(tree_[id].children[0]);
  }
  Step step = step_of(id);
  step.offset = tree_[id].offset;
  program_.steps.push_back(step);
  return done_[id] = static_cast<StepId>(program_.steps.size() - 1);
}

Step Lowering::constant(Value value) {
  program_.constants.push_back(std::move(value));
  Step step;
  step.code = StepCode::constant;
  step.a = static_cast<std::uint32_t>(program_.constants.size() - 1);
  return step;
}

Value Lowering::literal(NodeId id) const {
  const Node& node = tree_[id];
  switch (node.kind) {
    case NodeKind::boolean:
      return Value::boolean(node.truth);
    case NodeKind::integer:
      return Value::integer(node.number);
    case NodeKind::real:
      return Value::real(node.real);
    case NodeKind::bytes:
      return Value::bytes(node.name);
    case NodeKind::text:
      return Value::text(node.name);
    default:
      return {};
  }
}

Step Lowering::with_list(Step step, const std::vector<NodeId>& nodes, std::size_t skip) {
  std::vector<StepId> lowered;
  for (std::size_t i = skip; i < nodes.size(); ++i) lowered.push_back(lower(nodes[i]));
  step.b = static_cast<std::uint32_t>(program_.lists.size());
  step.c = static_cast<std::uint32_t>(lowered.size());
  program_.lists.insert(program_.lists.end(), lowered.begin(), lowered.end());
  return step;
}

Step Lowering::step_of(NodeId id) {
  const Node& node = tree_[id];
  Step step;
  switch (node.kind) {
    case NodeKind::nil:
    case NodeKind::boolean:
    case NodeKind::integer:
    case NodeKind::real:
    case NodeKind::text:
    case NodeKind::bytes:
      return constant(literal(id));
    case NodeKind::identifier:
      return identifier(node);
    case NodeKind::pointer:
      // Arguments of a call to something unknown were not checked.
      if (!node.name.empty() && node.name != "index" && node.name != "acc" && !problem_) {
        problem_ = Problem{"unknown pointer " + node.name, node.offset};
      }
      step.code = node.name == "index" ? StepCode::index
                  : node.name == "acc" ? StepCode::accumulator
                                       : StepCode::element;
      return step;
    case NodeKind::unary:
      step.code = node.op == Op::not_ ? StepCode::not_ : StepCode::negate;
      step.a = lower(node.children[0]);
      return step;
    case NodeKind::binary:
      return binary(node);
    case NodeKind::chain:
      step.code = StepCode::chain;
      step.a = lower(node.children[0]);
      return step;
    case NodeKind::member:
      return member(node);
    case NodeKind::slice:
      step.code = StepCode::slice;
      step.a = lower(node.children[0]);
      step.b = lower_optional(node.children[1]);
      step.c = lower_optional(node.children[2]);
      return step;
    case NodeKind::call:
      return call(node);
    case NodeKind::builtin:
      return builtin(node);
    case NodeKind::variable: {
      step.code = StepCode::store;
      step.b = lower(node.children[0]);
      step.a = program_.variables++;
      variables_.emplace_back(node.name, step.a);
      step.c = lower(node.children[1]);
      variables_.pop_back();
      return step;
    }
    case NodeKind::sequence:
      step.code = StepCode::sequence;
      return with_list(step, node.children);
    case NodeKind::conditional:
      step.code = StepCode::conditional;
      step.a = lower(node.children[0]);
      step.b = lower(node.children[1]);
      step.c = lower(node.children[2]);
      return step;
    case NodeKind::array: {
      if (node.truth) {
        std::vector<Value> elements;
        for (NodeId element : node.children) elements.push_back(literal(element));
        return constant(Value::array(std::move(elements)));
      }
      step.code = StepCode::array;
      return with_list(step, node.children);
    }
    case NodeKind::map:
      step.code = StepCode::map;
      return with_list(step, node.children);
    case NodeKind::integer_set:
      return set(node, Kind::integer_set);
    case NodeKind::text_set:
      return set(node, Kind::text_set);
    case NodeKind::sum:
      step.code = StepCode::sum;
      return with_list(step, node.children);
    case NodeKind::predicate:
      break;
  }
  SERIN_ASSERT(false);
  return step;
}

Step Lowering::set(const Node& node, Kind kind) {
  Map entries;
  for (NodeId element : node.children) entries.set(literal(element), Value());
  return constant(Value::map(kind, std::move(entries)));
}

Step Lowering::identifier(const Node& node) {
  Step step;
  for (auto it = variables_.rbegin(); it != variables_.rend(); ++it) {
    if (it->first != node.name) continue;
    step.code = StepCode::local;
    step.a = it->second;
    return step;
  }
  if (node.name == "$env") {
    step.code = StepCode::environment;
  } else if (node.name == "result") {
    step.code = StepCode::result;
  } else if (environment_function(node.name, Environment::measurement) != nullptr) {
    return constant(Value::function(node.name));
  }
  return step;
}

Step Lowering::binary(const Node& node) {
  Step step;
  switch (node.op) {
    case Op::equal:
    case Op::not_equal: {
      step.code = node.op == Op::equal ? StepCode::equal : StepCode::not_equal;
      Kind left = types_[node.children[0]].kind;
      Kind right = types_[node.children[1]].kind;
      if (left == right && left == Kind::integer) {
        step.flag = static_cast<std::uint8_t>(Equality::whole);
      } else if (left == right && left == Kind::text) {
        step.flag = static_cast<std::uint8_t>(Equality::text);
      }
      break;
    }
    case Op::matches:
      step.code = StepCode::matches;
      if (const Node& right = tree_[node.children[1]]; right.kind == NodeKind::text) {
        Pattern pattern = compile_pattern(right.name);
        // A literal that folding put together was not checked before.
        if (!pattern.error.empty() && !problem_) problem_ = Problem{pattern.error, node.offset};
        step.code = StepCode::matches_constant;
        step.a = lower(node.children[0]);
        step.b = static_cast<std::uint32_t>(program_.patterns.size());
        program_.patterns.push_back(std::move(pattern));
        return step;
      }
      break;
    default: {
      static const std::map<Op, StepCode> kCodes = {
          {Op::or_, StepCode::or_},
          {Op::and_, StepCode::and_},
          {Op::less, StepCode::less},
          {Op::more, StepCode::more},
          {Op::less_equal, StepCode::less_equal},
          {Op::more_equal, StepCode::more_equal},
          {Op::in, StepCode::in},
          {Op::contains, StepCode::contains},
          {Op::starts_with, StepCode::starts_with},
          {Op::ends_with, StepCode::ends_with},
          {Op::range, StepCode::range},
          {Op::add, StepCode::add},
          {Op::subtract, StepCode::subtract},
          {Op::multiply, StepCode::multiply},
          {Op::divide, StepCode::divide},
          {Op::modulo, StepCode::modulo},
          {Op::power, StepCode::power},
          {Op::coalesce, StepCode::coalesce},
      };
      step.code = kCodes.at(node.op);
    }
  }
  step.a = lower(node.children[0]);
  step.b = lower(node.children[1]);
  return step;
}

Step Lowering::member(const Node& node) {
  Step step;
  step.flag = node.optional ? 1 : 0;
  const Node& key = tree_[node.children[1]];
  Kind base = types_[node.children[0]].kind;
  step.a = lower(node.children[0]);
  if (key.kind == NodeKind::text && method_of(base, key.name) != nullptr) {
    step.code = StepCode::bind;
    step.b = constant(Value::text(key.name)).a;
  } else {
    step.code = StepCode::fetch;
    step.b = lower(node.children[1]);
  }
  return step;
}

Step Lowering::call(const Node& node) {
  Step step;
  step.code = StepCode::call;
  step.flag = types_[node.children[0]].kind == Kind::function ? 1 : 0;
  step = with_list(step, node.children, 1);
  step.a = lower(node.children[0]);
  return step;
}

Step Lowering::builtin(const Node& node) {
  static const std::map<std::string_view, Loop> kLoops = {
      {"all", Loop::all},
      {"none", Loop::none},
      {"any", Loop::any},
      {"one", Loop::one},
      {"filter", Loop::filter},
      {"map", Loop::map},
      {"count", Loop::count},
      {"sum", Loop::sum},
      {"find", Loop::find},
      {"findIndex", Loop::find_index},
      {"findLast", Loop::find_last},
      {"findLastIndex", Loop::find_last_index},
      {"groupBy", Loop::group_by},
      {"sortBy", Loop::sort_by},
      {"reduce", Loop::reduce},
  };
  Step step;
  auto loop = kLoops.find(node.name);
  if (loop == kLoops.end()) {
    step.code = StepCode::builtin;
    step = with_list(step, node.children);
    step.a = builtin_index(node.name);
    return step;
  }
  step.code = StepCode::loop;
  step.flag = static_cast<std::uint8_t>(loop->second);
  step.throws = node.throws;
  step.number = node.number;
  step.a = lower(node.children[0]);
  if (node.children.size() > 1) step.b = lower(node.children[1]);
  if (node.children.size() > 2) step.c = lower(node.children[2]);
  if (node.map != kNoNode) step.c = lower(node.map);
  return step;
}

}  // namespace

std::expected<Program, Problem> lower(const Tree& tree, const std::vector<Type>& types) {
  return Lowering(tree, types).run();
}

}  // namespace serin::analysis::conditions
