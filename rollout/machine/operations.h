// Which operations are allowed where: one table, from which refusals list what is allowed.
//
//   if (!is_allowed(standing(state), Operation::pause)) …
//   allowed(standing(state));                      // {continue, promoteFully, pause, …}
#pragma once

#include <string>
#include <vector>

#include "rollout/machine/model/event.h"
#include "rollout/machine/model/state.h"

namespace serin::rollout::machine {

// All that the table looks at.
struct Standing {
  ReleaseStatus status = ReleaseStatus::pending;
  Reason reason = Reason::none;
  bool full_confirmed = false;  // Promoting: the canary has been read back at 100 %
};
Standing standing(const ReleaseState& state);

bool is_allowed(const Standing& standing, Operation operation);
// In the order of the enumerators.
std::vector<Operation> allowed(const Standing& standing);

// The enumerator of a word that people use: its name, or an alias (release, terminate, cancel).
// Errors: invalid_argument listing the words; failed_precondition for words of other tools that
// serin has no operation for.
Result<Operation> operation_from_word(std::string_view word);

}  // namespace serin::rollout::machine
