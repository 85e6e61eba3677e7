// Reads what -f names.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rollout/plan/load/load.h"

namespace serin::app {

// "-" is standard input. Errors: not_found, permission_denied, unavailable, naming the file.
Result<std::vector<rollout::ConfigFile>> read_files(const std::vector<std::string>& paths);

// Says on stderr which names of `--set` no document has as an argument: they are left out.
void warn_of_unknown_arguments(const rollout::ConfigSet& set,
                               const std::vector<std::pair<std::string, std::string>>& arguments);

// The rollout of that name, or the only one. Errors: invalid_argument, listing those that there
// are.
Result<const rollout::Rollout*> choose_rollout(const rollout::ConfigSet& set,
                                               const std::string& name);

}  // namespace serin::app
