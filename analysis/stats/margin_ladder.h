// What instances differ by from each other, learned from stable's, and the margins that follow: a
// canary on one or two instances may be "worse" by nothing but which instances it got.
//
//   std::vector<InstanceValue> values = …;              // one a stable instance: log rate,
//   variance TauPosterior posterior = tau_posterior(values); MarginLadder ladder =
//   margin_ladder(posterior, /*canary=*/1, /*stable=*/4); for (const Rung& rung : ladder.rungs()) …
//   // ascending margins
//
// Model: an instance's own log effect is normal with standard deviation τ; τ has a discrete prior
// with most of its mass at 0; the likelihood is REML's. Each rung is an e-process's margin;
// combine.h takes their least. Up to 0.3 % of instances lie beyond the last rung.
#pragma once

#include <array>
#include <span>

namespace serin::analysis::stats {

inline constexpr std::array<double, 8> kTauGrid = {0, .01, .02, .05, .1, .2, .4, .8};
inline constexpr std::array<double, 8> kTauPrior = {.90, .02, .02, .02, .015, .015, .007, .003};
inline constexpr std::array<double, 4> kLadderTails = {.20, .05, .012, .003};
inline constexpr std::array<double, 4> kLadderShares = {.70, .14, .10, .06};
// A margin less than this above the one below is joined to it.
inline constexpr double kRungDistanceMin = 0.01;
inline constexpr int kRungsMax = 4;

// One stable instance: its value on the scale on which margins act (a log rate, standard deviations
// of the normal score, a log level) and the variance with which it is known (> 0).
struct InstanceValue {
  double value = 0;
  double variance = 1;
};

// Of an instance with x events of n exposures under dispersion φ: log((x + ½)/(n + 1)), variance
// φ/(x + ½).
InstanceValue rate_instance_value(double x, double n, double phi);

using TauPosterior = std::array<double, kTauGrid.size()>;

// The posterior of τ over kTauGrid. Of fewer than two values it is the prior. Values that are not
// finite, or without a positive variance, are left out. O(values).
TauPosterior tau_posterior(std::span<const InstanceValue> values);

struct Rung {
  double margin = 0;  // q ≥ 0: the tolerated ratio is multiplied by e^q, or the shift grows by q
  double probability = 1;  // that the canary's instances lie in this rung
  double share = 1;        // of the e-process's mass
  template <class Self, class Visit>
  static void fields(Self& self, Visit& visit) {
    visit("margin", self.margin);
    visit("probability", self.probability);
    visit("share", self.share);
  }
  bool operator==(const Rung&) const = default;
};

class MarginLadder {
 public:
  MarginLadder() = default;  // one rung: no margin
  std::span<const Rung> rungs() const { return {rungs_.data(), size_}; }
  // Appends; at most kRungsMax rungs.
  void add(const Rung& rung);
  static MarginLadder empty();
  bool operator==(const MarginLadder&) const = default;

 private:
  std::array<Rung, kRungsMax> rungs_{};
  std::size_t size_ = 1;
};

// The rungs for that many canary and stable instances in service (each counts as at least 1). O(1),
// some thousand evaluations of the normal distribution.
MarginLadder margin_ladder(const TauPosterior& posterior, double canary_instances,
                           double stable_instances);

}  // namespace serin::analysis::stats
