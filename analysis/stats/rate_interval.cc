#include "analysis/stats/rate_interval.h"

#include <cmath>
#include <limits>

#include "analysis/stats/log_space.h"

namespace serin::analysis::stats {
namespace {

constexpr int kBisections = 80;

// The place in [inside, outside] where `holds` stops; holds(inside) is true, holds(outside) false.
template <class Holds>
double edge(double inside, double outside, Holds holds) {
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (inside + outside);
    (holds(middle) ? inside : outside) = middle;
  }
  return 0.5 * (inside + outside);
}

// `log_e(ratio, inverse)`: evidence that the ratio is above `ratio`, or with `inverse` below it.
template <class LogE>
Interval invert_ratio(LogE log_e, double alpha) {
  SERIN_ASSERT(alpha > 0 && alpha < 1);
  const double level = std::log(2 / alpha);
  const double low = std::log(kRatioMin);
  const double high = std::log(kRatioMax);
  auto above = [&](double x) { return log_e(std::exp(x), false) >= level; };
  auto below = [&](double x) { return log_e(std::exp(x), true) >= level; };
  Interval interval{0, std::numeric_limits<double>::infinity()};
  if (above(low)) interval.lower = above(high) ? kRatioMax : std::exp(edge(low, high, above));
  if (below(high)) interval.upper = below(low) ? kRatioMin : std::exp(edge(high, low, below));
  return interval;
}

}  // namespace

Interval ratio_interval(std::span<const RateWindow> windows, std::span<const double> grid,
                        std::span<const double> weights, double alpha) {
  SERIN_ASSERT(grid.size() == weights.size() && grid.size() <= kAlternativesMax);
  std::array<double, kAlternativesMax> log_weights{};
  for (std::size_t j = 0; j < grid.size(); ++j) log_weights[j] = std::log(weights[j]);
  auto log_e = [&](double ratio, bool inverse) {
    std::array<double, kAlternativesMax> effects{};
    std::array<double, kAlternativesMax> increments{};
    std::array<double, kAlternativesMax> sums{};
    for (std::size_t j = 0; j < grid.size(); ++j) effects[j] = inverse ? 1 / grid[j] : grid[j];
    for (const RateWindow& window : windows) {
      ratio_increments(window.counts, ratio, std::span(effects).first(grid.size()), increments);
      for (std::size_t j = 0; j < grid.size(); ++j) sums[j] += increments[j] / window.dispersion;
    }
    return log_weighted_sum(std::span(log_weights).first(grid.size()),
                            std::span(sums).first(grid.size()));
  };
  return invert_ratio(log_e, alpha);
}

Interval difference_interval(std::span<const RateWindow> windows, double base_rate,
                             std::span<const double> grid, std::span<const double> weights,
                             double alpha, double difference_max) {
  SERIN_ASSERT(grid.size() == weights.size() && grid.size() <= kAlternativesMax);
  SERIN_ASSERT(alpha > 0 && alpha < 1 && difference_max > 0 && base_rate > 0);
  std::array<double, kAlternativesMax> log_weights{};
  for (std::size_t j = 0; j < grid.size(); ++j) log_weights[j] = std::log(weights[j]);
  // Evidence that the difference is above `difference`, or below it. A negative one is a positive
  // one of the versions exchanged.
  auto log_e = [&](double difference, bool below) {
    const bool exchange = difference < 0;
    const LinearMargin margin{1, std::abs(difference)};
    std::array<double, kAlternativesMax> sums{};
    for (std::size_t j = 0; j < grid.size(); ++j) {
      const double effect = exchange != below ? 1 / grid[j] : grid[j];
      const double a1 = (base_rate + margin.absolute) * effect;
      for (const RateWindow& window : windows) {
        const RateCounts counts = exchange ? window.counts.swapped() : window.counts;
        sums[j] += boundary_increment(counts, margin, a1, base_rate) / window.dispersion;
      }
    }
    return log_weighted_sum(std::span(log_weights).first(grid.size()),
                            std::span(sums).first(grid.size()));
  };
  const double level = std::log(2 / alpha);
  auto find = [&](bool below, double from, double to) {
    auto rejected = [&](double difference) { return log_e(difference, below) >= level; };
    // The two halves use different alternatives: each is searched by itself, the nearer one to the
    // far end first.
    if (rejected(0)) return rejected(to) ? to : edge(0, to, rejected);
    return rejected(from) ? edge(from, 0, rejected) : from;
  };
  return {find(false, -difference_max, difference_max),
          find(true, difference_max, -difference_max)};
}

void RateSums::add(const RateWindow& window) {
  SERIN_ASSERT(window.dispersion > 0);
  const RateCounts& counts = window.counts;
  counts_ += counts;
  if (!(counts.canary_exposure > 0) || !(counts.stable_exposure > 0)) return;
  const double log_ratio = std::log(counts.canary_exposure / counts.stable_exposure);
  const double weight = (counts.canary_events + counts.stable_events) / window.dispersion;
  canary_events_ += counts.canary_events / window.dispersion;
  weight_ += weight;
  first_ += weight * log_ratio;
  second_ += weight * log_ratio * log_ratio;
}

Interval RateSums::ratio_interval(double alpha) const {
  if (!(weight_ > 0)) return {0, std::numeric_limits<double>::infinity()};
  const double mean = first_ / weight_;
  const double variance = std::max(0.0, second_ / weight_ - mean * mean);
  const double sd = variance > 1e-12 ? std::sqrt(variance) : 0;
  const std::array<double, 2> traffic = {std::exp(mean - sd), std::exp(mean + sd)};
  auto log_e = [&](double ratio, bool inverse) {
    std::array<double, kRateGrid.size()> sums{};
    std::array<double, kRateGrid.size()> log_weights{};
    for (std::size_t j = 0; j < kRateGrid.size(); ++j) {
      const double effect = inverse ? 1 / kRateGrid[j] : kRateGrid[j];
      double shared = 0;
      for (double n : traffic) {
        shared -= 0.5 * std::log1p(ratio * n * (effect - 1) / (1 + ratio * n));
      }
      sums[j] = canary_events_ * std::log(effect) + weight_ * shared;
      log_weights[j] = std::log(kRateWeights[j]);
    }
    return log_weighted_sum(log_weights, sums);
  };
  return invert_ratio(log_e, alpha);
}

}  // namespace serin::analysis::stats
