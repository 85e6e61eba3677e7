// The bytes within a block of samples: numbers of variable length, times as differences of
// differences, values as differences of bits, byte by byte.
//
//   std::string out;
//   put_column(out, samples);
//   ByteReader in(out);
//   SERIN_TRY(back, get_column(in));
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "queries/samples.h"

namespace serin::providers {

// Seven bits a byte, the least first; the high bit says that another follows.
void put_varint(std::string& out, std::uint64_t value);
void put_text(std::string& out, std::string_view text);
// A count, times, values. Times may be any.
void put_column(std::string& out, std::span<const queries::Sample> samples);

// Errors of all: data_loss where the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }
  std::size_t size() const { return rest_.size(); }
  Result<std::uint64_t> varint();
  Result<std::string_view> bytes(std::size_t count);
  Result<std::string_view> text();

 private:
  std::string_view rest_;
};

Result<std::vector<queries::Sample>> get_column(ByteReader& in);

}  // namespace serin::providers
