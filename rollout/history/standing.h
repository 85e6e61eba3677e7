// Where a release stands, and the words for how it came from one standing to another. Private to
// the history.
#pragma once

#include <string>
#include <string_view>

#include "rollout/machine/model/state.h"
#include "rollout/ports/notifier.h"

namespace serin::rollout::history {

// Where a release stands, as far as the history tells its changes.
struct Standing {
  machine::ReleaseStatus status = machine::ReleaseStatus::pending;
  machine::Reason reason = machine::Reason::none;
  int step = 0;
  Weight weight{};     // wanted
  Weight confirmed{};  // read back last
  bool is_confirmed = false;
  int canary_ready = -1;  // of the canary's servers; -1: not known
  bool operator==(const Standing&) const = default;
};

Standing standing_of(const machine::ReleaseState& state);
// The readiness of servers and what was read back are events, no acts.
bool same_for_audit(const Standing& a, const Standing& b);
Json to_json(const Standing& standing);
// What serin did by itself, from how the release stood to how it stands.
std::string_view operation_of(const Standing& before, const Standing& after);
Severity severity_of(machine::ReleaseStatus status);
// "step 2/5: pause 1m".
std::string step_text(const machine::ReleaseSpec& spec, int index);
// Which part of the system a message of the machine is about.
std::string_view component_of(std::string_view event);
// A message that comes with a change of status, which says the same.
bool is_told_by_status(std::string_view event);

}  // namespace serin::rollout::history
