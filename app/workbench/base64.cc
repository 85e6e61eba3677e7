#include "app/workbench/base64.h"

#include <cstdint>

namespace serin::app {
namespace {

// 0 to 63; -1: none of the alphabet.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

Result<std::string> base64_decoded(std::string_view text) {
  const auto wrong = [] { return fail(Code::invalid_argument, "this is no base64"); };
  if (text.size() % 4 != 0) return wrong();
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return wrong();
    bits = (bits << 6U | static_cast<std::uint32_t>(digit)) & 0xffffffU;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> static_cast<unsigned>(held) & 0xffU);
  }
  // What is left over must be nothing, so that each text has one meaning.
  if ((bits & ((1U << static_cast<unsigned>(held)) - 1U)) != 0) return wrong();
  return bytes;
}

}  // namespace serin::app
