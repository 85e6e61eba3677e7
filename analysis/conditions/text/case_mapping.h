// Simple case mapping of one rune, from the Unicode character database.
//
//   upper_rune(U'é');   // U'É'
//
// It knows no mapping that changes the number of runes and no language.
#pragma once

namespace serin::analysis::conditions {

char32_t upper_rune(char32_t rune);
char32_t lower_rune(char32_t rune);

}  // namespace serin::analysis::conditions
