// A short name for what a policy says, so that the history tells which one judged a release.
//
//   policy_revision(set, rollout, {.args = {…}});        // "3f9c01a27be4"
//
// Equal for equal rollouts, templates and arguments, whatever the versions that are released and
// however the files are laid out. It is a checksum, no signature.
#pragma once

#include <string>

#include "rollout/plan/load/pin.h"

namespace serin::rollout {

inline constexpr std::size_t kRevisionDigits = 12;

// Versions in `options` do not count. Errors as pin.
Result<std::string> policy_revision(const ConfigSet& set, const Rollout& rollout,
                                    PinOptions options);

}  // namespace serin::rollout
