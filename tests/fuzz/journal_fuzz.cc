// What the journal holds, read back: tickets, entries and states of releases. Whatever the bytes
// say is refused or reads as something that is written and read the same again. So are packed
// answers.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/json.h"
#include "queries/packed.h"
#include "rollout/engine/event.h"
#include "rollout/engine/release.h"
#include "rollout/machine/model/event.h"
#include "rollout/machine/model/spec.h"
#include "rollout/machine/model/state.h"

namespace {

namespace machine = serin::rollout::machine;
namespace engine = serin::rollout::engine;

template <class Read, class Write>
void read_and_write(const serin::Json& json, const Read& read, const Write& write) {
  const auto first = read(json);
  if (!first) return;
  const std::string text = write(*first).dump();
  const auto parsed = serin::Json::parse(text);
  SERIN_ASSERT(parsed.has_value());
  const auto again = read(*parsed);
  SERIN_ASSERT(again && write(*again).dump() == text);
}

void try_entry(const serin::Json& json) {
  const std::string kind(json["kind"].string());
  read_and_write(
      json["body"], [&](const serin::Json& body) { return engine::entry_from(kind, body); },
      [](const engine::Entry& entry) { return engine::entry_body(entry); });
}

void try_packed(std::string_view text) {
  const auto series = serin::queries::unpack(text);
  if (!series) return;
  const std::string packed = serin::queries::pack(*series);
  const auto again = serin::queries::unpack(packed);
  SERIN_ASSERT(again && serin::queries::pack(*again) == packed);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 6 == 5) {
    try_packed(text);
    return 0;
  }
  const auto json = serin::Json::parse(text);
  if (!json) return 0;
  switch (data[0] % 6) {
    case 0:
      try_entry(*json);
      break;
    case 1:
      read_and_write(*json, engine::ticket_from_json,
                     [](const engine::Ticket& ticket) { return engine::to_json(ticket); });
      break;
    case 2:
      read_and_write(*json, machine::event_from_json,
                     [](const machine::Event& event) { return machine::to_json(event); });
      break;
    case 3:
      read_and_write(*json, machine::release_state_from_json,
                     [](const machine::ReleaseState& state) { return machine::to_json(state); });
      break;
    default:
      read_and_write(*json, machine::release_spec_from_json,
                     [](const machine::ReleaseSpec& spec) { return machine::to_json(spec); });
      break;
  }
  return 0;
}
