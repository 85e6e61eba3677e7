#include "analysis/conditions/syntax/lexer.h"
#include "analysis/conditions/text/utf8.h"

namespace serin::analysis::conditions {
namespace {

constexpr char kBad[] = "unable to unescape string";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes `count` hexadecimal digits off `rest`; -1 where they are not there.
std::int64_t take_hex(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return -1;
  std::int64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    int digit = hex_value(rest[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  rest.remove_prefix(count);
  return value > kRuneMax ? -1 : value;
}

// `\u{1F600}`, with `rest` behind the brace.
std::int64_t take_braced(std::string_view& rest) {
  std::size_t close = rest.find('}');
  if (close == std::string_view::npos || close == 0 || close > 6) return -1;
  std::int64_t value = take_hex(rest, close);
  if (value >= 0) rest.remove_prefix(1);
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '\'':
    case '"':
    case '`':
    case '?':
      return c;
    default:
      return '\0';
  }
}

// Carriage returns, alone or before a line feed, become line feeds.
std::string normalise_newlines(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

bool is_octal(char c) {
  return c >= '0' && c <= '7';
}

}  // namespace

std::optional<std::string> unescape(std::string_view literal, bool bytes, std::string& message) {
  message = kBad;
  std::string normal = normalise_newlines(literal);
  std::string_view rest = normal;
  if (rest.size() < 2) return std::nullopt;
  rest = rest.substr(1, rest.size() - 2);
  std::string out;
  auto put = [&](std::int64_t value) {
    if (bytes) {
      out += static_cast<char>(static_cast<unsigned char>(value));
    } else {
      append_rune(out, static_cast<char32_t>(value));
    }
  };
  while (!rest.empty()) {
    char c = rest[0];
    if (c != '\\') {
      Rune rune = decode_rune(rest);
      append_rune(out, rune.value);
      rest.remove_prefix(rune.size);
      continue;
    }
    if (rest.size() < 2) return std::nullopt;
    char kind = rest[1];
    rest.remove_prefix(2);
    if (char simple = simple_escape(kind); simple != '\0') {
      out += simple;
      continue;
    }
    std::int64_t value = -1;
    if (kind == 'x' || kind == 'X') {
      value = take_hex(rest, 2);
    } else if (!bytes && kind == 'u' && !rest.empty() && rest[0] == '{') {
      rest.remove_prefix(1);
      value = take_braced(rest);
    } else if (!bytes && (kind == 'u' || kind == 'U')) {
      value = take_hex(rest, kind == 'u' ? 4 : 8);
    } else if (kind >= '0' && kind <= '3') {
      if (rest.size() < 2 || !is_octal(rest[0]) || !is_octal(rest[1])) {
        message = "unable to unescape octal sequence in string";
        return std::nullopt;
      }
      value = (kind - '0') * 64 + (rest[0] - '0') * 8 + (rest[1] - '0');
      rest.remove_prefix(2);
    }
    if (value < 0) return std::nullopt;
    put(value);
  }
  return out;
}

}  // namespace serin::analysis::conditions
