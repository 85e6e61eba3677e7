// Confidence sequences of the ratio and of the difference of two event rates: intervals that hold
// at every look at once.
//
//   std::vector<RateWindow> windows = …;                          // one a poll
//   Interval ratio = ratio_interval(windows, kRateGrid, kRateWeights, 0.05);
//   RateSums step; for (const auto& w : windows) step.add(w);     // the same in constant space
//   Interval about = step.ratio_interval(0.05);
//
// They invert the plain mixture of rate_evidence.h (no late starts): the ends are the margins that
// the evidence just rejects at alpha/2 a side. They cover the exposure-weighted mean since the
// first window, so begin anew where the question is what holds now.
#pragma once

#include <span>

#include "analysis/stats/rate_evidence.h"

namespace serin::analysis::stats {

struct Interval {
  double lower = 0;
  double upper = 0;  // may be infinite
  bool operator==(const Interval&) const = default;
};

struct RateWindow {
  RateCounts counts;
  double dispersion = 1;  // φ ≥ 1: divides this window's increments
};

// Where the ratio of rates is looked for.
inline constexpr double kRatioMin = 1e-4;
inline constexpr double kRatioMax = 1e4;

// The interval of canary rate / stable rate at 1 − alpha over all looks. An end that nothing
// rejects within [kRatioMin, kRatioMax] is 0 or +∞. grid > 1 and weights as in rate_evidence.h,
// alpha in (0, 1). Costs 160 evaluations of every window.
Interval ratio_interval(std::span<const RateWindow> windows, std::span<const double> grid,
                        std::span<const double> weights, double alpha);

// The interval of canary rate − stable rate, by the linear boundary with ratio 1. Looked for within
// ±difference_max (1 for shares of requests); an end that nothing rejects is ∓difference_max.
// `base_rate` (b1) is fixed before the first window.
Interval difference_interval(std::span<const RateWindow> windows, double base_rate,
                             std::span<const double> grid, std::span<const double> weights,
                             double alpha, double difference_max = 1);

// What ratio_interval needs of any number of windows, in 40 bytes: the increments depend on the
// windows only through tempered events and the distribution of log(N_c/N_b), which is replaced by
// two points with its mean and variance. Exact where the traffic ratio is constant; what is left
// out of a varying one is of fourth order in the logarithm of its variation, and of third in its
// skewness.
class RateSums {
 public:
  void add(const RateWindow& window);
  // As the free function, with kRateGrid and kRateWeights.
  Interval ratio_interval(double alpha) const;
  // Events and exposures as they came, not tempered.
  const RateCounts& counts() const { return counts_; }
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("counts", self.counts_);
    visit("events", self.canary_events_);
    visit("weight", self.weight_);
    visit("first", self.first_);
    visit("second", self.second_);
  }
  bool operator==(const RateSums&) const = default;

 private:
  RateCounts counts_;
  double canary_events_ = 0;  // Σ X_c/φ
  double weight_ = 0;         // Σ (X_c + X_b)/φ
  double first_ = 0;          // Σ weight · log(N_c/N_b)
  double second_ = 0;         // Σ weight · log²(N_c/N_b)
};

}  // namespace serin::analysis::stats
