// Configuration takes any bytes, as YAML and as JSON: problems are named, nothing else happens.
// What has none is written so that it reads back the same, and can be pinned or says why not.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/config/document.h"
#include "rollout/plan/load/pin.h"
#include "rollout/plan/read.h"

namespace {

using serin::rollout::Loaded;

void check_written(const Loaded& loaded) {
  for (const serin::rollout::Rollout& rollout : loaded.set.rollouts) {
    const serin::Json json = serin::rollout::to_json(rollout);
    const auto again = serin::rollout::rollout_from_json(json);
    SERIN_ASSERT(again.has_value());
    SERIN_ASSERT(serin::rollout::to_json(*again).dump() == json.dump());
    const auto plan = serin::rollout::pin(loaded.set, rollout, {"2", "", {{"prometheus", "p"}}});
    if (!plan) continue;
    const auto read = serin::rollout::pinned_plan_from_json(serin::rollout::to_json(*plan));
    SERIN_ASSERT(read.has_value());
    (void)serin::rollout::with_stable(*plan, "1");
  }
  for (const auto& run : loaded.set.runs) {
    (void)serin::rollout::pin_run(run, {"2", "1"});
  }
}

void load(std::string_view name, std::string_view text) {
  const Loaded loaded = serin::rollout::load_config(
      {{std::string(name), std::string(text)}}, {.unsupported = serin::rollout::Unsupported::tell});
  (void)serin::config::to_text(loaded.problems);
  (void)serin::config::to_json(loaded.problems).dump();
  if (!loaded.problems.has_errors()) check_written(loaded);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  load("f.yaml", text);
  load("f.json", text);
  return 0;
}
