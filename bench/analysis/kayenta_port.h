// Kayenta's comparison of one metric, carried over step by step: the rival of the benchmarks, and
// nothing else. It ranks the shifted values afresh at every step of the root search, as the
// original does.
#pragma once

#include <vector>

namespace serin::bench {

struct PortedVerdict {
  double lower = 0;
  double upper = 0;
  double estimate = 0;
  int verdict = 0;  // 1 high, −1 low, 0 pass
};

// Both sides at least two values, not all equal; tolerance 0.25, confidence 0.98, direction either.
PortedVerdict ported_kayenta(const std::vector<double>& control,
                             const std::vector<double>& experiment);

}  // namespace serin::bench
