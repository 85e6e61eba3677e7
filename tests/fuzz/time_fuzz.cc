// Times and durations take any text; what they accept, they write so that it reads back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/time.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto duration = serin::parse_duration(text)) {
    const auto again = serin::parse_duration(serin::format_duration(*duration));
    SERIN_ASSERT(again.has_value() && *again == *duration);
  }
  if (const auto time = serin::parse_rfc3339(text)) {
    const std::string written = serin::format_rfc3339(*time);
    const auto again = serin::parse_rfc3339(written);
    // An offset may lead out of the years that are read, by a day at most.
    if (written < "1678" || written >= "2262") return 0;
    SERIN_ASSERT(again.has_value() && serin::format_rfc3339(*again) == written);
    SERIN_ASSERT(*again == std::chrono::floor<std::chrono::milliseconds>(*time));
  }
  return 0;
}
