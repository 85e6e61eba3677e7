#include "analysis/conditions/values/operators.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "analysis/conditions/values/format.h"

namespace serin::analysis::conditions {
namespace {

std::unexpected<std::string> mismatch(std::string_view sign, const Value& a, const Value& b) {
  return std::unexpected(
      fmt::format("invalid operation: {} {} {}", type_name(a), sign, type_name(b)));
}

enum class Pairing { whole, real, other };

Pairing pairing(const Value& a, const Value& b) {
  if (!is_number(a.kind()) || !is_number(b.kind())) return Pairing::other;
  return a.kind() == Kind::real || b.kind() == Kind::real ? Pairing::real : Pairing::whole;
}

template <class T>
bool ordered(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::less:
      return a < b;
    case Comparison::more:
      return a > b;
    case Comparison::less_equal:
      return a <= b;
    case Comparison::more_equal:
      return a >= b;
  }
  return false;
}

std::string_view sign_of(Comparison comparison) {
  static constexpr std::string_view kSigns[] = {"<", ">", "<=", ">="};
  return kSigns[static_cast<std::size_t>(comparison)];
}

std::int64_t wrap(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

bool is_duration(const Value& value) {
  return value.kind() == Kind::duration;
}
bool is_time(const Value& value) {
  return value.kind() == Kind::time;
}

}  // namespace

Outcome<bool> compare(Comparison comparison, const Value& a, const Value& b) {
  switch (pairing(a, b)) {
    case Pairing::real:
      return ordered(comparison, a.as_number(), b.as_number());
    case Pairing::whole:
      return ordered(comparison, a.as_whole(), b.as_whole());
    case Pairing::other:
      break;
  }
  if (a.kind() == Kind::text && b.kind() == Kind::text) {
    return ordered(comparison, a.as_text(), b.as_text());
  }
  if (is_duration(a) && is_duration(b)) return ordered(comparison, a.as_whole(), b.as_whole());
  if (is_time(a) && is_time(b)) {
    int order = a.as_time().before(b.as_time()) ? -1 : b.as_time().before(a.as_time()) ? 1 : 0;
    return ordered(comparison, order, 0);
  }
  return mismatch(sign_of(comparison), a, b);
}

Outcome<Value> add(const Value& a, const Value& b, Budget& budget) {
  switch (pairing(a, b)) {
    case Pairing::real:
      return Value::real(a.as_number() + b.as_number());
    case Pairing::whole:
      return Value::integer(wrap(static_cast<std::uint64_t>(a.as_whole()) +
                                 static_cast<std::uint64_t>(b.as_whole())));
    case Pairing::other:
      break;
  }
  if (a.kind() == Kind::text && b.kind() == Kind::text) {
    if (!budget.write(a.as_text().size() + b.as_text().size())) {
      return std::unexpected(std::string(kMemoryExceeded));
    }
    std::string joined(a.as_text());
    joined += b.as_text();
    return Value::text(std::move(joined));
  }
  if (is_time(a) && is_duration(b)) return Value::time(a.as_time().plus(b.as_whole()));
  if (is_duration(a) && is_time(b)) return Value::time(b.as_time().plus(a.as_whole()));
  if (is_duration(a) && is_duration(b)) {
    return Value::whole(Kind::duration, wrap(static_cast<std::uint64_t>(a.as_whole()) +
                                             static_cast<std::uint64_t>(b.as_whole())));
  }
  return mismatch("+", a, b);
}

Outcome<Value> subtract(const Value& a, const Value& b) {
  auto difference = [&] {
    return wrap(static_cast<std::uint64_t>(a.as_whole()) -
                static_cast<std::uint64_t>(b.as_whole()));
  };
  switch (pairing(a, b)) {
    case Pairing::real:
      return Value::real(a.as_number() - b.as_number());
    case Pairing::whole:
      return Value::integer(difference());
    case Pairing::other:
      break;
  }
  if (is_time(a) && is_time(b)) return Value::whole(Kind::duration, a.as_time().since(b.as_time()));
  if (is_time(a) && is_duration(b)) {
    return Value::time(a.as_time().plus(wrap(0 - static_cast<std::uint64_t>(b.as_whole()))));
  }
  if (is_duration(a) && is_duration(b)) return Value::whole(Kind::duration, difference());
  return mismatch("-", a, b);
}

Outcome<Value> multiply(const Value& a, const Value& b) {
  bool durations = is_duration(a) || is_duration(b);
  auto factor = [](const Value& value) { return is_number(value.kind()) || is_duration(value); };
  if (!factor(a) || !factor(b)) return mismatch("*", a, b);
  if (a.kind() == Kind::real || b.kind() == Kind::real) {
    return Value::real((a.kind() == Kind::real ? a.as_real() : static_cast<double>(a.as_whole())) *
                       (b.kind() == Kind::real ? b.as_real() : static_cast<double>(b.as_whole())));
  }
  std::int64_t product =
      wrap(static_cast<std::uint64_t>(a.as_whole()) * static_cast<std::uint64_t>(b.as_whole()));
  return Value::whole(durations ? Kind::duration : Kind::integer, product);
}

Outcome<Value> divide(const Value& a, const Value& b) {
  if (pairing(a, b) == Pairing::other) return mismatch("/", a, b);
  return Value::real(a.as_number() / b.as_number());
}

Outcome<Value> modulo(const Value& a, const Value& b) {
  if (pairing(a, b) != Pairing::whole) return mismatch("%", a, b);
  if (b.as_whole() == 0) return std::unexpected("runtime error: integer divide by zero");
  if (b.as_whole() == -1)
    return Value::integer(0);  // also for the least number, which has no negative
  return Value::integer(a.as_whole() % b.as_whole());
}

Outcome<Value> power(const Value& a, const Value& b) {
  for (const Value* value : {&a, &b}) {
    if (!is_number(value->kind())) {
      return std::unexpected(fmt::format("invalid operation: float({})", type_name(*value)));
    }
  }
  return Value::real(power(a.as_number(), b.as_number()));
}

Outcome<Value> negate(const Value& a) {
  if (a.kind() == Kind::real) return Value::real(-a.as_real());
  if (!is_whole(a.kind())) {
    return std::unexpected(fmt::format("invalid operation: - {}", type_name(a)));
  }
  std::int64_t negative = wrap(0 - static_cast<std::uint64_t>(a.as_whole()));
  if (a.kind() == Kind::byte) negative &= 0xff;
  return Value::whole(a.kind(), negative);
}

std::int64_t to_int(double value) {
  constexpr double kEdge = 9223372036854775808.0;
  if (!(value >= -kEdge && value < kEdge)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

Outcome<std::int64_t> to_int(const Value& value) {
  if (value.kind() == Kind::real) return to_int(value.as_real());
  if (is_whole(value.kind())) return value.as_whole();
  return std::unexpected(fmt::format("invalid operation: int({})", type_name(value)));
}

double power(double x, double y) {
  bool plain = std::isfinite(x) && std::isfinite(y) && x != 0 && y != 0 && x != 1 && y != 1;
  if (!plain || std::fabs(y) == 0.5 || std::fabs(y) >= 9.2e18) return std::pow(x, y);
  double whole = 0;
  double part = std::modf(std::fabs(y), &whole);
  if (part != 0 && x < 0) return std::numeric_limits<double>::quiet_NaN();
  double fraction = 1;
  std::int64_t exponent = 0;
  if (part != 0) {
    if (part > 0.5) {
      part -= 1;
      whole += 1;
    }
    fraction = std::exp(part * std::log(x));
  }
  int binary = 0;
  double square = std::frexp(x, &binary);
  std::int64_t square_exponent = binary;
  constexpr std::int64_t kFar = 1 << 12;  // beyond this the result is infinite or zero in any case
  for (auto bits = static_cast<std::int64_t>(whole); bits != 0; bits >>= 1) {
    if (square_exponent < -kFar || square_exponent > kFar) {
      exponent += square_exponent;
      break;
    }
    if ((bits & 1) != 0) {
      fraction *= square;
      exponent += square_exponent;
    }
    square *= square;
    square_exponent *= 2;
    if (square < 0.5) {
      square += square;
      --square_exponent;
    }
  }
  if (y < 0) {
    fraction = 1 / fraction;
    exponent = -exponent;
  }
  return std::ldexp(fraction, static_cast<int>(exponent));
}

}  // namespace serin::analysis::conditions
