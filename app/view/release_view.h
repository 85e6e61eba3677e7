// A release as lines of text: what is running, what share it has, whether it is worse, how sure
// that is, what follows.
//
// It shows the engine's view of a release (rollout/engine) and adds nothing to it.
#pragma once

#include <string>
#include <vector>

#include "app/view/terminal.h"
#include "base/json.h"

namespace serin::app {

// `view`: as Engine::view gives it. Fields that are missing leave their part out.
std::vector<std::string> release_lines(const Json& view, const Terminal& terminal);

// The metrics of an analysis' report as a table; empty where there are none.
std::vector<std::string> metric_lines(const Json& metrics, const Terminal& terminal);

}  // namespace serin::app
