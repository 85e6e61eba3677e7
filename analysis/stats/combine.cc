#include "analysis/stats/combine.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/log_space.h"

namespace serin::analysis::stats {
namespace {

constexpr double kCalibratedAlphaMax = 0.02;

double rung_log_e(const Rung& rung, double log_e) {
  return log_e + std::log(rung.share / rung.probability);
}

}  // namespace

double boundary_factor(Boundary boundary, double alpha, int polls_planned) {
  if (boundary == Boundary::exact || alpha > kCalibratedAlphaMax) return 1;
  if (polls_planned <= 150) return 0.40;
  if (polls_planned <= 500) return 0.60;
  if (polls_planned <= 1500) return 0.75;
  return 1;
}

double fail_level(double alpha, double factor) {
  SERIN_ASSERT(alpha > 0 && alpha < 1 && factor > 0 && factor <= 1);
  return std::log(factor / alpha);
}

std::size_t binding_rung(std::span<const Rung> rungs, std::span<const double> log_e) {
  SERIN_ASSERT(!rungs.empty() && rungs.size() == log_e.size());
  std::size_t least = 0;
  for (std::size_t i = 1; i < rungs.size(); ++i) {
    if (rung_log_e(rungs[i], log_e[i]) < rung_log_e(rungs[least], log_e[least])) least = i;
  }
  return least;
}

double ladder_log_e(std::span<const Rung> rungs, std::span<const double> log_e) {
  const std::size_t least = binding_rung(rungs, log_e);
  return rung_log_e(rungs[least], log_e[least]);
}

double counted_log_e(double log_e, bool minimum_effect_reached) {
  return minimum_effect_reached ? log_e : std::min(log_e, 0.0);
}

double combine(std::span<const double> log_weights, std::span<const double> log_e) {
  return log_weighted_sum(log_weights, log_e);
}

std::size_t largest_term(std::span<const double> log_weights, std::span<const double> log_e) {
  SERIN_ASSERT(!log_e.empty() && log_weights.size() == log_e.size());
  std::size_t best = 0;
  for (std::size_t i = 1; i < log_e.size(); ++i) {
    if (log_weights[i] + log_e[i] > log_weights[best] + log_e[best]) best = i;
  }
  return best;
}

}  // namespace serin::analysis::stats
