#include "providers/recordings/srn_columns.h"

#include <bit>

namespace serin::providers {
namespace {

using queries::Sample;

std::uint64_t folded(std::uint64_t value) {
  return (value << 1U) ^ (0 - (value >> 63U));
}

std::uint64_t unfolded(std::uint64_t value) {
  return (value >> 1U) ^ (0 - (value & 1U));
}

std::unexpected<Error> too_short() {
  return fail(Code::data_loss, "a block ends within a value");
}

}  // namespace

void put_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out += static_cast<char>((value & 0x7fU) | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_varint(out, text.size());
  out += text;
}

// Differences are taken modulo 2^64, so that no time overflows.
void put_column(std::string& out, std::span<const Sample> samples) {
  put_varint(out, samples.size());
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  for (const Sample& sample : samples) {
    const auto time = static_cast<std::uint64_t>(sample.time_ms);
    put_varint(out, folded(time - last - step));
    step = time - last;
    last = time;
  }
  // Bytes of equal weight side by side: those that never change compress to nothing.
  const std::size_t base = out.size();
  out.resize(base + 8 * samples.size());
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(samples[i].value);
    const std::uint64_t changed = bits ^ before;
    before = bits;
    for (std::size_t byte = 0; byte < 8; ++byte) {
      out[base + byte * samples.size() + i] = static_cast<char>(changed >> (8 * byte));
    }
  }
}

Result<std::uint64_t> ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return too_short();
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return fail(Code::data_loss, "a number of more than 64 bits");
}

Result<std::string_view> ByteReader::bytes(std::size_t count) {
  if (count > rest_.size()) return too_short();
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

Result<std::string_view> ByteReader::text() {
  SERIN_TRY(size, varint());
  return bytes(size);
}

Result<std::vector<Sample>> get_column(ByteReader& in) {
  SERIN_TRY(count, in.varint());
  // A time takes a byte at least, a value eight.
  if (count > in.size() / 9) return too_short();
  std::vector<Sample> samples(count);
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  for (Sample& sample : samples) {
    SERIN_TRY(change, in.varint());
    step += unfolded(change);
    last += step;
    sample.time_ms = static_cast<std::int64_t>(last);
  }
  SERIN_TRY(bytes, in.bytes(8 * count));
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t changed = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) {
      const auto one = static_cast<unsigned char>(bytes[byte * count + i]);
      changed |= static_cast<std::uint64_t>(one) << (8 * byte);
    }
    before ^= changed;
    samples[i].value = std::bit_cast<double>(before);
  }
  return samples;
}

}  // namespace serin::providers
