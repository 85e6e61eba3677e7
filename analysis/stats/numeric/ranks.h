// Ranks of two samples together, and how they change when one of them is shifted.
//
//   ShiftedRanks ranks(x, y);
//   RankSum at = ranks.at(0.5);          // of x − 0.5 against y
//   double u = at.u;                     // pairs with x − 0.5 > y, ties counted half
//
// Both samples are sorted once; a look at one shift is then a single walk over both, without
// memory of its own. That is what makes interval ends by root search cheap.
#pragma once

#include <span>
#include <vector>

namespace serin::analysis::stats {

struct RankSum {
  double u = 0;     // Mann and Whitney's count: pairs of x above y, ties as halves
  double ties = 0;  // Σ (t³ − t) over groups of equal values in both samples together
  // The standard deviation of u given the ties; 0 where all values are equal.
  double deviation(double nx, double ny) const;
};

class ShiftedRanks {
 public:
  // The samples hold no NaN (asserted).
  ShiftedRanks(std::span<const double> x, std::span<const double> y);
  // x − shift against y. O(nx + ny).
  RankSum at(double shift) const;
  // Sorted ascending.
  const std::vector<double>& x() const { return x_; }
  const std::vector<double>& y() const { return y_; }

 private:
  std::vector<double> x_;
  std::vector<double> y_;
};

// Mid-ranks from 1, in the order of `values`; the same rank for equal values.
std::vector<double> mid_ranks(std::span<const double> values);
// The sample without its NaN.
std::vector<double> without_nan(std::span<const double> values);

}  // namespace serin::analysis::stats
