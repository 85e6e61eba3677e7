#include "analysis/stats/classical/brunner_munzel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "analysis/stats/numeric/distributions.h"
#include "analysis/stats/numeric/ranks.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Variance of the ranks among all values less those within the sample.
double placement_variance(std::span<const double> all, std::span<const double> own) {
  const double centre = mean(all) - mean(own);
  double sum = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    const double off = all[i] - own[i] - centre;
    sum += off * off;
  }
  return sum / static_cast<double>(own.size() - 1);
}

}  // namespace

BrunnerMunzel brunner_munzel(std::span<const double> x, std::span<const double> y,
                             Alternative alternative) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  auto nan = [](double value) { return std::isnan(value); };
  if (x.size() < 2 || y.size() < 2 || std::ranges::any_of(x, nan) || std::ranges::any_of(y, nan)) {
    return {kNan, kNan, kNan};
  }
  std::vector<double> both(x.begin(), x.end());
  both.insert(both.end(), y.begin(), y.end());
  const std::vector<double> ranks = mid_ranks(both);
  const std::span<const double> of_x = std::span(ranks).first(x.size());
  const std::span<const double> of_y = std::span(ranks).subspan(x.size());
  const double nx = static_cast<double>(x.size());
  const double ny = static_cast<double>(y.size());
  const double spread_x = nx * placement_variance(of_x, mid_ranks(x));
  const double spread_y = ny * placement_variance(of_y, mid_ranks(y));
  BrunnerMunzel out;
  out.statistic =
      nx * ny * (mean(of_y) - mean(of_x)) / ((nx + ny) * std::sqrt(spread_x + spread_y));
  out.df = (spread_x + spread_y) * (spread_x + spread_y) /
           (spread_x * spread_x / (nx - 1) + spread_y * spread_y / (ny - 1));
  const double t = -out.statistic;
  switch (alternative) {
    case Alternative::greater:
      out.p_value = student_t_upper(t, out.df);
      break;
    case Alternative::less:
      out.p_value = student_t_lower(t, out.df);
      break;
    case Alternative::two_sided:
      out.p_value = 2 * student_t_upper(std::abs(t), out.df);
      break;
  }
  return out;
}

Superiority grouped_superiority(std::span<const double> x, std::span<const double> y) {
  SERIN_ASSERT(x.size() == y.size());
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  Superiority out{std::accumulate(x.begin(), x.end(), 0.0),
                  std::accumulate(y.begin(), y.end(), 0.0), kNan, kNan};
  if (out.x < 2 || out.y < 2) return out;
  // A value's placement: the share of the other side below it, ties as halves.
  double below_x = 0;
  double below_y = 0;
  double sum = 0;
  double squares_x = 0;
  double squares_y = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double of_x = (below_y + y[j] / 2) / out.y;
    const double of_y = (below_x + x[j] / 2) / out.x;
    sum += x[j] * of_x;
    squares_x += x[j] * of_x * of_x;
    squares_y += y[j] * of_y * of_y;
    below_x += x[j];
    below_y += y[j];
  }
  out.chance = sum / out.x;
  const double other = 1 - out.chance;
  const double variance_x =
      std::max(0.0, squares_x - out.x * out.chance * out.chance) / (out.x - 1);
  const double variance_y = std::max(0.0, squares_y - out.y * other * other) / (out.y - 1);
  out.standard_error =
      std::max(std::sqrt(variance_x / out.x + variance_y / out.y), 0.5 / std::sqrt(out.x * out.y));
  return out;
}

}  // namespace serin::analysis::stats::classical
