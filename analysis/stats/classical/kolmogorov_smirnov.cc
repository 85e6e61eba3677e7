#include "analysis/stats/classical/kolmogorov_smirnov.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "analysis/stats/numeric/ranks.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

double directed(double difference, Alternative alternative) {
  switch (alternative) {
    case Alternative::greater:
      return difference;
    case Alternative::less:
      return -difference;
    case Alternative::two_sided:
      break;
  }
  return std::abs(difference);
}

// For every number of values taken from the sorted union: may the two step functions be compared
// there, or is it inside a group of ties?
std::vector<bool> group_ends(const ShiftedRanks& samples) {
  std::vector<double> both = samples.x();
  both.insert(both.end(), samples.y().begin(), samples.y().end());
  std::ranges::sort(both);
  std::vector<bool> ends(both.size() + 1, true);
  for (std::size_t i = 1; i < both.size(); ++i) ends[i] = both[i] != both[i - 1];
  return ends;
}

double largest_distance(const ShiftedRanks& samples, Alternative alternative) {
  const std::vector<double>& x = samples.x();
  const std::vector<double>& y = samples.y();
  double distance =
      alternative == Alternative::two_sided ? 0 : -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0, j = 0; i < x.size() || j < y.size();) {
    const double value = j == y.size() || (i < x.size() && x[i] <= y[j]) ? x[i] : y[j];
    while (i < x.size() && x[i] == value) ++i;
    while (j < y.size() && y[j] == value) ++j;
    const double fx = static_cast<double>(i) / static_cast<double>(x.size());
    const double fy = static_cast<double>(j) / static_cast<double>(y.size());
    distance = std::max(distance, directed(fx - fy, alternative));
  }
  return std::max(distance, 0.0);
}

// The share of all orders of the pooled sample whose path somewhere reaches the distance. Each cell
// holds the share among the paths that lead to it.
double path_share(const ShiftedRanks& samples, double distance, Alternative alternative) {
  const std::size_t nx = samples.x().size();
  const std::size_t ny = samples.y().size();
  const double mx = static_cast<double>(nx);
  const double my = static_cast<double>(ny);
  const std::vector<bool> ends = group_ends(samples);
  const double reached = (0.5 + std::floor(distance * mx * my - 1e-7)) / (mx * my);
  auto hits = [&](std::size_t i, std::size_t j) {
    const double difference = static_cast<double>(i) / mx - static_cast<double>(j) / my;
    return ends[i + j] && directed(difference, alternative) >= reached;
  };
  std::vector<double> row(ny + 1);
  for (std::size_t i = 0; i <= nx; ++i) {
    for (std::size_t j = 0; j <= ny; ++j) {
      if (hits(i, j)) {
        row[j] = 1;
      } else if (i > 0 && j > 0) {
        const double from_x = static_cast<double>(i) / static_cast<double>(i + j);
        row[j] = from_x * row[j] + (1 - from_x) * row[j - 1];
      } else if (j > 0) {
        row[j] = row[j - 1];
      }
    }
  }
  return row[ny];
}

// P(sup |Brownian bridge| ≥ x), by whichever series converges at once (Kolmogorov 1933). Both are
// cut where R cuts them; below 1 that leaves an error of up to 4e-5.
double limit_tail(double x) {
  if (!(x > 0)) return 1;
  if (x < 1) {
    const int terms = static_cast<int>(std::sqrt(2 - std::log(kSmirnovLimitTolerance)));
    const double rate = -std::numbers::pi * std::numbers::pi / (8 * x * x);
    double sum = 0;
    for (int k = 1; k < terms; k += 2) sum += std::exp(k * k * rate);
    return 1 - std::sqrt(2 * std::numbers::pi) / x * sum;
  }
  double sum = 0;
  double term = 2;
  for (int k = 1; std::abs(term) > kSmirnovLimitTolerance; ++k) {
    term = (k % 2 == 1 ? 2 : -2) * std::exp(-2 * k * k * x * x);
    sum += term;
  }
  return sum;
}

}  // namespace

KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> x, std::span<const double> y,
                                     Alternative alternative) {
  const ShiftedRanks samples(without_nan(x), without_nan(y));
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (samples.x().empty() || samples.y().empty()) return {kNan, kNan, kNan, false};
  const double nx = static_cast<double>(samples.x().size());
  const double ny = static_cast<double>(samples.y().size());
  KolmogorovSmirnov out;
  out.distance = largest_distance(samples, alternative);
  const double scaled = out.distance * std::sqrt(nx * ny / (nx + ny));
  out.p_value_limit =
      alternative == Alternative::two_sided ? limit_tail(scaled) : std::exp(-2 * scaled * scaled);
  out.p_value_limit = std::clamp(out.p_value_limit, 0.0, 1.0);
  out.exact = nx * ny < kSmirnovExactMax;
  out.p_value = out.exact ? path_share(samples, out.distance, alternative) : out.p_value_limit;
  return out;
}

}  // namespace serin::analysis::stats::classical
