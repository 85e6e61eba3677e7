#include "analysis/conditions/text/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "analysis/conditions/text/quote.h"

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

bool equals_ignoring_case(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// Underscores may stand between digits, and between a base prefix and the first digit, and only
// with a prefix.
bool underscores_fit(std::string_view text) {
  char last = '^';  // '0' a digit, '_' an underscore, '!' anything else
  std::size_t i = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) i = 1;
  bool hex = false;
  if (text.size() >= i + 2 && text[i] == '0') {
    char prefix = lower(text[i + 1]);
    if (prefix == 'b' || prefix == 'o' || prefix == 'x') {
      i += 2;
      last = '0';
      hex = prefix == 'x';
    }
  }
  for (; i < text.size(); ++i) {
    char c = lower(text[i]);
    if ((c >= '0' && c <= '9') || (hex && c >= 'a' && c <= 'f')) {
      last = '0';
    } else if (c == '_') {
      if (last != '0') return false;
      last = '_';
    } else {
      if (last == '_') return false;
      last = '!';
    }
  }
  return last != '_';
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

// About the exponent of a well-formed number: enough to tell one that is far too large from one far
// too small.
std::int64_t magnitude(std::string_view digits, bool hex) {
  std::size_t mark = std::min(digits.find_first_of(hex ? "pP" : "eE"), digits.size());
  std::int64_t exponent = 0;
  if (mark < digits.size()) {
    std::string_view tail = digits.substr(mark + 1);
    bool negative = tail.starts_with('-');
    if (negative || tail.starts_with('+')) tail.remove_prefix(1);
    constexpr std::int64_t kFar = 1'000'000'000;
    auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (error != std::errc() || exponent > kFar) exponent = kFar;
    if (negative) exponent = -exponent;
  }
  std::string_view mantissa = digits.substr(0, mark);
  std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  std::size_t first = std::min(mantissa.find_first_not_of("0."), mantissa.size());
  auto places = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  return exponent + places * (hex ? 4 : 1);
}

// Hexadecimal floats need a `p` exponent, which from_chars does not insist on.
bool is_hex_real(std::string_view digits) {
  return digits.size() > 2 && digits[0] == '0' && lower(digits[1]) == 'x';
}

}  // namespace

Parsing<std::int64_t> parse_integer(std::string_view text, int base) {
  return parse_whole("ParseInt", text, base);
}

Parsing<std::int64_t> parse_atoi(std::string_view text) {
  return parse_whole("Atoi", text, 10);
}

Parsing<double> parse_real(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  bool sign = !rest.empty() && (rest[0] == '-' || rest[0] == '+');
  if (sign) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity")) {
    double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (!sign && equals_ignoring_case(rest, "nan")) return std::numeric_limits<double>::quiet_NaN();
  std::string digits(rest);
  bool hex = is_hex_real(digits);
  if (digits.find('_') != std::string::npos) {
    if (!underscores_fit(text)) return wrong("ParseFloat", text, "invalid syntax");
    std::erase(digits, '_');
  }
  auto format = std::chars_format::general;
  if (hex) {
    digits.erase(0, 2);
    if (digits.find_first_of("pP") == std::string::npos) {
      return wrong("ParseFloat", text, "invalid syntax");
    }
    format = std::chars_format::hex;
  }
  // from_chars takes words and a sign of its own; neither may stand here.
  if (digits.empty() || !((digits[0] >= '0' && digits[0] <= '9') || digits[0] == '.' || hex)) {
    return wrong("ParseFloat", text, "invalid syntax");
  }
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, format);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return wrong("ParseFloat", text, "invalid syntax");
  }
  if (error == std::errc::result_out_of_range) {
    if (magnitude(digits, hex) > 0) return wrong("ParseFloat", text, "value out of range");
    value = 0;  // too small to be told from zero
  }
  return negative ? -value : value;
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
