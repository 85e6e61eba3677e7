// Which test a kind of metric takes, and how its effect is described. Private to judges/fixed.
#pragma once

#include <string_view>

#include "analysis/judges/fixed/step_data.h"
#include "analysis/judges/fixed/step_test.h"

namespace serin::analysis::fixed {

struct Outcome {
  std::string_view test;
  double fail_p = 1;  // against "within the tolerated margin"
  double pass_p = 1;  // against "beyond the acceptable margin"
  bool effect_reached = false;
};

// `mirrored`: what is worse is less, not more. The data are testable.
Outcome compare(const MetricRules& rules, const StepData& data, bool mirrored);

// Fills effect and tail_bound, and for a histogram the events above it.
void describe(const MetricRules& rules, const StepData& data, StepTest& test);

}  // namespace serin::analysis::fixed
