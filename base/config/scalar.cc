#include "base/config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "base/assert.h"

namespace serin::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool among(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

std::optional<Json> resolve_word(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (among(text, {"", "~", "null", "Null", "NULL"})) return Json();
  if (among(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) {
    return Json(true);
  }
  if (among(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    return Json(false);
  }
  if (among(text, {".nan", ".NaN", ".NAN"})) return Json(std::numeric_limits<double>::quiet_NaN());
  if (among(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return Json(kInfinity);
  if (among(text, {"-.inf", "-.Inf", "-.INF"})) return Json(-kInfinity);
  return std::nullopt;
}

// 12, -0x1F, 0b101, 0o17, and 017 as octal.
std::optional<Json> resolve_integer(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    char mark = text[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    bool marked = base != 8 || mark == 'o' || mark == 'O';
    text.remove_prefix(marked ? 2 : 1);
  }
  // from_chars would take a second sign.
  if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
  std::uint64_t magnitude = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (negative && magnitude == kMax + 1) return Json(std::numeric_limits<std::int64_t>::min());
  if (magnitude > kMax) {
    auto real = static_cast<double>(magnitude);
    return Json(negative ? -real : real);
  }
  auto value = static_cast<std::int64_t>(magnitude);
  return Json(negative ? -value : value);
}

// [-+]?(.5|5|5.5|5.)([eE][-+]?5)?
std::optional<Json> resolve_real(std::string_view text) {
  std::string_view rest = text;
  auto digits = [&] {
    std::size_t count = 0;
    while (count < rest.size() && is_digit(rest[count])) ++count;
    rest.remove_prefix(count);
    return count;
  };
  auto accept = [&](std::string_view any) {
    if (rest.empty() || any.find(rest.front()) == std::string_view::npos) return false;
    rest.remove_prefix(1);
    return true;
  };
  if (accept("+")) text = rest;
  accept("-");
  std::size_t whole = digits();
  if (accept(".")) {
    if (digits() == 0 && whole == 0) return std::nullopt;
  } else if (whole == 0) {
    return std::nullopt;
  }
  if (accept("eE")) {
    accept("+-");
    if (digits() == 0) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    // Too small reads as 0 (or the nearest denormal), too large is no number.
    value = std::strtod(std::string(text).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
    return Json(value);
  }
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Json(value);
}

// Go's strconv.FormatFloat(value, 'g', -1, 64): scientific below 1e-4 and from 1e6 on.
std::string shortest_text(double value) {
  if (!std::isfinite(value)) return format_double(value);
  std::array<char, 400> buffer{};
  auto scientific = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                  std::chars_format::scientific);
  std::string_view text(buffer.data(), scientific.ptr);
  int exponent = 0;
  std::string_view digits = text.substr(text.find('e') + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  constexpr int kScientificFrom = 6;
  if (exponent < -4 || exponent >= kScientificFrom) return std::string(text);
  auto fixed =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
  return {buffer.data(), fixed.ptr};
}

}  // namespace

Json resolve_plain(std::string_view text) {
  if (auto word = resolve_word(text)) return *word;
  char first = text.front();
  if (!is_digit(first) && first != '+' && first != '-' && first != '.') {
    return Json(std::string(text));
  }
  std::string plain(text);
  if (first != '.') std::erase(plain, '_');
  if (auto integer = resolve_integer(plain)) return *integer;
  if (auto real = resolve_real(plain)) return *real;
  return Json(std::string(text));
}

std::string kubernetes_text(const Node& node) {
  SERIN_ASSERT(node.is_scalar());
  const Json& value = node.value();
  switch (node.kind()) {
    case Node::Kind::boolean:
      return value.boolean() ? "true" : "false";
    case Node::Kind::integer:
      return std::to_string(value.integer());
    case Node::Kind::real: {
      // A whole number beyond 64 bits with sign, as unsigned.
      bool whole = std::ranges::all_of(node.text(), is_digit);
      return whole && !node.text().starts_with('0') ? node.text() : shortest_text(value.number());
    }
    case Node::Kind::string:
      return std::string(value.string());
    default:
      return "";
  }
}

}  // namespace serin::config
