// A text within a bound, for people.
//
//   shortened("über alles", 8);   // "über …": at most 8 bytes, no character cut in two
//
// It counts bytes, not columns, and does not look for words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace serin {

// The text where it has at most `bytes_max` bytes, else its beginning and an ellipsis (3 bytes).
// `bytes_max` is at least 3. UTF-8; of other texts single bytes may be lost.
std::string shortened(std::string_view text, std::size_t bytes_max);

}  // namespace serin
