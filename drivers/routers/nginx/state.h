// What nginx runs, as it says itself in a header of its answer: written into its file by serin with
// every change. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "drivers/routers/nginx/options.h"
#include "rollout/ports/router.h"

namespace serin::drivers {

struct NginxState {
  std::uint64_t generation = 0;  // of the file
  int units = 0;                 // of the slot that was the canary's then
  bool in_service = false;
  bool swapped = false;
  std::string content{};
  std::string owner{};
  bool operator==(const NginxState&) const = default;
};

// "generation=7;units=500;…". Letters, digits and "-._@:;=%".
std::string to_text(const NginxState& state);
// Errors: data_loss.
Result<NginxState> nginx_state_from_text(std::string_view text);

// As the release sees it: after an exchange of roles the other slot is the canary's.
rollout::ObservedTraffic observed_of(const NginxState& state, bool swapped,
                                     const std::string& instance);

// The file for a wanted state. Errors: invalid_argument (a rule that can't be said).
Result<std::string> file_text(const NginxOptions& options, const NginxState& state,
                              const std::vector<rollout::MatchRule>& rules);

// What `nginx -T` printed, against what is needed: refusals with the line to change.
void examine_config(const NginxOptions& options, std::string_view dump, bool truncated,
                    rollout::Preflight& out);

}  // namespace serin::drivers
