#include "base/ids.h"

#include <algorithm>
#include <limits>

namespace serin {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // no I, L, O, U
constexpr std::size_t kTextSize = 26;
constexpr std::int64_t kMillisecondsMax = (std::int64_t{1} << 48U) - 1;

}  // namespace

std::string Id::to_string() const {
  std::string text(kTextSize, '0');
  std::uint64_t upper = high;
  std::uint64_t lower = low;
  for (std::size_t i = kTextSize; i-- > 0;) {
    text[i] = kAlphabet[lower & 31U];
    lower = (lower >> 5U) | (upper << 59U);
    upper >>= 5U;
  }
  return text;
}

Result<Id> Id::parse(std::string_view text) {
  // The first of 26 digits holds 3 bits: 26 * 5 is 130.
  bool ok = text.size() == kTextSize && text[0] >= '0' && text[0] <= '7';
  Id id;
  for (std::size_t i = 0; ok && i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    std::size_t digit = kAlphabet.find(c);
    ok = digit != std::string_view::npos;
    id.high = (id.high << 5U) | (id.low >> 59U);
    id.low = (id.low << 5U) | (digit & 31U);
  }
  if (!ok) {
    return fail(Code::invalid_argument, "\"" + std::string(text.substr(0, 40)) +
                                            "\" is no id: 26 digits and letters are wanted");
  }
  return id;
}

Id IdSource::next(const Now& now) {
  std::int64_t ms = std::clamp<std::int64_t>(to_unix_ms(now.wall), 0, kMillisecondsMax);
  Id id{.high = (static_cast<std::uint64_t>(ms) << 16U) | (rng_() & 0xffffU), .low = rng_()};
  // Within the same millisecond, or when wall time went back: the id after the last one.
  if (id.high >> 16U <= last_.high >> 16U && !last_.is_nil()) {
    id = last_;
    if (++id.low == 0) ++id.high;
  }
  last_ = id;
  return id;
}

}  // namespace serin
