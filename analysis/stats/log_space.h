// Sums of numbers that are kept as logarithms, so that an e-value of 1e-400 or 1e+400 stays a
// number.
//
//   double total = log_add_exp(log_a, log_b);              // log(e^a + e^b)
//   double mean = log_weighted_sum(log_weights, log_values);
//
// −∞ stands for zero. NaN in, NaN out. Nothing here allocates.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/assert.h"

namespace serin::analysis::stats {

inline constexpr double kLogZero = -std::numeric_limits<double>::infinity();
// exp of less is zero, which libraries take long to find out.
inline constexpr double kExpZero = -746;

// log(e^a + e^b).
inline double log_add_exp(double a, double b) {
  if (a < b) std::swap(a, b);
  if (b == kLogZero || b - a < kExpZero) return a;
  return a + std::log1p(std::exp(b - a));
}

// log Σ e^x; −∞ of an empty span.
inline double log_sum_exp(std::span<const double> x) {
  double largest = kLogZero;
  for (double value : x) {
    if (std::isnan(value)) return value;
    largest = value > largest ? value : largest;
  }
  if (std::isinf(largest)) return largest;
  double sum = 0;
  for (double value : x) {
    if (!(value - largest < kExpZero)) sum += std::exp(value - largest);
  }
  return largest + std::log(sum);
}

// log Σ e^(log_weight + log_value); the spans have the same length.
inline double log_weighted_sum(std::span<const double> log_weights,
                               std::span<const double> log_values) {
  SERIN_ASSERT(log_weights.size() == log_values.size());
  double largest = kLogZero;
  for (std::size_t i = 0; i < log_values.size(); ++i) {
    const double value = log_weights[i] + log_values[i];
    if (std::isnan(value)) return value;
    largest = value > largest ? value : largest;
  }
  if (std::isinf(largest)) return largest;
  double sum = 0;
  for (std::size_t i = 0; i < log_values.size(); ++i) {
    const double below = log_weights[i] + log_values[i] - largest;
    if (!(below < kExpZero)) sum += std::exp(below);
  }
  return largest + std::log(sum);
}

}  // namespace serin::analysis::stats
