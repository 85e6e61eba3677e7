#include "analysis/conditions/checking/rewrite.h"

#include <algorithm>

#include "analysis/conditions/checking/fold.h"
#include "base/assert.h"

namespace serin::analysis::conditions {
namespace {

class Rewriter {
 public:
  Rewriter(Tree& tree, std::vector<Type>& types) : tree_(tree), types_(types) {}
  std::optional<Problem> run();

 private:
  using Rule = void (Rewriter::*)(NodeId);

  // Children first, then the node; a node that two parents share once.
  void walk(Rule rule);
  void walk(NodeId id, Rule rule);
  bool is_call(NodeId id, std::string_view name, std::size_t arguments) const;
  bool is_integer(NodeId id, std::int64_t value) const;
  Type type_of(NodeId id) const { return types_[id]; }
  NodeId add(Node node, Type type);
  // The node becomes a call of that builtin; its type stays.
  void become(NodeId id, std::string name, std::vector<NodeId> arguments, NodeId map = kNoNode);

  void sets(NodeId id);
  void fold(NodeId id);
  void ranges(NodeId id);
  void filtered_maps(NodeId id);
  void filtered_lengths(NodeId id);
  void last_hits(NodeId id) { hits(id, -1, "last", "findLast"); }
  void first_hits(NodeId id) { hits(id, 0, "first", "find"); }
  void hits(NodeId id, std::int64_t index, std::string_view taker, std::string finder);
  void joined_predicates(NodeId id);
  void range_sums(NodeId id);
  void array_sums(NodeId id);
  void map_sums(NodeId id);
  void counted_any(NodeId id);
  void counted_enough(NodeId id);
  bool uses_index(NodeId id) const;
  std::optional<std::int64_t> sum_with(NodeId predicate, std::int64_t from, std::int64_t to) const;
  bool adds_up(NodeId predicate) const;

  Tree& tree_;
  std::vector<Type>& types_;
  std::vector<bool> seen_;
  bool changed_ = false;
  std::optional<Problem> problem_;
};

constexpr int kFoldPassesMax = 1000;

std::int64_t wrap_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t wrap_multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
std::int64_t wrap_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::optional<Problem> Rewriter::run() {
  walk(&Rewriter::sets);
  for (int pass = 0; pass < kFoldPassesMax; ++pass) {
    changed_ = false;
    walk(&Rewriter::fold);
    if (problem_) return located(std::move(*problem_), tree_.text);
    if (!changed_) break;
  }
  for (Rule rule : {&Rewriter::ranges, &Rewriter::filtered_maps, &Rewriter::filtered_lengths,
                    &Rewriter::last_hits, &Rewriter::first_hits, &Rewriter::joined_predicates,
                    &Rewriter::range_sums, &Rewriter::array_sums, &Rewriter::map_sums,
                    &Rewriter::counted_any, &Rewriter::counted_enough}) {
    walk(rule);
  }
  return std::nullopt;
}

void Rewriter::walk(Rule rule) {
  seen_.assign(tree_.nodes.size(), false);
  walk(tree_.root, rule);
}

void Rewriter::walk(NodeId id, Rule rule) {
  if (id == kNoNode || problem_) return;
  if (id < seen_.size()) {
    if (seen_[id]) return;
    seen_[id] = true;
  }
  for (std::size_t i = 0; i < tree_[id].children.size(); ++i) walk(tree_[id].children[i], rule);
  if (!problem_) (this->*rule)(id);
}

bool Rewriter::is_call(NodeId id, std::string_view name, std::size_t arguments) const {
  const Node& node = tree_[id];
  return node.kind == NodeKind::builtin && node.name == name && node.children.size() == arguments;
}

bool Rewriter::is_integer(NodeId id, std::int64_t value) const {
  return tree_[id].kind == NodeKind::integer && tree_[id].number == value;
}

NodeId Rewriter::add(Node node, Type type) {
  NodeId id = tree_.add(std::move(node));
  types_.resize(tree_.nodes.size());
  types_[id] = std::move(type);
  return id;
}

void Rewriter::become(NodeId id, std::string name, std::vector<NodeId> arguments, NodeId map) {
  Node& node = tree_[id];
  node.kind = NodeKind::builtin;
  node.op = Op::none;
  node.name = std::move(name);
  node.children = std::move(arguments);
  node.map = map;
  node.number = 0;
}

void Rewriter::sets(NodeId id) {
  const Node& node = tree_[id];
  if (node.kind != NodeKind::binary || node.op != Op::in) return;
  NodeId right = node.children[1];
  const Node& array = tree_[right];
  if (array.kind != NodeKind::array || array.children.empty()) return;
  auto all = [&](NodeKind kind) {
    return std::ranges::all_of(array.children, [&](NodeId e) { return tree_[e].kind == kind; });
  };
  if (shape(type_of(node.children[0]).kind) == Shape::integer && all(NodeKind::integer)) {
    tree_[right].kind = NodeKind::integer_set;
  } else if (all(NodeKind::text)) {
    tree_[right].kind = NodeKind::text_set;
  }
}

void Rewriter::fold(NodeId id) {
  Folded folded = fold_node(tree_, id);
  if (folded.problem) {
    problem_ = std::move(folded.problem);
    return;
  }
  if (!folded.changed) return;
  changed_ = true;
  if (folded.type) types_[id] = *folded.type;
  types_.resize(tree_.nodes.size());
}

void Rewriter::ranges(NodeId id) {
  const Node node = tree_[id];
  if (node.kind != NodeKind::binary || node.op != Op::in) return;
  const Node range = tree_[node.children[1]];
  if (shape(type_of(node.children[0]).kind) != Shape::integer || range.op != Op::range ||
      tree_[range.children[0]].kind != NodeKind::integer ||
      tree_[range.children[1]].kind != NodeKind::integer) {
    return;
  }
  auto side = [&](Op op, NodeId bound) {
    Node made;
    made.kind = NodeKind::binary;
    made.op = op;
    made.offset = node.offset;
    made.children = {node.children[0], bound};
    return add(std::move(made), {});
  };
  NodeId low = side(Op::more_equal, range.children[0]);
  NodeId high = side(Op::less_equal, range.children[1]);
  tree_[id].op = Op::and_;
  tree_[id].name = "and";
  tree_[id].children = {low, high};
}

bool Rewriter::uses_index(NodeId id) const {
  if (id == kNoNode) return false;
  const Node& node = tree_[id];
  if (node.kind == NodeKind::pointer && node.name == "index") return true;
  return std::ranges::any_of(node.children, [&](NodeId child) { return uses_index(child); });
}

void Rewriter::filtered_maps(NodeId id) {
  if (!is_call(id, "map", 2)) return;
  NodeId filter = tree_[id].children[0];
  NodeId predicate = tree_[id].children[1];
  if (!is_call(filter, "filter", 2) || tree_[filter].map != kNoNode || uses_index(predicate)) {
    return;
  }
  become(id, "filter", tree_[filter].children, tree_[predicate].children[0]);
}

void Rewriter::filtered_lengths(NodeId id) {
  if (!is_call(id, "len", 1)) return;
  NodeId filter = tree_[id].children[0];
  if (is_call(filter, "filter", 2)) become(id, "count", tree_[filter].children);
}

void Rewriter::hits(NodeId id, std::int64_t index, std::string_view taker, std::string finder) {
  const Node& node = tree_[id];
  bool member =
      node.kind == NodeKind::member && !node.optional && is_integer(node.children[1], index);
  if (!member && !is_call(id, taker, 1)) return;
  NodeId filter = node.children[0];
  if (!is_call(filter, "filter", 2)) return;
  become(id, std::move(finder), tree_[filter].children, tree_[filter].map);
  tree_[id].throws = member;
}

void Rewriter::joined_predicates(NodeId id) {
  const Node node = tree_[id];
  if (node.kind != NodeKind::binary || (node.op != Op::and_ && node.op != Op::or_)) return;
  const Node left = tree_[node.children[0]];
  const Node right = tree_[node.children[1]];
  if (left.kind != NodeKind::builtin || right.kind != NodeKind::builtin ||
      left.name != right.name || left.children.size() != 2) {
    return;
  }
  bool all = left.name == "all" && node.op == Op::and_;
  bool any = left.name == "any" && node.op == Op::or_;
  bool none = left.name == "none" && node.op == Op::and_;
  if (!all && !any && !none) return;
  NodeId collection = left.children[0];
  if (type_of(collection).kind != type_of(right.children[0]).kind ||
      !tree_.same(collection, right.children[0])) {
    return;
  }
  Node both;
  both.kind = NodeKind::binary;
  both.op = none ? Op::or_ : node.op;
  both.offset = node.offset;
  both.children = {tree_[left.children[1]].children[0], tree_[right.children[1]].children[0]};
  NodeId body = add(std::move(both), {});
  joined_predicates(body);
  Node predicate;
  predicate.kind = NodeKind::predicate;
  predicate.children = {body};
  NodeId joined = add(std::move(predicate), {});
  become(id, left.name, {collection, joined});
}

// The sum over from..to of what the predicate makes of each, where that has a closed form.
std::optional<std::int64_t> Rewriter::sum_with(NodeId predicate, std::int64_t from,
                                               std::int64_t to) const {
  std::int64_t count = wrap_add(wrap_subtract(to, from), 1);
  std::int64_t sum = wrap_multiply(count, wrap_add(from, to)) / 2;
  if (predicate == kNoNode) return sum;
  const Node& body = tree_[tree_[predicate].children[0]];
  auto is_element = [&](NodeId id) {
    return tree_[id].kind == NodeKind::pointer && tree_[id].name.empty();
  };
  if (body.kind == NodeKind::pointer && body.name.empty()) return sum;
  if (body.kind != NodeKind::binary) return std::nullopt;
  bool element_left = is_element(body.children[0]);
  NodeId other = body.children[element_left ? 1 : 0];
  if (tree_[other].kind != NodeKind::integer || (!element_left && !is_element(body.children[1]))) {
    return std::nullopt;
  }
  std::int64_t constant = tree_[other].number;
  std::int64_t constants = wrap_multiply(count, constant);
  if (body.op == Op::multiply) return wrap_multiply(constant, sum);
  if (body.op == Op::add) return wrap_add(sum, constants);
  if (body.op == Op::subtract) {
    return element_left ? wrap_subtract(sum, constants) : wrap_subtract(constants, sum);
  }
  return std::nullopt;
}

// `# + #acc`, in either order.
bool Rewriter::adds_up(NodeId predicate) const {
  const Node& body = tree_[tree_[predicate].children[0]];
  if (body.kind != NodeKind::binary || body.op != Op::add) return false;
  const Node& a = tree_[body.children[0]];
  const Node& b = tree_[body.children[1]];
  return a.kind == NodeKind::pointer && b.kind == NodeKind::pointer &&
         ((a.name.empty() && b.name == "acc") || (a.name == "acc" && b.name.empty()));
}

void Rewriter::range_sums(NodeId id) {
  const Node& node = tree_[id];
  if (node.kind != NodeKind::builtin || (node.name != "sum" && node.name != "reduce")) return;
  const Node& range = tree_[node.children[0]];
  if (range.kind != NodeKind::binary || range.op != Op::range ||
      tree_[range.children[0]].kind != NodeKind::integer ||
      tree_[range.children[1]].kind != NodeKind::integer) {
    return;
  }
  std::int64_t from = tree_[range.children[0]].number;
  std::int64_t to = tree_[range.children[1]].number;
  if (to < from) return;
  std::optional<std::int64_t> sum;
  if (node.name == "sum") {
    sum = sum_with(node.children.size() == 2 ? node.children[1] : kNoNode, from, to);
  } else if (adds_up(node.children[1])) {
    sum = sum_with(kNoNode, from, to);
    if (node.children.size() == 3) {
      const Node& initial = tree_[node.children[2]];
      if (initial.kind != NodeKind::integer) return;
      sum = wrap_add(initial.number, *sum);
    }
  }
  if (!sum) return;
  Node literal;
  literal.kind = NodeKind::integer;
  literal.number = *sum;
  literal.offset = node.offset;
  tree_[id] = std::move(literal);
  types_[id] = Kind::integer;
}

void Rewriter::array_sums(NodeId id) {
  if (!is_call(id, "sum", 1)) return;
  const Node& array = tree_[tree_[id].children[0]];
  if (array.kind != NodeKind::array || array.truth || array.children.size() < 2) return;
  auto elements = array.children;
  tree_[id].kind = NodeKind::sum;
  tree_[id].children = std::move(elements);
}

void Rewriter::map_sums(NodeId id) {
  if (!is_call(id, "sum", 1)) return;
  NodeId map = tree_[id].children[0];
  if (is_call(map, "map", 2)) become(id, "sum", tree_[map].children);
}

void Rewriter::counted_any(NodeId id) {
  const Node& node = tree_[id];
  if (node.kind != NodeKind::binary || !is_call(node.children[0], "count", 2)) return;
  bool any = (node.op == Op::more && is_integer(node.children[1], 0)) ||
             (node.op == Op::more_equal && is_integer(node.children[1], 1));
  if (any) become(id, "any", tree_[node.children[0]].children);
}

void Rewriter::counted_enough(NodeId id) {
  const Node& node = tree_[id];
  if (node.kind != NodeKind::binary || !is_call(node.children[0], "count", 2)) return;
  const Node& limit = tree_[node.children[1]];
  if (limit.kind != NodeKind::integer || limit.number < 0) return;
  std::int64_t enough = 0;
  if (node.op == Op::more || node.op == Op::less_equal) enough = wrap_add(limit.number, 1);
  if (node.op == Op::less || node.op == Op::more_equal) enough = limit.number;
  if (enough > 1) tree_[node.children[0]].number = enough;
}

}  // namespace

std::optional<Problem> rewrite(Tree& tree, std::vector<Type>& types) {
  SERIN_ASSERT(types.size() == tree.nodes.size());
  return Rewriter(tree, types).run();
}

}  // namespace serin::analysis::conditions
