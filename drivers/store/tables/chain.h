// Follows a release's chain of records, and stops where it breaks.
#pragma once

#include <functional>

#include "drivers/store/tables/rows.h"

namespace serin::store {

struct ChainEnd {
  std::uint64_t last = 0;   // the last record that is whole; one below the first where none is
  std::uint64_t check = 0;  // its checksum
  std::string broken{};     // how the next one is wrong; "" where the end was reached
};

// `rows` gives RecordRow::kColumns of one release in order of sequence; records `next` to `last`
// are expected, after one with the checksum `check`. `take` gets each whole record (its body not
// parsed) and may end the walk with an error. Damage is no error.
Result<ChainEnd> walk_chain(Statement& rows, std::uint64_t next, std::uint64_t last,
                            std::uint64_t check, const std::function<Status(RecordRow&)>& take);

}  // namespace serin::store
