// The evidence of several metrics as one e-process, and the decision that it supports.
//
//   double log_e = combine(log_weights, metric_log_e);
//   bool fail = log_e >= fail_level(alpha, boundary_factor(...));
//
// A weighted average of e-processes is one under any dependence between the metrics (Vovk and Wang
// 2021), so that Ville's inequality holds over all metrics, steps and looks together. Products are
// not valid here.
#pragma once

#include <span>

#include "analysis/stats/margin_ladder.h"

namespace serin::analysis::stats {

enum class Boundary {
  exact,       // Ville: 1/alpha
  calibrated,  // κ/alpha with κ from simulations of the null
};

// κ of the level κ/alpha: 1 for exact. Calibrated: 0.40 up to 150 planned polls, 0.60 up to 500,
// 0.75 up to 1500, else 1; 1 too for alpha > 0.02, where it was not measured. (Source: 20,000
// simulated releases a cell at the null margin; metrics with the default shares.)
double boundary_factor(Boundary boundary, double alpha, int polls_planned);

// log(factor/alpha): the combined log e-value that fails. alpha in (0, 1), factor in (0, 1].
double fail_level(double alpha, double factor);

// A metric's log e-value over its rungs: min_i (log_e_i + log(share_i/probability_i)). Spans of one
// size. An e-process when the instances' own differences fall in rung i with probability_i; the
// shares sum to 1.
double ladder_log_e(std::span<const Rung> rungs, std::span<const double> log_e);
// Which rung is the least: the binding one.
std::size_t binding_rung(std::span<const Rung> rungs, std::span<const double> log_e);

// A metric counts at most as "no evidence" (0) while its observed effect is below the minimum.
double counted_log_e(double log_e, bool minimum_effect_reached);

// log Σ_m w_m e^{log_e_m}.
double combine(std::span<const double> log_weights, std::span<const double> log_e);
// Whose w_m e^{log_e_m} is the largest, the first of equals: the one to blame. At least one metric.
std::size_t largest_term(std::span<const double> log_weights, std::span<const double> log_e);

}  // namespace serin::analysis::stats
