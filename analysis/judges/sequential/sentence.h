// One sentence about a metric for a person: what was seen on both sides, the limit, and what
// follows.
#pragma once

#include <string>

#include "analysis/judges/sequential/evidence.h"

namespace serin::analysis::sequential {

// "error-rate worse: 31 of 1 004 against 7 of 3 611, limit +2 %". Shares always with their counts.
std::string sentence(const MetricEvidence& evidence, const MetricRules& rules);

// A count with its thousands apart: "12 345"; up to 3 significant decimals where it is no whole
// number.
std::string count_text(double count);

}  // namespace serin::analysis::sequential
