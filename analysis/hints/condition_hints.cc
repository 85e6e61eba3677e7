#include "analysis/hints/condition_hints.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "analysis/conditions/condition.h"
#include "analysis/conditions/syntax/parser.h"
#include "analysis/conditions/values/functions.h"

namespace serin::analysis {
namespace {

using conditions::Condition;
using conditions::Node;
using conditions::NodeId;
using conditions::NodeKind;
using conditions::Op;
using conditions::Value;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Conditions that look at more elements than this are not claimed anything of.
constexpr std::int64_t kElementsMax = 3;
constexpr std::int64_t kLengthMax = 20;

// Which numbers, indices and lengths a condition distinguishes.
struct Borders {
  bool plain = true;  // comparisons with numbers, and what joins them
  std::set<double> numbers;
  std::int64_t elements = 1;
  std::int64_t length = 1;
};

bool is_comparison(Op op) {
  return op == Op::equal || op == Op::not_equal || op == Op::less || op == Op::more ||
         op == Op::less_equal || op == Op::more_equal;
}

bool is_join(Op op) {
  return op == Op::and_ || op == Op::or_ || op == Op::not_;
}

class Survey {
 public:
  explicit Survey(const conditions::Tree& tree) : tree_(tree) { visit(tree.root); }
  const Borders& borders() const { return borders_; }

 private:
  void visit(NodeId id) {
    if (id == conditions::kNoNode) return;
    const Node& node = tree_[id];
    switch (node.kind) {
      case NodeKind::boolean:
      case NodeKind::nil:
      case NodeKind::identifier:
      case NodeKind::pointer:
      case NodeKind::predicate:
      case NodeKind::conditional:
        break;
      case NodeKind::integer:
        borders_.numbers.insert(static_cast<double>(node.number));
        borders_.length = std::max(borders_.length, node.number + 1);
        break;
      case NodeKind::real:
        borders_.numbers.insert(node.real);
        break;
      case NodeKind::unary:
        negated(node);
        break;
      case NodeKind::binary:
        if (!is_comparison(node.op) && !is_join(node.op)) borders_.plain = false;
        break;
      case NodeKind::member:
        index(node);
        return;
      case NodeKind::call:
      case NodeKind::builtin:
        called(node);
        break;
      default:
        borders_.plain = false;
    }
    for (NodeId child : node.children) visit(child);
  }

  void negated(const Node& node) {
    if (node.op == Op::not_) return;
    const Node& operand = tree_[node.children[0]];
    bool literal = operand.kind == NodeKind::integer || operand.kind == NodeKind::real;
    if (!literal) borders_.plain = false;
    double value =
        operand.kind == NodeKind::integer ? static_cast<double>(operand.number) : operand.real;
    borders_.numbers.insert(-value);
  }

  // `result[2]`: the index is no border of the values.
  void index(const Node& node) {
    const Node& object = tree_[node.children[0]];
    const Node& property = tree_[node.children[1]];
    bool plain = object.kind == NodeKind::identifier && property.kind == NodeKind::integer &&
                 property.number >= 0 && property.number < kElementsMax;
    if (plain) {
      borders_.elements = std::max(borders_.elements, property.number + 1);
    } else {
      borders_.plain = false;
    }
  }

  void called(const Node& node) {
    static constexpr std::array<std::string_view, 9> kKnown{
        "len", "all", "any", "none", "isNaN", "isInf", "isNil", "default", "one"};
    std::string_view name = node.name;
    if (node.kind == NodeKind::call) name = tree_[node.children[0]].name;
    if (std::ranges::find(kKnown, name) == kKnown.end()) borders_.plain = false;
  }

  const conditions::Tree& tree_;
  Borders borders_;
};

// Values on both sides of every border, and far away.
std::vector<double> samples_of(const Borders& borders) {
  std::set<double> values{0, 1, -1, 0.5, 1e9, -1e9, kInfinity, -kInfinity};
  std::vector<double> sorted(borders.numbers.begin(), borders.numbers.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    values.insert(sorted[i]);
    values.insert(std::nextafter(sorted[i], kInfinity));
    values.insert(std::nextafter(sorted[i], -kInfinity));
    if (i > 0) values.insert(sorted[i - 1] + (sorted[i] - sorted[i - 1]) / 2);
  }
  std::vector<double> all(values.begin(), values.end());
  all.push_back(kNan);
  return all;
}

class Trial {
 public:
  explicit Trial(std::string_view text) : condition_(std::string(text)) {}

  Said say(const Value& value) {
    auto holds = condition_.evaluate(value, {});
    if (!holds) return Said::error;
    return *holds ? Said::yes : Said::no;
  }
  // Counts what it says; false once enough was tried.
  bool count(const Value& value) {
    if (++tried_ > kHintEvaluationsMax) return false;
    Said said = say(value);
    (said == Said::yes ? yes_ : said == Said::no ? no_ : errors_) += 1;
    return true;
  }
  bool all_tried() const { return tried_ <= kHintEvaluationsMax; }
  bool never() const { return yes_ == 0 && no_ > 0; }
  bool always() const { return no_ == 0 && yes_ > 0; }

 private:
  Condition condition_;
  int tried_ = 0;
  int yes_ = 0;
  int no_ = 0;
  int errors_ = 0;
};

// Every vector of up to `elements` samples, and longer ones of one value.
void try_vectors(Trial& trial, const Borders& borders) {
  std::vector<double> samples = samples_of(borders);
  trial.count(Value::reals({}));
  std::vector<std::vector<double>> front{{}};
  for (std::int64_t length = 1; length <= std::max<std::int64_t>(borders.elements, 2); ++length) {
    std::vector<std::vector<double>> longer;
    for (const auto& start : front) {
      for (double value : samples) {
        std::vector<double> next = start;
        next.push_back(value);
        if (!trial.count(Value::reals(next))) return;
        longer.push_back(std::move(next));
      }
    }
    front = std::move(longer);
  }
  for (std::int64_t length = 3; length <= borders.length; ++length) {
    for (double value : samples) {
      std::vector<double> same(static_cast<std::size_t>(length), value);
      if (!trial.count(Value::reals(std::move(same)))) return;
    }
  }
}

}  // namespace

ConditionHints condition_hints(std::string_view text) {
  ConditionHints hints;
  conditions::Parsed parsed =
      conditions::parse(text, conditions::environment_names(conditions::Environment::measurement));
  if (parsed.problem) return hints;
  bool vector = !conditions::check_expression(text, conditions::Kind::reals);
  bool scalar = !conditions::check_expression(text, conditions::Kind::real);
  if (!vector && !scalar) return hints;
  hints.compiles = true;
  hints.on_scalar = !vector;

  Trial trial(text);
  hints.on_empty = vector ? trial.say(Value::reals({})) : Said::error;
  hints.on_nan = trial.say(vector ? Value::reals({kNan}) : Value::real(kNan));
  hints.on_nil = trial.say(Value());
  if (parsed.tree.nodes.size() > kHintNodesMax) return hints;
  Survey survey(parsed.tree);
  const Borders& borders = survey.borders();
  if (!borders.plain || borders.length > kLengthMax) return hints;
  if (vector) {
    try_vectors(trial, borders);
  } else {
    for (double value : samples_of(borders)) trial.count(Value::real(value));
  }
  hints.never = trial.all_tried() && trial.never();
  hints.always = trial.all_tried() && trial.always();
  return hints;
}

}  // namespace serin::analysis
