// A recording that came as bytes instead of as a file.
//
//   SERIN_TRY(text, unpack(bytes, 64 << 20));
//   SERIN_TRY(recording, parse_recording(std::move(text)));
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace serin::providers {

// Gzip is unpacked, to at most `bytes_max`; anything else is given back as it is. Errors: data_loss
// (gzip that is damaged or breaks off), invalid_argument (more than `bytes_max`).
Result<std::string> unpack(std::string_view bytes, std::size_t bytes_max);

}  // namespace serin::providers
