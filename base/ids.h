// Identifiers that sort by the time at which they were made: 48 bits of Unix milliseconds, then 80
// random bits.
//
//   IdSource ids(Rng(seed));
//   Id release = ids.next(clock.now());
//   std::string text = release.to_string();        // "01KAJ5W8X0…", 26 characters, the form known
//   as ULID
//
// A source's ids ascend strictly, also within one millisecond and when the wall clock steps back.
// They are unique, not secret: whoever knows the seed knows them all.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace serin {

// Thread: immutable.
struct Id {
  std::uint64_t high = 0;  // milliseconds in the upper 48 bits, 16 random bits
  std::uint64_t low = 0;   // 64 random bits

  bool is_nil() const { return high == 0 && low == 0; }
  WallTime time() const { return from_unix_ms(static_cast<std::int64_t>(high >> 16U)); }
  // 26 characters of Crockford's base 32; the texts sort as the ids do.
  std::string to_string() const;
  // Reads to_string's form, in either case. Errors: invalid_argument.
  static Result<Id> parse(std::string_view text);
  auto operator<=>(const Id&) const = default;
};

// Thread: loop-only.
class IdSource {
 public:
  // `last`: the greatest id known from before, for instance from a journal; what follows is
  // greater.
  explicit IdSource(Rng rng, Id last = {}) : rng_(rng), last_(last) {}
  // Greater than every id given before. Times before 1970 count as 1970.
  Id next(const Now& now);

 private:
  Rng rng_;
  Id last_;
};

}  // namespace serin
