#include "analysis/stats/rate_evidence.h"

#include <cmath>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

constexpr std::array<double, 4> kRareRatioGrid = {2, 5, 15, 60};
constexpr double kRareRatioWeight = 0.15;
constexpr std::array<double, 3> kRareLinearGrid = {2, 5, 20};
constexpr double kRareLinearWeight = 0.4 / 3;
constexpr std::array<double, 3> kPassGrid = {0.4, 0.7, 1.0};

bool both_exposed(const RateCounts& counts) {
  return counts.canary_exposure > 0 && counts.stable_exposure > 0;
}

double ratio_increment(const RateCounts& counts, double log_effect, double odds0, double effect) {
  // With n = N_c/N_b: log(q1/q0) = log g + log((1 + ρn)/(1 + ρgn)), and log((1−q1)/(1−q0)) is the
  // second term alone.
  const double shared = -std::log1p(odds0 * (effect - 1) / (1 + odds0));
  return counts.canary_events * log_effect + (counts.canary_events + counts.stable_events) * shared;
}

}  // namespace

RateCounts& RateCounts::operator+=(const RateCounts& other) {
  canary_events += other.canary_events;
  canary_exposure += other.canary_exposure;
  stable_events += other.stable_events;
  stable_exposure += other.stable_exposure;
  return *this;
}

RateCounts RateCounts::swapped() const {
  return {stable_events, stable_exposure, canary_events, canary_exposure};
}

double base_rate(double events, double exposure) {
  return (events + 0.5) / (exposure + 1);
}

void ratio_increments(const RateCounts& counts, double ratio, std::span<const double> grid,
                      std::span<double> out) {
  SERIN_ASSERT(out.size() >= grid.size());
  SERIN_ASSERT(ratio > 0);
  const double odds0 = ratio * counts.canary_exposure / counts.stable_exposure;
  for (std::size_t j = 0; j < grid.size(); ++j) {
    out[j] =
        both_exposed(counts) ? ratio_increment(counts, std::log(grid[j]), odds0, grid[j]) : 0.0;
  }
}

Rates boundary_projection(const LinearMargin& margin, double a1, double b1, double n_c,
                          double n_b) {
  const auto [ratio, absolute] = margin;
  // The positive root of A b² − B b − C = 0, C ≥ 0: gradient of the exponent along (1, −ratio).
  const double a = ratio * (ratio * n_c + n_b);
  const double b = ratio * n_c * (a1 - absolute) + n_b * (ratio * b1 - absolute);
  const double c = n_b * b1 * absolute;
  const double root = std::sqrt(b * b + 4 * a * c);
  const double b0 = b >= 0 ? (b + root) / (2 * a) : 2 * c / (root - b);
  return {ratio * b0 + absolute, b0};
}

double boundary_increment(const RateCounts& counts, const LinearMargin& margin, double a1,
                          double b1) {
  SERIN_ASSERT(a1 > 0 && b1 > 0 && margin.ratio > 0 && margin.absolute >= 0);
  if (!both_exposed(counts)) return 0;
  const double n_c = counts.canary_exposure;
  const double n_b = counts.stable_exposure;
  const auto [a0, b0] = boundary_projection(margin, a1, b1, n_c, n_b);
  if (!(b0 > 0) || !std::isfinite(b0)) return 0;
  return counts.canary_events * std::log(a1 / a0) + counts.stable_events * std::log(b1 / b0) -
         n_c * (a1 - a0) - n_b * (b1 - b0);
}

void RateTest::add(double effect, bool linear, double weight) {
  SERIN_ASSERT(size_ < alternatives_.size());
  alternatives_[size_] = {effect, linear};
  log_weights_[size_] = std::log(weight);
  ++size_;
}

RateForm rate_form(double history_rate, double tolerate_absolute) {
  return tolerate_absolute > 0 && history_rate < kRareFactor * tolerate_absolute
             ? RateForm::rare
             : RateForm::ordinary;
}

RateTest RateTest::fail_side(const LinearMargin& margin, RateForm form) {
  RateTest test;
  test.margin_ = margin;
  test.form_ = form;
  if (form == RateForm::rare) {
    for (double g : kRareRatioGrid) test.add(g, false, kRareRatioWeight);
    for (double g : kRareLinearGrid) test.add(g, true, kRareLinearWeight);
    return test;
  }
  for (std::size_t j = 0; j < kRateGrid.size(); ++j) {
    test.add(kRateGrid[j], form == RateForm::strict, kRateWeights[j]);
  }
  return test;
}

RateTest RateTest::pass_side(const LinearMargin& margin, RateForm form) {
  RateTest test;
  test.margin_ = margin;
  test.form_ = form;
  test.pass_ = true;
  const bool linear = margin.absolute > 0 && form != RateForm::ordinary;
  const double weight = 1.0 / (static_cast<double>(kPassGrid.size()) + (linear ? 1 : 0));
  for (double g : kPassGrid) test.add(g / margin.ratio, false, weight);
  if (linear) test.add(1, true, weight);
  return test;
}

void RateTest::increments(const RateCounts& counts, double base_rate, double margin_log,
                          std::span<double> out) const {
  SERIN_ASSERT(out.size() >= size_);
  const LinearMargin widened = {margin_.ratio * std::exp(margin_log), margin_.absolute};
  const double odds0 = widened.ratio * counts.canary_exposure / counts.stable_exposure;
  for (std::size_t j = 0; j < size_; ++j) {
    const auto& [effect, linear] = alternatives_[j];
    if (!both_exposed(counts)) {
      out[j] = 0;
    } else if (!linear) {
      out[j] = ratio_increment(counts, std::log(effect), odds0, effect);
    } else if (pass_) {
      out[j] = boundary_increment(counts, widened, base_rate, base_rate);
    } else {
      const double worse = (widened.ratio * base_rate + widened.absolute) * effect;
      out[j] = boundary_increment(counts, widened, worse, base_rate);
    }
  }
}

void target_increments(double events, double exposure, double target, std::span<const double> grid,
                       std::span<double> out) {
  SERIN_ASSERT(out.size() >= grid.size());
  SERIN_ASSERT(target > 0);
  for (std::size_t j = 0; j < grid.size(); ++j) {
    out[j] = exposure > 0 ? events * std::log(grid[j]) - exposure * target * (grid[j] - 1) : 0.0;
  }
}

}  // namespace serin::analysis::stats
