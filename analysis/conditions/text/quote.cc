#include "analysis/conditions/text/quote.h"

#include <fmt/format.h>

#include "analysis/conditions/text/utf8.h"

namespace serin::analysis::conditions {

std::string quote_text(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    Rune rune = decode_rune(text);
    auto byte = static_cast<unsigned char>(text[0]);
    text.remove_prefix(rune.size);
    if (rune.value == kReplacementRune && rune.size == 1) {
      out += fmt::format("\\x{:02x}", byte);
      continue;
    }
    switch (rune.value) {
      case '"':
      case '\\':
        out += '\\';
        out += static_cast<char>(rune.value);
        continue;
      case '\a':
        out += "\\a";
        continue;
      case '\b':
        out += "\\b";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\r':
        out += "\\r";
        continue;
      case '\t':
        out += "\\t";
        continue;
      case '\v':
        out += "\\v";
        continue;
      default:
        break;
    }
    if (rune.value < 0x20 || rune.value == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(rune.value));
    } else if (rune.value != ' ' && is_space(rune.value)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(rune.value));
    } else {
      append_rune(out, rune.value);
    }
  }
  return out + "\"";
}

}  // namespace serin::analysis::conditions
