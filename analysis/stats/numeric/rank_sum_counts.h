// The exact distribution of Mann and Whitney's count under the null, without ties.
//
//   RankSumCounts counts(8, 9);
//   double p = counts.lower(17);          // P(U ≤ 17)
//
#pragma once

#include <cstddef>
#include <vector>

namespace serin::analysis::stats {

class RankSumCounts {
 public:
  // Sizes of both samples, at least 1. O(nx²·ny²) once.
  RankSumCounts(std::size_t nx, std::size_t ny);
  // P(U ≤ u) and P(U ≥ u).
  double lower(double u) const;
  double upper(double u) const;
  // The least u with P(U ≤ u) ≥ p; p in (0, 0.5].
  std::size_t quantile(double p) const;

 private:
  std::size_t pairs_;
  std::vector<double> shares_;  // P(U = u) for u up to half of the pairs
};

}  // namespace serin::analysis::stats
