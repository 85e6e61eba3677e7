#include "analysis/conditions/syntax/grammar.h"

#include <algorithm>
#include <iterator>

#include "analysis/conditions/syntax/parser.h"
#include "analysis/conditions/text/utf8.h"

namespace serin::analysis::conditions {
namespace {

struct Sign {
  std::string_view text;
  Op op;
  int precedence;
};

constexpr Sign kBinary[] = {
    {"|", Op::pipe, 0},
    {"or", Op::or_, 10},
    {"||", Op::or_, 10},
    {"and", Op::and_, 15},
    {"&&", Op::and_, 15},
    {"==", Op::equal, 20},
    {"!=", Op::not_equal, 20},
    {"<", Op::less, 20},
    {">", Op::more, 20},
    {">=", Op::more_equal, 20},
    {"<=", Op::less_equal, 20},
    {"in", Op::in, 20},
    {"matches", Op::matches, 20},
    {"contains", Op::contains, 20},
    {"startsWith", Op::starts_with, 20},
    {"endsWith", Op::ends_with, 20},
    {"..", Op::range, 25},
    {"+", Op::add, 30},
    {"-", Op::subtract, 30},
    {"*", Op::multiply, 60},
    {"/", Op::divide, 60},
    {"%", Op::modulo, 60},
    {"**", Op::power, 100},
    {"^", Op::power, 100},
    {"??", Op::coalesce, 500},
};

constexpr Sign kUnary[] = {
    {"not", Op::not_, 50}, {"!", Op::not_, 50}, {"-", Op::negate, 90}, {"+", Op::plus, 90}};

constexpr std::string_view kBuiltins[] = {
    "abs",        "all",         "any",           "bitand",    "bitnand", "bitnot",
    "bitor",      "bitshl",      "bitshr",        "bitushr",   "bitxor",  "ceil",
    "concat",     "count",       "date",          "duration",  "filter",  "find",
    "findIndex",  "findLast",    "findLastIndex", "first",     "flatten", "float",
    "floor",      "fromBase64",  "fromJSON",      "fromPairs", "get",     "groupBy",
    "hasPrefix",  "hasSuffix",   "indexOf",       "int",       "join",    "keys",
    "last",       "lastIndexOf", "len",           "lower",     "map",     "max",
    "mean",       "median",      "min",           "none",      "now",     "one",
    "reduce",     "repeat",      "replace",       "reverse",   "round",   "sort",
    "sortBy",     "split",       "splitAfter",    "string",    "sum",     "take",
    "timezone",   "toBase64",    "toJSON",        "toPairs",   "trim",    "trimPrefix",
    "trimSuffix", "type",        "uniq",          "upper",     "values",
};
static_assert(std::ranges::is_sorted(kBuiltins));

}  // namespace

BinaryOperator binary_operator(std::string_view sign) {
  for (const Sign& known : kBinary) {
    if (known.text == sign) return {known.op, known.precedence};
  }
  return {};
}

UnaryOperator unary_operator(std::string_view sign) {
  for (const Sign& known : kUnary) {
    if (known.text == sign) return {known.op, known.precedence};
  }
  return {};
}

bool is_comparison(Op op) {
  return op == Op::less || op == Op::more || op == Op::less_equal || op == Op::more_equal;
}

bool may_be_negated(std::string_view sign) {
  return sign == "in" || sign == "matches" || sign == "contains" || sign == "startsWith" ||
         sign == "endsWith";
}

bool is_name(std::string_view word) {
  bool first = true;
  while (!word.empty()) {
    Rune rune = decode_rune(word);
    word.remove_prefix(rune.size);
    bool letter = rune.value == '_' || rune.value == '$' || is_letter(rune.value);
    if (!letter && (first || !is_digit(rune.value))) return false;
    first = false;
  }
  return !first;
}

std::span<const Argument> predicate_forms(std::string_view name) {
  using enum Argument;
  static constexpr Argument kPlain[] = {expression, predicate};
  static constexpr Argument kOptional[] = {expression, optional_predicate};
  static constexpr Argument kTail[] = {expression, predicate, optional_expression};
  static constexpr std::string_view kPlainNames[] = {
      "all",  "none",      "any",      "one",           "filter", "map",
      "find", "findIndex", "findLast", "findLastIndex", "groupBy"};
  if (std::ranges::find(kPlainNames, name) != std::end(kPlainNames)) return kPlain;
  if (name == "count" || name == "sum") return kOptional;
  if (name == "sortBy" || name == "reduce") return kTail;
  return {};
}

std::span<const std::string_view> builtin_names() {
  return kBuiltins;
}

std::vector<std::string_view> operator_signs() {
  std::vector<std::string_view> signs;
  for (const Sign& known : kBinary) signs.push_back(known.text);
  return signs;
}

bool is_builtin(std::string_view name) {
  return std::ranges::binary_search(kBuiltins, name);
}

}  // namespace serin::analysis::conditions
