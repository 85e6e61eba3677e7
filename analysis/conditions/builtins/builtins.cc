#include "analysis/conditions/builtins/builtins.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/conditions/builtins/list.h"
#include "analysis/conditions/dates/layout.h"
#include "analysis/conditions/text/numbers.h"
#include "analysis/conditions/values/format.h"
#include "base/assert.h"

namespace serin::analysis::conditions {
namespace {

using Function = Outcome<Value> (*)(std::span<const Value>, Calling&);

struct Entry {
  std::string_view name;
  Function function;
  std::size_t least =
      1;  // arguments; the check has counted them, but not those of calls to something unknown
  std::size_t most = 1;
};

constexpr std::size_t kAnyCount = 1'000'000;

constexpr Entry kBuiltins[] = {
    {"abs", builtins::abs},
    {"bitand", builtins::bitand_, 2, 2},
    {"bitnand", builtins::bitnand, 2, 2},
    {"bitnot", builtins::bitnot},
    {"bitor", builtins::bitor_, 2, 2},
    {"bitshl", builtins::bitshl, 2, 2},
    {"bitshr", builtins::bitshr, 2, 2},
    {"bitushr", builtins::bitushr, 2, 2},
    {"bitxor", builtins::bitxor, 2, 2},
    {"ceil", builtins::ceil},
    {"concat", builtins::concat, 1, kAnyCount},
    {"date", builtins::date, 1, 4},
    {"duration", builtins::duration},
    {"first", builtins::first},
    {"flatten", builtins::flatten},
    {"float", builtins::float_},
    {"floor", builtins::floor},
    {"fromBase64", builtins::from_base64},
    {"fromJSON", builtins::from_json},
    {"fromPairs", builtins::from_pairs},
    {"get", builtins::get, 2, 2},
    {"hasPrefix", builtins::has_prefix, 2, 2},
    {"hasSuffix", builtins::has_suffix, 2, 2},
    {"indexOf", builtins::index_of, 2, 2},
    {"int", builtins::int_},
    {"join", builtins::join, 1, 2},
    {"keys", builtins::keys},
    {"last", builtins::last},
    {"lastIndexOf", builtins::last_index_of, 2, 2},
    {"len", builtins::len},
    {"lower", builtins::lower},
    {"max", builtins::max, 1, kAnyCount},
    {"mean", builtins::mean, 1, kAnyCount},
    {"median", builtins::median, 1, kAnyCount},
    {"min", builtins::min, 1, kAnyCount},
    {"now", builtins::now, 0, 1},
    {"repeat", builtins::repeat, 2, 2},
    {"replace", builtins::replace, 3, 4},
    {"reverse", builtins::reverse},
    {"round", builtins::round},
    {"sort", builtins::sort, 1, 2},
    {"split", builtins::split, 2, 3},
    {"splitAfter", builtins::split_after, 2, 3},
    {"string", builtins::string},
    {"take", builtins::take, 2, 2},
    {"timezone", builtins::timezone},
    {"toBase64", builtins::to_base64},
    {"toJSON", builtins::to_json},
    {"toPairs", builtins::to_pairs},
    {"trim", builtins::trim, 1, 2},
    {"trimPrefix", builtins::trim_prefix, 1, 2},
    {"trimSuffix", builtins::trim_suffix, 1, 2},
    {"type", builtins::type},
    {"uniq", builtins::uniq},
    {"upper", builtins::upper},
    {"values", builtins::values},
};
static_assert(std::ranges::is_sorted(kBuiltins, {}, &Entry::name));

std::unexpected<std::string> wrong(std::string message) {
  return std::unexpected(std::move(message));
}

std::unexpected<std::string> unsupported(std::string_view function, const Value& value,
                                         Calling& calling) {
  return wrong(fmt::format("{}() not supported on {} {}", function, type_name(value),
                           show(value, calling.budget)));
}

Outcome<Value> as_int(const Value& value, Calling& calling) {
  if (value.kind() == Kind::real) {
    return Value::whole(Kind::integer64, to_int(value.as_real()));
  }
  if (is_whole(value.kind())) return Value::whole(Kind::integer64, value.as_whole());
  if (value.kind() != Kind::text) return unsupported("asInt", value, calling);
  auto parsed = parse_integer(value.as_text(), 10);
  if (!parsed) return wrong(std::move(parsed).error());
  return Value::whole(Kind::integer64, *parsed);
}

Outcome<Value> as_float(const Value& value, Calling& calling) {
  if (is_number(value.kind())) return Value::real(value.as_number());
  if (value.kind() != Kind::text) return unsupported("asFloat", value, calling);
  auto parsed = parse_real(value.as_text());
  if (!parsed) return wrong(std::move(parsed).error());
  return Value::real(*parsed);
}

}  // namespace

std::uint32_t builtin_index(std::string_view name) {
  auto found = std::ranges::lower_bound(kBuiltins, name, {}, &Entry::name);
  SERIN_ASSERT(found != std::end(kBuiltins) && found->name == name);
  return static_cast<std::uint32_t>(found - std::begin(kBuiltins));
}

Outcome<Value> call_builtin(std::uint32_t index, std::span<const Value> arguments,
                            Calling& calling) {
  SERIN_ASSERT(index < std::size(kBuiltins));
  const Entry& entry = kBuiltins[index];
  if (arguments.size() < entry.least || arguments.size() > entry.most) {
    return wrong(
        fmt::format("invalid number of arguments for {} (got {})", entry.name, arguments.size()));
  }
  Outcome<Value> value = entry.function(arguments, calling);
  if (!value) return value;
  if (value->kind() == Kind::text && !calling.budget.write(value->as_text().size())) {
    return wrong(std::string(kMemoryExceeded));
  }
  if (calling.budget.spent()) return wrong(std::string(kStepsExceeded));
  return value;
}

Outcome<Value> call_environment(std::string_view name, std::span<const Value> arguments,
                                Calling& calling) {
  std::size_t expected = name == "default" ? 2 : 1;
  if (arguments.size() != expected) {
    return wrong(fmt::format("invalid number of arguments: expected {}, got {}", expected,
                             arguments.size()));
  }
  // These two ask whether there is a result at all, whatever stands in the parentheses.
  if (name == "isNil") return Value::boolean(calling.result.holds_nothing());
  if (name == "default") return calling.result.holds_nothing() ? arguments[1] : calling.result;
  if (name == "asInt") return as_int(arguments[0], calling);
  if (name == "asFloat") return as_float(arguments[0], calling);
  const Value& number = arguments[0];
  if (number.kind() != Kind::real) {
    return wrong(fmt::format("interface conversion: interface {{}} is {}, not float64",
                             number.is_nil() ? "nil" : type_name(number)));
  }
  double value = number.as_real();
  return Value::boolean(name == "isNaN" ? std::isnan(value) : std::isinf(value));
}

}  // namespace serin::analysis::conditions
