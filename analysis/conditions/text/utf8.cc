#include "analysis/conditions/text/utf8.h"

#include <re2/re2.h>

#include "analysis/conditions/text/case_mapping.h"

namespace serin::analysis::conditions {
namespace {

bool continues(std::string_view text, std::size_t index) {
  return index < text.size() && (static_cast<unsigned char>(text[index]) & 0xc0U) == 0x80U;
}

char32_t low_bits(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]) & 0x3fU;
}

// RE2 carries the Unicode tables already; runes outside ASCII are rare enough to ask it.
bool in_category(char32_t rune, const RE2& category) {
  std::string text;
  append_rune(text, rune);
  return RE2::FullMatch(text, category);
}

template <class Map>
std::string map_runes(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    append_rune(out, map(rune.value));
    text.remove_prefix(rune.size);
  }
  return out;
}

}  // namespace

Rune decode_rune(std::string_view text) {
  if (text.empty()) return {};
  auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1};
  if (first >= 0xc2 && first < 0xe0 && continues(text, 1)) {
    return {(static_cast<char32_t>(first & 0x1fU) << 6U) | low_bits(text, 1), 2};
  }
  if (first >= 0xe0 && first < 0xf0 && continues(text, 1) && continues(text, 2)) {
    char32_t value = (static_cast<char32_t>(first & 0x0fU) << 12U) | (low_bits(text, 1) << 6U) |
                     low_bits(text, 2);
    if (value >= 0x800 && (value < 0xd800 || value > 0xdfff)) return {value, 3};
  }
  if (first >= 0xf0 && first < 0xf5 && continues(text, 1) && continues(text, 2) &&
      continues(text, 3)) {
    char32_t value = (static_cast<char32_t>(first & 0x07U) << 18U) | (low_bits(text, 1) << 12U) |
                     (low_bits(text, 2) << 6U) | low_bits(text, 3);
    if (value >= 0x10000 && value <= kRuneMax) return {value, 4};
  }
  return {kReplacementRune, 1};
}

void append_rune(std::string& out, char32_t rune) {
  if (rune > kRuneMax || (rune >= 0xd800 && rune <= 0xdfff)) rune = kReplacementRune;
  auto put = [&out](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (rune < 0x80) {
    put(rune);
  } else if (rune < 0x800) {
    put(0xc0U | (rune >> 6U));
    put(0x80U | (rune & 0x3fU));
  } else if (rune < 0x10000) {
    put(0xe0U | (rune >> 12U));
    put(0x80U | ((rune >> 6U) & 0x3fU));
    put(0x80U | (rune & 0x3fU));
  } else {
    put(0xf0U | (rune >> 18U));
    put(0x80U | ((rune >> 12U) & 0x3fU));
    put(0x80U | ((rune >> 6U) & 0x3fU));
    put(0x80U | (rune & 0x3fU));
  }
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(decode_rune(text).size);
  return count;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    if (rune.value == kReplacementRune && rune.size == 1) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

bool is_letter(char32_t rune) {
  if (rune < 0x80) return (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
  static const RE2 kLetter("\\pL");
  return in_category(rune, kLetter);
}

bool is_digit(char32_t rune) {
  if (rune < 0x80) return rune >= '0' && rune <= '9';
  static const RE2 kDigit("\\p{Nd}");
  return in_category(rune, kDigit);
}

bool is_space(char32_t rune) {
  if (rune < 0x80) return rune == ' ' || (rune >= '\t' && rune <= '\r');
  return rune == 0x85 || rune == 0xa0 || rune == 0x1680 || (rune >= 0x2000 && rune <= 0x200a) ||
         rune == 0x2028 || rune == 0x2029 || rune == 0x202f || rune == 0x205f || rune == 0x3000;
}

std::string_view trimmed(std::string_view text, const std::function<bool(char32_t)>& drops) {
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    if (!drops(rune.value)) break;
    text.remove_prefix(rune.size);
  }
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xc0U) == 0x80U &&
           text.size() - last < 4) {
      --last;
    }
    Rune rune = decode_rune(text.substr(last));
    if (last + rune.size != text.size()) {  // broken bytes: the last one alone
      last = text.size() - 1;
      rune = decode_rune(text.substr(last));
    }
    if (!drops(rune.value)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string to_upper(std::string_view text) {
  return map_runes(text, upper_rune);
}

std::string to_lower(std::string_view text) {
  return map_runes(text, lower_rune);
}

}  // namespace serin::analysis::conditions
