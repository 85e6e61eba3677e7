// Helpers of the tests of plans.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/config/metadata.h"
#include "rollout/plan/read.h"
#include "rollout/plan/validation.h"

namespace serin::rollout {

struct ReadRollout {
  Rollout value;
  std::string problems;
};

// Reads and validates the first document.
inline ReadRollout read_and_validate(std::string_view text, bool supported = false) {
  config::Diagnostics problems;
  auto documents = config::read_documents("r.yaml", text, problems);
  ReadRollout result;
  if (!documents.empty()) {
    if (auto header = config::header_of(documents[0], problems)) {
      config::Reporter reporter(documents[0], problems);
      result.value = read_rollout(documents[0], *header, problems);
      validate(result.value, reporter);
      if (supported) check_supported(result.value, reporter);
    }
  }
  result.problems = config::to_text(problems);
  return result;
}

// A serin.dev Rollout with `canary` below strategy.canary, and `spec` beside it. Both in flow form.
inline std::string rollout_of(std::string_view canary, std::string_view spec = "") {
  return "kind: Rollout\nmetadata: {name: checkout}\nspec:\n  strategy:\n    canary: " +
         std::string(canary) + "\n" + std::string(spec);
}

}  // namespace serin::rollout
