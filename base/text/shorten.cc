#include "base/text/shorten.h"

#include "base/assert.h"

namespace serin {
namespace {

constexpr std::string_view kEllipsis = "…";

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

}  // namespace

std::string shortened(std::string_view text, std::size_t bytes_max) {
  SERIN_ASSERT(bytes_max >= kEllipsis.size());
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max - kEllipsis.size();
  while (end > 0 && continues(text[end])) --end;
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

}  // namespace serin
