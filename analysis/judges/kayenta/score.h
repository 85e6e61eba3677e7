// From classes to a score: Kayenta's weighted sum over groups.
#pragma once

#include <span>
#include <vector>

#include "analysis/judges/kayenta/judge.h"

namespace serin::analysis::kayenta {

// Fills groups, score, verdict and reason from `metrics`, which belong to `pairs` one by one.
// Muted metrics count nowhere, a metric of several groups in each of them.
void score(Judgement& judgement, std::span<const MetricPair> pairs, const KayentaScoring& scoring,
           const Constants& constants);

// To two decimals, halves up, by the shortest decimal that reads back to `x`.
double round_half_up(double x);

}  // namespace serin::analysis::kayenta
