// Base64 with the standard alphabet and padding (RFC 4648, section 4).
//
//   encode_base64("hi");          // "aGk="
//   decode_base64("aGk=");        // "hi"
//
// Line breaks in the text are skipped; the URL alphabet and missing padding are errors.
#pragma once

#include <string>
#include <string_view>

#include "analysis/conditions/text/numbers.h"

namespace serin::analysis::conditions {

std::string encode_base64(std::string_view bytes);
// The error names the byte at which the text is wrong, in Go's words.
Parsing<std::string> decode_base64(std::string_view text);

}  // namespace serin::analysis::conditions
