// UTF-8 as the condition language sees it: runes, letters, spaces, simple case mapping.
//
//   Rune rune = decode_rune("é");        // {0xe9, 2}
//   std::size_t n = count_runes(text);
//
// A byte that starts no valid sequence is one rune U+FFFD of one byte. There is no normalisation
// and no collation, and case mapping is one rune to one rune (ß stays ß).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace serin::analysis::conditions {

struct Rune {
  char32_t value = 0;
  std::size_t size = 0;  // bytes; 0 at the end of the text
};

inline constexpr char32_t kReplacementRune = 0xfffd;
inline constexpr char32_t kRuneMax = 0x10ffff;

// The first rune of `text`; {0, 0} where it is empty.
Rune decode_rune(std::string_view text);
// Appends a rune; a surrogate or a value above kRuneMax is written as U+FFFD.
void append_rune(std::string& out, char32_t rune);
std::size_t count_runes(std::string_view text);
bool is_valid_utf8(std::string_view text);

// Unicode categories L, Nd and White_Space.
bool is_letter(char32_t rune);
bool is_digit(char32_t rune);
bool is_space(char32_t rune);
// Without the runes at both ends that `drops` is true of; a broken byte is one of its own.
std::string_view trimmed(std::string_view text, const std::function<bool(char32_t)>& drops);

// Every rune by its simple case mapping.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

}  // namespace serin::analysis::conditions
