#include "rollout/plan/load/revision.h"

#include <fmt/format.h>

#include "base/random.h"

namespace serin::rollout {

Result<std::string> policy_revision(const ConfigSet& set, const Rollout& rollout,
                                    PinOptions options) {
  options.version = "canary";
  options.stable_version = "stable";
  SERIN_TRY(plan, pin(set, rollout, options));
  std::string text = to_json(plan).dump();
  return fmt::format("{:016x}", stable_hash(text.data(), text.size())).substr(0, kRevisionDigits);
}

}  // namespace serin::rollout
