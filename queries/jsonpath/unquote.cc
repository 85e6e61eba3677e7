#include "queries/jsonpath/unquote.h"

#include <cstdint>

namespace serin::queries::jsonpath {
namespace {

constexpr std::uint32_t kCodePointMax = 0x10FFFF;

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | code >> 6U);
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
}

std::optional<std::uint32_t> digits(std::string_view text, std::uint32_t base) {
  std::uint32_t value = 0;
  for (char c : text) {
    std::uint32_t digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<char> simple(char c, char quote) {
  static constexpr std::string_view kNames = "abfnrtv\\";
  static constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  if (const std::size_t at = kNames.find(c); at != std::string_view::npos) return kMeanings[at];
  if (c == quote) return c;
  return std::nullopt;
}

// The escape at the start of `rest`, behind its backslash; takes it off.
bool take_escape(std::string_view& rest, char quote, std::string& out) {
  if (rest.empty()) return false;
  const char kind = rest.front();
  if (const auto character = simple(kind, quote)) {
    rest.remove_prefix(1);
    out += *character;
    return true;
  }
  const bool octal = kind >= '0' && kind <= '7';
  const std::size_t count = octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (!octal) rest.remove_prefix(1);
  if (count == 0 || rest.size() < count) return false;
  const auto value = digits(rest.substr(0, count), octal ? 8 : 16);
  if (!value) return false;
  rest.remove_prefix(count);
  if (octal || kind == 'x') {
    if (*value > 0xFF) return false;
    out += static_cast<char>(*value);
    return true;
  }
  if (*value > kCodePointMax || (*value >= 0xD800 && *value < 0xE000)) return false;
  append_utf8(out, *value);
  return true;
}

}  // namespace

std::optional<std::string> unquote(std::string_view quoted) {
  if (quoted.size() < 2 || quoted.front() != quoted.back()) return std::nullopt;
  const char quote = quoted.front();
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  std::string out;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == quote) return std::nullopt;
    if (c != '\\') {
      out += c;
    } else if (!take_escape(rest, quote, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace serin::queries::jsonpath
