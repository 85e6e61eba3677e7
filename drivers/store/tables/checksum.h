// Checksums of what is on disk: 64-bit FNV-1a over fields with their lengths.
//
//   std::uint64_t check = record_check(check_of_the_record_before, record, body_text);
//
// A record's checksum takes in that of the record before it, so that a record that is missing,
// swapped or moved is found as well as one that was changed. Any single changed byte is found for
// certain, other damage but for 1 in 2^64. It is no defence against somebody who forges records.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.h"
#include "rollout/ports/journal.h"

namespace serin::store {

class Checksum {
 public:
  explicit Checksum(std::uint64_t before = 0) { add(before); }
  Checksum& add(std::uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xffU);
      value >>= 8U;
    }
    value_ = stable_hash(bytes, sizeof bytes, value_);
    return *this;
  }
  Checksum& add(std::int64_t value) { return add(static_cast<std::uint64_t>(value)); }
  Checksum& add(std::string_view text) {
    add(std::uint64_t{text.size()});
    value_ = stable_hash(text.data(), text.size(), value_);
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;  // FNV's offset basis
};

// A chain begins with this in place of a record before.
inline constexpr std::uint64_t kChainStart = 0;

// `body` is the record's body as it is stored.
inline std::uint64_t record_check(std::uint64_t before, const rollout::JournalRecord& record,
                                  std::string_view body) {
  return Checksum(before)
      .add(record.release)
      .add(record.sequence)
      .add(std::int64_t{record.now.mono.time_since_epoch().count()})
      .add(std::int64_t{record.now.wall.time_since_epoch().count()})
      .add(record.boot_id)
      .add(record.kind)
      .add(body)
      .value();
}

}  // namespace serin::store
