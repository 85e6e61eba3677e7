#include "base/text/real_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace serin {
namespace {

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

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The usual number, which needs no second look and no copy.
std::optional<double> plain(std::string_view digits) {
  if (digits.empty() || !(is_digit(digits[0]) || digits[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Hexadecimal floats need a `p` exponent, which from_chars does not insist on.
bool is_hex_real(std::string_view digits) {
  return digits.size() > 2 && digits[0] == '0' && lower(digits[1]) == 'x';
}

}  // namespace

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
    if (is_digit(c) || (hex && c >= 'a' && c <= 'f')) {
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

std::expected<double, RealFault> read_real(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  bool sign = !rest.empty() && (rest[0] == '-' || rest[0] == '+');
  if (sign) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (const auto value = plain(rest)) return negative ? -*value : *value;
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity")) {
    double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (!sign && equals_ignoring_case(rest, "nan")) return std::numeric_limits<double>::quiet_NaN();
  std::string digits(rest);
  bool hex = is_hex_real(digits);
  if (digits.find('_') != std::string::npos) {
    if (!underscores_fit(text)) return std::unexpected(RealFault::syntax);
    std::erase(digits, '_');
  }
  auto format = std::chars_format::general;
  if (hex) {
    digits.erase(0, 2);
    if (digits.find_first_of("pP") == std::string::npos) {
      return std::unexpected(RealFault::syntax);
    }
    format = std::chars_format::hex;
  }
  // from_chars takes words and a sign of its own; neither may stand here.
  const char first = digits.empty() ? ' ' : lower(digits[0]);
  if (!(is_digit(first) || first == '.' || (hex && first >= 'a' && first <= 'f'))) {
    return std::unexpected(RealFault::syntax);
  }
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, format);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return std::unexpected(RealFault::syntax);
  }
  if (error == std::errc::result_out_of_range) {
    if (magnitude(digits, hex) > 0) return std::unexpected(RealFault::range);
    value = 0;  // too small to be told from zero
  }
  return negative ? -value : value;
}

}  // namespace serin
