// Evidence that events (errors, or anything counted) are more frequent on the canary than a linear
// function of their frequency on stable.
//
//   RateTest test = RateTest::fail_side({.ratio = 1.02}, /*history_rate=*/0.01);
//   std::array<double, kAlternativesMax> increments;
//   test.increments({.canary_events = 9, .canary_exposure = 300,
//                    .stable_events = 31, .stable_exposure = 2900}, base_rate, increments);
//   // E[e^increment] ≤ 1 while the canary's rate is at most ratio · stable's + absolute.
//
// Null hypothesis of the fail side: μ_c ≤ ρ μ_b + δ; of the pass side: μ_c ≥ ρ μ_b + δ. Exact for
// independent events of any probabilities whose averages satisfy it (1 + x ≤ e^x; the exponent is
// linear in the two averages and zero along the boundary); fractional events are allowed. Source:
// the conditional Poisson test, with a mixture over ratios as in Lindon and Malek 2022 and Turner,
// Ly and Grünwald 2024; the projection on a linear boundary is serin's. Dispersion is not its
// matter: the caller divides increments by it.
#pragma once

#include <array>
#include <span>

#include "analysis/stats/start_mixture.h"

namespace serin::analysis::stats {

// What the two versions did between two looks. Exposures (requests, instance-seconds) and events
// are not negative.
struct RateCounts {
  double canary_events = 0;
  double canary_exposure = 0;
  double stable_events = 0;
  double stable_exposure = 0;
  RateCounts& operator+=(const RateCounts& other);
  // The versions exchanged: "the canary has fewer" is "stable has more".
  RateCounts swapped() const;
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("canary_events", self.canary_events);
    visit("canary_exposure", self.canary_exposure);
    visit("stable_events", self.stable_events);
    visit("stable_exposure", self.stable_exposure);
  }
  bool operator==(const RateCounts&) const = default;
};

// The boundary of a null hypothesis: ratio > 0, absolute ≥ 0 (in events per exposure).
struct LinearMargin {
  double ratio = 1;
  double absolute = 0;
  bool operator==(const LinearMargin&) const = default;
};

inline constexpr double kTolerateRatio = 1.02;
inline constexpr double kRareTolerateAbsolute = 0.0005;
inline constexpr double kAcceptableRatio = 1.5;
inline constexpr double kRareAcceptableAbsolute = 0.002;
// Errors are rare where the base rate is below this many times the tolerated absolute increase.
inline constexpr double kRareFactor = 10;

// Effects, as multiples of the boundary, and their prior weights for ordinary rates.
inline constexpr std::array<double, 6> kRateGrid = {1.3, 1.6, 2.2, 3.5, 6, 15};
inline constexpr std::array<double, 6> kRateWeights = {.20, .22, .22, .16, .12, .08};

// The base rate (events + ½)/(exposure + 1), from history and stable's past. Never 0.
double base_rate(double events, double exposure);

// Log increments against μ_c ≤ ratio · μ_b, one for each effect g of `grid` (canary at ratio · g
// times stable's rate): X_c log(q1/q0) + X_b log((1−q1)/(1−q0)). 0 where either exposure is 0.
// ratio and g are positive; g < 1 gives evidence for the other side. `out` has the grid's size.
void ratio_increments(const RateCounts& counts, double ratio, std::span<const double> grid,
                      std::span<double> out);

// The rates on the boundary that are hardest to tell from the alternative (a1, b1), a1, b1 ≥ 0: its
// reverse projection for these exposures (> 0).
struct Rates {
  double canary = 0;
  double stable = 0;
};
Rates boundary_projection(const LinearMargin& margin, double a1, double b1, double canary_exposure,
                          double stable_exposure);

// One log increment for the alternative (a1, b1) against the boundary a = ratio · b + absolute: the
// rates a0, b0 are its boundary_projection. a1, b1 > 0, known
// before the window's events. 0 where either exposure is 0.
double boundary_increment(const RateCounts& counts, const LinearMargin& margin, double a1,
                          double b1);

// Which alternatives a test of two rates takes.
enum class RateForm {
  ordinary,  // ratios alone: margin.absolute plays no part
  rare,      // errors are rare: ratios and the linear boundary share the prior
  strict,    // an absolute margin that somebody asked for: every alternative respects it
};
// rare where absolute > 0 and the history's rate is below kRareFactor · absolute; else ordinary.
RateForm rate_form(double history_rate, double tolerate_absolute);

// Increments of one fixed set of alternatives with its prior.
class RateTest {
 public:
  // The canary is worse. ordinary: the ratios of kRateGrid. rare: ratios {2, 5, 15, 60} with weight
  // 0.6 together, and the linear boundary with {2, 5, 20}. strict: the linear boundary with
  // kRateGrid.
  static RateTest fail_side(const LinearMargin& margin, RateForm form);
  // The canary is within the margin: {0.4, 0.7, 1}/ratio against the ratio alone; rare and strict
  // add a canary equal to stable against the linear boundary.
  static RateTest pass_side(const LinearMargin& margin, RateForm form);
  std::size_t size() const { return size_; }
  std::span<const double> log_weights() const { return {log_weights_.data(), size_}; }
  // `margin_log`: a further margin q of the instances, ratio · e^q. `base_rate` from past windows
  // only. `out` has room for size(). Costs a few logarithms an alternative.
  void increments(const RateCounts& counts, double base_rate, double margin_log,
                  std::span<double> out) const;
  const LinearMargin& margin() const { return margin_; }
  RateForm form() const { return form_; }
  bool operator==(const RateTest&) const = default;

 private:
  struct Alternative {
    double effect = 1;
    bool linear = false;
    bool operator==(const Alternative&) const = default;
  };
  void add(double effect, bool linear, double weight);
  LinearMargin margin_;
  RateForm form_ = RateForm::ordinary;
  bool pass_ = false;
  std::size_t size_ = 0;
  std::array<Alternative, kAlternativesMax> alternatives_{};
  std::array<double, kAlternativesMax> log_weights_{};
};

// One sample against a fixed rate: X log(g) − N · target · (g − 1), for each g of `grid`. With g >
// 1 the null is "rate ≤ target", with g < 1 "rate ≥ target". target > 0. 0 where exposure is 0.
void target_increments(double events, double exposure, double target, std::span<const double> grid,
                       std::span<double> out);

}  // namespace serin::analysis::stats
