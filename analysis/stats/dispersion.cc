#include "analysis/stats/dispersion.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

constexpr double kShareFloor = 1e-9;
constexpr double kRoundingShare =
    1e-20;  // of the squares: far above ε², far below one event in 1e15
constexpr std::array<std::size_t, 2> kBlockLengths = {8, 32};

// Positive-part James–Stein: the part of an excess that stands out of its own error.
double clear_excess(double excess, double se) {
  if (!(excess > 0)) return 0;
  return excess * std::max(0.0, 1 - 2 * se * se / (excess * excess));
}

// Σ D²/V over its degrees of freedom; nothing where fewer than two instances have a variance.
std::optional<double> window_dispersion(const ResidualTable& table, std::size_t window) {
  double q = 0;
  double with_variance = 0;
  for (std::size_t p = 0; p < table.instances(); ++p) {
    const Residual cell = table.at(window, p);
    if (!(cell.v > 0)) continue;
    q += cell.d * cell.d / cell.v;
    with_variance += 1;
  }
  if (with_variance < 2) return std::nullopt;
  return q / (with_variance - 1);
}

struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;  // one past the last
};

// Runs of set entries; gaps of up to two do not end a run.
std::vector<Stretch> stretches(const std::vector<bool>& wild) {
  constexpr std::size_t kGapMax = 2;
  std::vector<Stretch> found;
  for (std::size_t k = 0; k < wild.size(); ++k) {
    if (!wild[k]) continue;
    if (!found.empty() && k - found.back().end <= kGapMax) {
      found.back().end = k + 1;
    } else {
      found.push_back({k, k + 1});
    }
  }
  return found;
}

struct BlockDispersion {
  double phi = 0;
  double se = 0;
};

std::optional<BlockDispersion> block_dispersion(const ResidualTable& table, std::size_t length,
                                                std::size_t in_service) {
  const std::size_t instances = table.instances();
  const std::size_t blocks = table.windows() / length;
  std::vector<Residual> sums(blocks * instances);
  std::vector<Residual> totals(instances);
  for (std::size_t k = 0; k < blocks * length; ++k) {
    for (std::size_t p = 0; p < instances; ++p) {
      const Residual cell = table.at(k, p);
      for (Residual* sum : {&sums[k / length * instances + p], &totals[p]}) {
        sum->d += cell.d;
        sum->v += cell.v;
      }
    }
  }
  double n = 0;
  double mean = 0;
  double squares = 0;  // of deviations, by Welford's recursion
  for (std::size_t b = 0; b < blocks; ++b) {
    double q = 0;
    bool any = false;
    for (std::size_t p = 0; p < instances; ++p) {
      const Residual& sum = sums[b * instances + p];
      if (!(sum.v > 0)) continue;
      const double d = sum.d - totals[p].d / totals[p].v * sum.v;
      q += d * d / sum.v;
      any = true;
    }
    if (!any) continue;
    n += 1;
    const double deviation = q - mean;
    mean += deviation / n;
    squares += deviation * (q - mean);
  }
  if (n < 3) return std::nullopt;
  const auto m = static_cast<double>(in_service);
  const double df = (m - 1) - (static_cast<double>(instances) - 1) / n;
  if (!(df > 0)) return std::nullopt;
  const double phi = mean / df;
  const double se = std::max(std::sqrt(squares / (n - 1)) / (df * std::sqrt(n)),
                             phi * std::sqrt(2 / ((m - 1) * (n - 1))));
  return BlockDispersion{phi, se};
}

}  // namespace

Residual rate_residual(double x, double n, double x_all, double n_all, bool binomial) {
  if (!(n > 0) || !(n_all > 0)) return {};
  const double expected = n / n_all * x_all;
  const double rest = binomial ? std::max(1 - x_all / n_all, kShareFloor) : 1;
  return {x - expected, expected * rest};
}

Residual score_residual(std::span<const double> counts, std::span<const double> pooled,
                        std::span<const double> scores) {
  SERIN_ASSERT(counts.size() == scores.size() && pooled.size() == scores.size());
  double n = 0;
  double n_all = 0;
  double sum = 0;
  double sum_all = 0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    n += counts[j];
    n_all += pooled[j];
    sum += scores[j] * counts[j];
    sum_all += scores[j] * pooled[j];
  }
  if (!(n > 0) || !(n_all > 0)) return {};
  const double mean = sum_all / n_all;
  double variance = 0;
  double squares = 0;
  for (std::size_t j = 0; j < scores.size(); ++j) {
    variance += pooled[j] * (scores[j] - mean) * (scores[j] - mean);
    squares += pooled[j] * scores[j] * scores[j];
  }
  // All in one bucket: what is left is the rounding of the mean, which says nothing of dispersion.
  if (!(variance > kRoundingShare * squares)) return {};
  return {sum - n * mean, n * (variance / n_all)};
}

void ResidualTable::set(std::size_t instance, Residual residual) {
  SERIN_ASSERT(instance < instances_ && cells_.size() >= instances_);
  cells_[cells_.size() - instances_ + instance] = residual;
}

Residual ResidualTable::at(std::size_t window, std::size_t instance) const {
  SERIN_ASSERT(window < windows() && instance < instances_);
  return cells_[window * instances_ + instance];
}

void ResidualTable::clear(std::size_t window) {
  SERIN_ASSERT(window < windows());
  for (std::size_t p = 0; p < instances_; ++p) cells_[window * instances_ + p] = {};
}

std::vector<bool> incident_windows(const ResidualTable& table, std::size_t shortest) {
  const std::size_t windows = table.windows();
  std::vector<bool> out(windows);
  std::vector<std::optional<double>> dispersions(windows);
  std::vector<double> sorted;
  for (std::size_t k = 0; k < windows; ++k) {
    dispersions[k] = window_dispersion(table, k);
    if (dispersions[k]) sorted.push_back(*dispersions[k]);
  }
  if (sorted.empty()) return out;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double limit = kIncidentFactor * std::max(1.0, *middle);
  std::vector<bool> wild(windows);
  for (std::size_t k = 0; k < windows; ++k) wild[k] = dispersions[k].value_or(0) > limit;

  std::size_t incidents = 0;
  std::size_t left_out = 0;
  for (const Stretch& stretch : stretches(wild)) {
    if (stretch.end - stretch.begin < std::max(shortest, kIncidentWindowsMin)) continue;
    ++incidents;
    // A window on either side may hold its beginning and its end.
    const std::size_t begin = stretch.begin > 0 ? stretch.begin - 1 : 0;
    const std::size_t end = std::min(windows, stretch.end + 1);
    for (std::size_t k = begin; k < end; ++k) {
      if (!out[k]) ++left_out;
      out[k] = true;
    }
  }
  const bool habit =
      incidents > kIncidentsMax ||
      static_cast<double>(left_out) > kIncidentShareMax * static_cast<double>(windows);
  if (habit) out.assign(windows, false);
  return out;
}

HistoryDispersion history_dispersion(const ResidualTable& table, double events,
                                     std::size_t in_service) {
  if (in_service == 0) in_service = table.instances();
  if (in_service < 2) return {.phi = kDispersionOneInstance};
  if (!(events >= kHistoryEventsMin)) return {};
  const auto single = block_dispersion(table, 1, in_service);
  if (!single) return {};
  double growth = 0;
  for (std::size_t length : kBlockLengths) {
    if (const auto block = block_dispersion(table, length, in_service)) {
      growth = std::max(growth, clear_excess(block->phi - single->phi, block->se));
    }
  }
  return {.phi = std::max(1.0, single->phi + 0.25 * single->se + growth),
          .phi_1 = single->phi,
          .se_1 = single->se,
          .growth = growth};
}

double RunningDispersion::add(std::span<const Residual> window, double history_phi) {
  double q = 0;
  bool any = false;
  for (const Residual& residual : window) {
    if (!(residual.v > 0)) continue;
    q += residual.d * residual.d / residual.v;
    any = true;
  }
  return add(any ? std::optional(q) : std::nullopt, window.size(), history_phi);
}

double RunningDispersion::add(std::optional<double> squares, std::size_t instances,
                              double history_phi) {
  const bool counts = squares && instances > 1 && std::isfinite(*squares);
  const double freedom = counts ? static_cast<double>(instances) - 1 : 0;
  const auto slot = static_cast<std::size_t>(next_);
  recent_squares_[slot] = counts ? *squares : 0;
  recent_freedom_[slot] = freedom;
  next_ = (next_ + 1) % kRunningWindows;
  if (counts) {
    ++windows_;
    squares_ += *squares;
    freedom_ += freedom;
  }
  return phi(history_phi);
}

double RunningDispersion::phi(double history_phi) const {
  double largest = history_phi;
  auto consider = [&](double squares, double freedom, int windows) {
    if (windows < 2) return;
    const double se = history_phi * std::sqrt(2 / freedom);
    largest = std::max(largest, history_phi + clear_excess(squares / freedom - history_phi, se));
  };
  consider(squares_, freedom_, windows_);
  double squares = 0;
  double freedom = 0;
  int windows = 0;
  for (std::size_t i = 0; i < recent_squares_.size(); ++i) {
    squares += recent_squares_[i];
    freedom += recent_freedom_[i];
    windows += recent_freedom_[i] > 0;
  }
  consider(squares, freedom, windows);
  return largest;
}

}  // namespace serin::analysis::stats
