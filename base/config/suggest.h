// The known word that somebody probably meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace serin::config {

// Insertions, deletions, replacements and swaps of neighbours between the two, without regard to
// ASCII case (optimal string alignment). Cost: product of the lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The word of least distance, the first of equals; "" where none is within a third of the longer
// word's length.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

// "did you mean 'interval'?", or "" where nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace serin::config
