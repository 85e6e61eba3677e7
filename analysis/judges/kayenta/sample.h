// One side of a metric on its way to the comparison: NaN handled, outliers removed, summed up.
//
//   Sample canary = prepare(values, options, constants);
#pragma once

#include <span>
#include <vector>

#include "analysis/judges/kayenta/options.h"
#include "analysis/templates/compare.h"
#include "base/json.h"

namespace serin::analysis::kayenta {

struct Summary {
  std::size_t count = 0;
  double min = 0;  // all 0 of nothing
  double max = 0;
  double mean = 0;
  double deviation = 0;  // with n − 1; 0 of one value
};

struct Sample {
  std::vector<double> sorted;
  Summary summary;
};

// NaN are dropped, or become 0 with `replace`; then, where asked for, what lies outside
// [min(p01, p25 − f·IQR), max(p99, p75 + f·IQR)] of this side alone is dropped.
Sample prepare(std::span<const double> values, const KayentaMetricOptions& options,
               const Constants& constants);

Json to_json(const Summary& summary);

}  // namespace serin::analysis::kayenta
