#include "analysis/conditions/text/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "analysis/conditions/builtins/helpers.h"
#include "analysis/conditions/builtins/list.h"
#include "analysis/conditions/values/format.h"

namespace serin::analysis::conditions::builtins {
namespace {

// A whole number of any name: durations and months among them.
bool is_any_whole(const Value& value) {
  return is_whole(value.kind()) || value.kind() == Kind::duration || value.kind() == Kind::month ||
         value.kind() == Kind::weekday;
}

bool is_any_number(const Value& value) {
  return is_any_whole(value) || value.kind() == Kind::real;
}

double number_of(const Value& value) {
  return value.kind() == Kind::real ? value.as_real() : static_cast<double>(value.as_whole());
}

Outcome<Value> rounded(std::string_view name, const Value& value, double (*function)(double)) {
  if (value.kind() == Kind::real) return Value::real(function(value.as_real()));
  if (is_whole(value.kind())) return Value::real(value.as_number());
  return invalid_argument(name, value);
}

// Keeps the first of the greatest, or least; a comparison with NaN changes nothing.
class Extreme {
 public:
  Extreme(std::string_view name, Calling& calling) : name_(name), calling_(calling) {}

  Outcome<Value> over(Arguments arguments) {
    Value best;
    for (const Value& argument : arguments) {
      if (!is_array(argument.kind())) {
        if (is_any_number(argument)) {
          if (auto error = offer(best, argument); !error.empty()) return wrong(std::move(error));
          continue;
        }
        if (arguments.size() == 1) return argument;
        return invalid_argument(name_, argument);
      }
      auto inner = over_elements(argument);
      if (!inner) return inner;
      if (inner->is_nil()) continue;
      if (auto error = offer(best, *inner); !error.empty()) return wrong(std::move(error));
    }
    return best;
  }

 private:
  Outcome<Value> over_elements(const Value& array) {
    Value best;
    for (std::size_t i = 0; i < array.size(); ++i) {
      if (!calling_.budget.spend()) return wrong(std::string(kStepsExceeded));
      Value element = array.at(i);
      if (is_array(element.kind())) {
        auto inner = over_elements(element);
        if (!inner) return inner;
        element = *inner;
        // An empty array inside an array of arrays is nothing; in a pair it is an error.
        if (element.is_nil() && array.kind() == Kind::array) continue;
      }
      if (!is_number(element.kind())) return invalid_argument(name_, element);
      if (auto error = offer(best, element); !error.empty()) return wrong(std::move(error));
    }
    return best;
  }

  std::string offer(Value& best, const Value& candidate) {
    if (best.is_nil()) {
      best = candidate;
      return {};
    }
    auto better = compare(name_ == "max" ? Comparison::less : Comparison::more, best, candidate);
    if (!better) return std::move(better).error();
    if (*better) best = candidate;
    return {};
  }

  std::string_view name_;
  Calling& calling_;
};

struct Total {
  std::size_t count = 0;
  double sum = 0;
};

// Arrays inside are summed for themselves first: the order of additions shows in the last bit.
Outcome<Total> total(const Value& value, Calling& calling) {
  if (is_any_number(value)) return Total{1, number_of(value)};
  if (!is_array(value.kind())) return invalid_argument("mean", value);
  Total all;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!calling.budget.spend()) return wrong(std::string(kStepsExceeded));
    auto part = total(value.at(i), calling);
    if (!part) return part;
    all.count += part->count;
    all.sum += part->sum;
  }
  return all;
}

std::string gather(const Value& value, Calling& calling, std::vector<double>& numbers) {
  if (is_any_number(value)) {
    numbers.push_back(number_of(value));
    return {};
  }
  if (!is_array(value.kind())) return invalid_argument("median", value).error();
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!calling.budget.spend()) return std::string(kStepsExceeded);
    if (auto error = gather(value.at(i), calling, numbers); !error.empty()) return error;
  }
  return {};
}

Outcome<std::int64_t> bits_of(std::string_view name, const Value& value) {
  if (is_whole(value.kind())) return value.as_whole();
  return wrong(
      fmt::format("cannot use {} as argument (type int) to call {}", type_name(value), name));
}

template <class F>
Outcome<Value> bitwise(std::string_view name, Arguments arguments, F function) {
  auto x = bits_of(name, arguments[0]);
  if (!x) return wrong(std::move(x).error());
  auto y = bits_of(name, arguments[1]);
  if (!y) return wrong(std::move(y).error());
  return Value::integer(function(*x, *y));
}

// Shifts by 64 and more push everything out.
template <class F>
Outcome<Value> shifted(std::string_view name, Arguments arguments, F function) {
  auto count = bits_of(name, arguments[1]);
  if (count && *count < 0 && bits_of(name, arguments[0])) {
    return wrong(fmt::format("invalid operation: negative shift count {} (type int)", *count));
  }
  return bitwise(name, arguments, function);
}

}  // namespace

Outcome<Value> abs(Arguments arguments, Calling&) {
  const Value& value = arguments[0];
  if (value.kind() == Kind::real) {
    return value.as_real() < 0 ? Value::real(-value.as_real()) : value;
  }
  if (!is_whole(value.kind())) return invalid_argument("abs", value);
  return value.as_whole() < 0 ? negate(value) : value;
}

Outcome<Value> ceil(Arguments arguments, Calling&) {
  return rounded("ceil", arguments[0], [](double x) { return std::ceil(x); });
}

Outcome<Value> floor(Arguments arguments, Calling&) {
  return rounded("floor", arguments[0], [](double x) { return std::floor(x); });
}

Outcome<Value> round(Arguments arguments, Calling&) {
  return rounded("round", arguments[0], [](double x) { return std::round(x); });
}

Outcome<Value> int_(Arguments arguments, Calling&) {
  const Value& value = arguments[0];
  if (value.kind() == Kind::real) return Value::integer(to_int(value.as_real()));
  if (is_any_whole(value)) return Value::integer(value.as_whole());
  if (value.is_nil()) return wrong("reflect: call of reflect.Value.Type on zero Value");
  if (value.kind() != Kind::text) {
    return wrong(fmt::format("invalid operation: int({})", type_name(value)));
  }
  auto parsed = parse_atoi(value.as_text());
  if (!parsed) return wrong(fmt::format("invalid operation: int({})", value.as_text()));
  return Value::integer(*parsed);
}

Outcome<Value> float_(Arguments arguments, Calling&) {
  const Value& value = arguments[0];
  if (is_number(value.kind())) return Value::real(value.as_number());
  if (value.kind() != Kind::text) {
    return wrong(fmt::format("invalid operation: float({})", type_name(value)));
  }
  auto parsed = parse_real(value.as_text());
  if (!parsed) return wrong(fmt::format("invalid operation: float({})", value.as_text()));
  return Value::real(*parsed);
}

Outcome<Value> max(Arguments arguments, Calling& calling) {
  return Extreme("max", calling).over(arguments);
}

Outcome<Value> min(Arguments arguments, Calling& calling) {
  return Extreme("min", calling).over(arguments);
}

Outcome<Value> mean(Arguments arguments, Calling& calling) {
  Total all;
  for (const Value& argument : arguments) {
    auto part = total(argument, calling);
    if (!part) return wrong(std::move(part).error());
    all.count += part->count;
    all.sum += part->sum;
  }
  return Value::real(all.count == 0 ? 0.0 : all.sum / static_cast<double>(all.count));
}

Outcome<Value> median(Arguments arguments, Calling& calling) {
  std::vector<double> numbers;
  for (const Value& argument : arguments) {
    if (auto error = gather(argument, calling, numbers); !error.empty()) {
      return wrong(std::move(error));
    }
  }
  if (numbers.empty()) return Value::real(0);
  std::ranges::sort(numbers, [](double a, double b) {
    return a < b || (std::isnan(a) && !std::isnan(b));  // NaN comes first
  });
  std::size_t middle = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return Value::real(numbers[middle]);
  return Value::real((numbers[middle - 1] + numbers[middle]) / 2);
}

Outcome<Value> bitand_(Arguments arguments, Calling&) {
  return bitwise("bitand", arguments, [](std::int64_t x, std::int64_t y) { return x & y; });
}

Outcome<Value> bitor_(Arguments arguments, Calling&) {
  return bitwise("bitor", arguments, [](std::int64_t x, std::int64_t y) { return x | y; });
}

Outcome<Value> bitxor(Arguments arguments, Calling&) {
  return bitwise("bitxor", arguments, [](std::int64_t x, std::int64_t y) { return x ^ y; });
}

Outcome<Value> bitnand(Arguments arguments, Calling&) {
  return bitwise("bitnand", arguments, [](std::int64_t x, std::int64_t y) { return x & ~y; });
}

Outcome<Value> bitnot(Arguments arguments, Calling&) {
  auto x = bits_of("bitnot", arguments[0]);
  if (!x) return wrong(std::move(x).error());
  return Value::integer(~*x);
}

Outcome<Value> bitshl(Arguments arguments, Calling&) {
  return shifted("bitshl", arguments, [](std::int64_t x, std::int64_t y) {
    return y >= 64 ? 0 : static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << y);
  });
}

Outcome<Value> bitshr(Arguments arguments, Calling&) {
  return shifted("bitshr", arguments,
                 [](std::int64_t x, std::int64_t y) { return x >> std::min<std::int64_t>(y, 63); });
}

Outcome<Value> bitushr(Arguments arguments, Calling&) {
  return shifted("bitushr", arguments, [](std::int64_t x, std::int64_t y) {
    return y >= 64 ? 0 : static_cast<std::int64_t>(static_cast<std::uint64_t>(x) >> y);
  });
}

}  // namespace serin::analysis::conditions::builtins
