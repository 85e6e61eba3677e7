// The operators of the condition language on values.
//
//   equal(Value::integer(2), Value::real(2), budget);      // true: numbers compare as numbers
//   less(Value::text("a"), Value::integer(1));             // error "invalid operation: string <
//   int"
//
// Comparisons with NaN are false, but `!=`. Whole numbers wrap around; division gives a float64.
#pragma once

#include <expected>
#include <string>

#include "analysis/conditions/values/budget.h"
#include "analysis/conditions/values/value.h"

namespace serin::analysis::conditions {

template <class T>
using Outcome = std::expected<T, std::string>;

enum class Comparison : std::uint8_t { less, more, less_equal, more_equal };

// `==`. Never an error: values of different types are unequal. Where the budget ends, false; ask
// budget.spent().
bool equal(const Value& a, const Value& b, Budget& budget);
Outcome<bool> compare(Comparison comparison, const Value& a, const Value& b);
Outcome<Value> add(const Value& a, const Value& b, Budget& budget);
Outcome<Value> subtract(const Value& a, const Value& b);
Outcome<Value> multiply(const Value& a, const Value& b);
Outcome<Value> divide(const Value& a, const Value& b);
Outcome<Value> modulo(const Value& a, const Value& b);
Outcome<Value> power(const Value& a, const Value& b);
Outcome<Value> negate(const Value& a);
Outcome<bool> in(const Value& needle, const Value& haystack, Budget& budget);

// `a[key]`, `a.key`.
Outcome<Value> fetch(const Value& from, const Value& key);
// `a[from:to]`.
Outcome<Value> slice(const Value& array, const Value& from, const Value& to, Budget& budget);

// A number as Go's int; a fraction is cut off, and what does not fit becomes the least one.
Outcome<std::int64_t> to_int(const Value& value);
std::int64_t to_int(double value);
// x to the y, by squaring the fraction of x as Go's math.Pow does, so that results agree to the
// last bit.
double power(double x, double y);

}  // namespace serin::analysis::conditions
