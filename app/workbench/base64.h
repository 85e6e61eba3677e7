// Bytes in a JSON text.
//
//   SERIN_TRY(bytes, base64_decoded("aGVsbG8="));
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace serin::app {

// RFC 4648, section 4: the plain alphabet, with padding, nothing else in between. Errors:
// invalid_argument.
Result<std::string> base64_decoded(std::string_view text);

}  // namespace serin::app
