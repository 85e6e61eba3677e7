// An answer of a provider to one measurement.
//
//   MeasureOutcome outcome = measure(rule, answer, surroundings);   // phase, message, value as
//   text
//
// The value is shown as Argo Rollouts shows a Prometheus value: `0.97`, `[0.97,1]`; JSON as JSON.
#pragma once

#include <string>

#include "analysis/judges/threshold/threshold.h"
#include "base/result.h"
#include "queries/samples.h"

namespace serin::analysis {

struct MeasureOutcome {
  Phase phase = Phase::error;
  std::string message;
  std::string value;
  bool operator==(const MeasureOutcome&) const = default;
};

// An answer that is an error is a measurement in error, with its message.
MeasureOutcome measure(ThresholdRule& rule, const Result<queries::Answer>& answer,
                       const conditions::Surroundings& surroundings);

std::string value_text(const conditions::Value& value);

}  // namespace serin::analysis
