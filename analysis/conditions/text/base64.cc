#include "analysis/conditions/text/base64.h"

#include <cstdint>

namespace serin::analysis::conditions {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::unexpected<std::string> corrupt(std::size_t at) {
  return std::unexpected("illegal base64 data at input byte " + std::to_string(at));
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group <<= 8U;
      if (i + k < bytes.size()) group |= static_cast<unsigned char>(bytes[i + k]);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      bool padding = i + k > bytes.size();
      out += padding ? '=' : kAlphabet[(group >> (18U - 6U * k)) & 0x3fU];
    }
  }
  return out;
}

Parsing<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t group = 0;
  int digits = 0;
  int padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (digits < 2 || digits + padding >= 4) return corrupt(i);
      ++padding;
      continue;
    }
    std::size_t value = kAlphabet.find(c);
    if (padding > 0 || value == std::string_view::npos) return corrupt(i);
    group = (group << 6U) | static_cast<std::uint32_t>(value);
    if (++digits == 4) {
      for (unsigned shift : {16U, 8U, 0U}) out += static_cast<char>((group >> shift) & 0xffU);
      group = 0;
      digits = 0;
    }
  }
  if (digits == 0 && padding == 0) return out;
  if (digits + padding != 4) return corrupt(text.size());
  group <<= 6U * static_cast<unsigned>(padding);
  out += static_cast<char>((group >> 16U) & 0xffU);
  if (padding == 1) out += static_cast<char>((group >> 8U) & 0xffU);
  return out;
}

}  // namespace serin::analysis::conditions
