#include "analysis/phase.h"

#include <cstddef>

namespace serin::analysis {
namespace {

constexpr std::string_view kNames[] = {"Pending", "Running",      "Successful", "Failed",
                                       "Error",   "Inconclusive", "NoData"};

int badness(Phase phase) {
  switch (phase) {
    case Phase::successful:
      return 0;
    case Phase::running:
      return 1;
    case Phase::pending:
      return 2;
    case Phase::no_data:
    case Phase::inconclusive:
      return 3;
    case Phase::error:
      return 4;
    case Phase::failed:
      return 5;
  }
  return 0;
}

}  // namespace

std::string_view to_string(Phase phase) {
  return kNames[static_cast<std::size_t>(phase)];
}

std::optional<Phase> phase_from(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == text) return static_cast<Phase>(i);
  }
  return std::nullopt;
}

bool is_completed(Phase phase) {
  return phase != Phase::pending && phase != Phase::running;
}

bool is_worse(Phase phase, Phase than) {
  return badness(phase) > badness(than);
}

}  // namespace serin::analysis
