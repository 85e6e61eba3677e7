// Recordings of every format, and serin's own format read, written and read again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "providers/recordings/openmetrics.h"
#include "providers/recordings/recording.h"
#include "providers/recordings/srn.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace serin::providers;
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto recording = parse_recording(text);
  if (!recording) return 0;
  SrnEncoder encoder(serin::Json::object());
  encoder.add(recording->series());
  encoder.finish();
  auto again = decode_srn(encoder.take());
  SERIN_ASSERT(again.has_value() && again->complete);
  SERIN_ASSERT(to_openmetrics(again->series) == to_openmetrics(recording->series()));
  return 0;
}
