// Reads what -f names.
#pragma once

#include <string>
#include <vector>

#include "rollout/plan/load/load.h"

namespace serin::app {

// "-" is standard input. Errors: not_found, permission_denied, unavailable, naming the file.
Result<std::vector<rollout::ConfigFile>> read_files(const std::vector<std::string>& paths);

// The rollout of that name, or the only one. Errors: invalid_argument, listing those that there
// are.
Result<const rollout::Rollout*> choose_rollout(const rollout::ConfigSet& set,
                                               const std::string& name);

}  // namespace serin::app
