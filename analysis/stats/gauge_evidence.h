// Evidence that a gauge (CPU, memory, queue length) is higher on the canary: differences of logs at
// each scrape, made independent by an autoregression that stable's own instances taught.
//
//   GaugeNoise noise = fit_gauge_noise(stable_differences)->scaled(canary, stable);
//   std::array<double, kAlternativesMax> l{}, l0{};
//   Innovation step = innovation(noise, difference - log_margin, last, gap);
//   add_gauge_increments(step, kGaugeGrid, first_of_poll, l, l0);      // for each sample of a poll
//
// Exact for Gaussian AR(1) noise with known parameters, asymptotic otherwise. Source: prewhitening
// as in time series control charts; mixture over effects as in Lindon, Sanden and Shirikian 2022.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "analysis/stats/start_mixture.h"

namespace serin::analysis::stats {

// Effects in stationary standard deviations, and their prior.
inline constexpr std::array<double, 5> kGaugeGrid = {.5, 1, 2, 4, 8};
inline constexpr std::array<double, 5> kGaugeWeights = {.25, .30, .25, .12, .08};
inline constexpr double kGaugeClip = 4;  // of a standardised innovation
inline constexpr double kAutocorrelationMax = 0.98;

// AR(1) noise of a difference between two groups of instances.
struct GaugeNoise {
  double autocorrelation = 0;  // in [0, kAutocorrelationMax]
  double innovation_sd = 1;    // > 0, as observed
  double factor = 1;           // ≥ 1, what a small sample adds to it
  double stationary_sd() const;
  bool operator==(const GaugeNoise&) const = default;
};

struct GaugeFit {
  GaugeNoise noise;
  double pairs = 0;  // adjacent pairs an instance, n
  double instances = 0;
  // For a canary of m_c instances against m_b stable ones: the fit is of one instance against the
  // others, instances − 1 of them.
  GaugeNoise scaled(double canary, double stable) const;
};

// From the difference series of stable instances, each against the mean of the others and centred
// by its own mean; NaN where missing. Autocorrelation from values clipped at 6 robust standard
// deviations, raised for its own bias and error. Nothing where fewer than 3 adjacent pairs an
// instance are there, or nothing varies. O(samples).
std::optional<GaugeFit> fit_gauge_noise(std::span<const std::vector<double>> differences);

// What a sample says beyond what the one before foretold.
struct Innovation {
  double z = 0;      // standardised, clipped at ±kGaugeClip
  double reach = 1;  // how much of a lasting shift, in stationary sd, it shows
  double start = 1;  // the same of a shift that begins with this sample
};
// `x`: difference minus log margin, finite; `last`: the sample before it, if there was one, `gap` ≥
// 1 sample intervals ago.
Innovation innovation(const GaugeNoise& noise, double x, std::optional<double> last, double gap);

// Adds m·z − m²/2 for each effect g of `grid` (in stationary sd): with m = g·reach to `running`,
// and to `starting` with g·start where this is its poll's first sample, else the same. Both have
// the grid's size at least.
void add_gauge_increments(const Innovation& sample, std::span<const double> grid,
                          bool first_of_poll, std::span<double> running,
                          std::span<double> starting);

}  // namespace serin::analysis::stats
