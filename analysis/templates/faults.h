// What is wrong with a metric by Argo Rollouts' rules, in its order and words.
//
//   Status valid = check_metrics(run.metrics);   // "metrics[1]: no provider specified"
//
// serin.dev documents are held to the same rules where they have the same fields (validation.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/templates/model.h"
#include "base/result.h"

namespace serin::analysis {

struct Fault {
  std::string_view field;  // the metric's field, e.g. "interval"; "" for the metric itself
  std::string message;
  bool operator==(const Fault&) const = default;
};

// What a duration that still holds `{{…}}` is: Argo, which looks once the arguments are in, calls
// it wrong; before that it is left alone.
enum class Placeholders { wrong, left_alone };

// All faults of one metric, the first being the one that Argo reports.
std::vector<Fault> faults_of(const Metric& metric, Placeholders placeholders = Placeholders::wrong);

// Argo's validation of a run or template: the first fault of the first metric. Errors:
// invalid_argument, "metrics[2]: …" or "no metrics specified".
Status check_metrics(const std::vector<Metric>& metrics);

// What Go's time.ParseDuration says of the text; "" where it is a duration.
std::string go_duration_fault(std::string_view text);

}  // namespace serin::analysis
