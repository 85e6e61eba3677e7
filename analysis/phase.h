// Where a measurement, a metric or an analysis run stands, in Argo Rollouts' words and one of
// serin's.
//
//   is_completed(Phase::failed);       // true
//   to_string(Phase::inconclusive);    // "Inconclusive"
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace serin::analysis {

enum class Phase : std::uint8_t {
  pending,
  running,
  successful,
  failed,
  error,
  inconclusive,
  no_data,  // of a measurement under serin's rules: there was nothing to judge
};

std::string_view to_string(Phase phase);
std::optional<Phase> phase_from(std::string_view text);
// Successful, Failed, Error, Inconclusive; of a measurement also NoData.
bool is_completed(Phase phase);
// True where `phase` is worse for a run than `than`: Successful, Running, Pending, Inconclusive,
// Error, Failed.
bool is_worse(Phase phase, Phase than);

}  // namespace serin::analysis
