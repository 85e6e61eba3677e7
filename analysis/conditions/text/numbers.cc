#include "analysis/conditions/text/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "analysis/conditions/text/quote.h"
#include "base/text/real_text.h"

namespace serin::analysis::conditions {
namespace {

std::unexpected<std::string> wrong(std::string_view function, std::string_view text,
                                   std::string_view why) {
  return std::unexpected(
      fmt::format("strconv.{}: parsing {}: {}", function, quote_text(text), why));
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

Parsing<std::int64_t> parse_whole(std::string_view function, std::string_view text, int base) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  std::string digits(rest);
  if (base == 0) {
    base = 10;
    if (rest.size() >= 2 && rest[0] == '0') {
      char prefix = lower(rest[1]);
      base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
      digits = std::string(rest.substr(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1));
    }
    if (digits.find('_') != std::string::npos) {
      if (!underscores_fit(text)) return wrong(function, text, "invalid syntax");
      std::erase(digits, '_');
    }
  }
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return wrong(function, text, "invalid syntax");
  }
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error == std::errc::result_out_of_range || value > kMax + (negative ? 1 : 0)) {
    return wrong(function, text, "value out of range");
  }
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace

Parsing<std::int64_t> parse_integer(std::string_view text, int base) {
  return parse_whole("ParseInt", text, base);
}

Parsing<std::int64_t> parse_atoi(std::string_view text) {
  return parse_whole("Atoi", text, 10);
}

Parsing<double> parse_real(std::string_view text) {
  const auto value = read_real(text);
  if (value) return *value;
  return wrong("ParseFloat", text,
               value.error() == RealFault::range ? "value out of range" : "invalid syntax");
}

namespace {

// Shortest digits; `low` and `high` bound the decimal exponents that are written without one.
std::string format_shortest(double value, int low, int high, bool two_digit_exponent) {
  char buffer[32];
  auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, end);
  std::size_t e = text.find('e');
  int exponent = 0;
  const char* first = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(first, text.data() + text.size(), exponent);
  if (value != 0 && (exponent < low || exponent >= high)) {
    if (two_digit_exponent) return std::string(text);
    return fmt::format("{}e{}{}", text.substr(0, e), exponent < 0 ? "-" : "+", std::abs(exponent));
  }
  char fixed[64];
  auto [fixed_end, fixed_error] =
      std::to_chars(fixed, fixed + sizeof fixed, value, std::chars_format::fixed);
  return {fixed, fixed_end};
}

}  // namespace

std::string format_general(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return format_shortest(value, -4, 21, true);
}

std::string format_json_number(double value) {
  return format_shortest(value, -6, 21, false);
}

}  // namespace serin::analysis::conditions
