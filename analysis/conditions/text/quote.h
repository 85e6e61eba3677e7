// Text in double quotes with escapes, as Go's %q prints it.
//
//   quote_text("a\nb");   // "\"a\\nb\""
//
// It does not read what it wrote back: the lexer has rules of its own.
#pragma once

#include <string>
#include <string_view>

namespace serin::analysis::conditions {

std::string quote_text(std::string_view text);

}  // namespace serin::analysis::conditions
