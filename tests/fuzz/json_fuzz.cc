// Json::parse takes any bytes; what it accepts, it writes so that it reads back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/json.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = serin::Json::parse(text);
  if (!value) return 0;
  const auto again = serin::Json::parse(value->dump());
  SERIN_ASSERT(again.has_value());
  SERIN_ASSERT(again->dump() == value->dump());
  return 0;
}
