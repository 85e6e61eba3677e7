// When what is timed may end: the rule that steps, the end of the plan and the verify window share.
// Private.
#pragma once

#include <string>

#include "rollout/machine/context.h"

namespace serin::rollout::machine {

// True where `planned` was looked at and the judgement of this step lets it end. Contested or
// uncovered (or undecided, with `gate_pass`) it is extended to twice its time, then paused.
bool may_end(Context& c, Duration planned, bool gate_pass);

// What a person is told; needs a judgement.
std::string undecided_sentence(const Context& c, Reason reason);

}  // namespace serin::rollout::machine
