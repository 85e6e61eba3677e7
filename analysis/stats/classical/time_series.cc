#include "analysis/stats/classical/time_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "analysis/stats/numeric/ranks.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> autocovariance(std::span<const double> values, std::size_t lag_max) {
  const std::size_t n = values.size();
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(n);
  std::vector<double> out;
  for (std::size_t lag = 0; lag <= lag_max && lag < n; ++lag) {
    double sum = 0;
    for (std::size_t i = lag; i < n; ++i) sum += (values[i] - mean) * (values[i - lag] - mean);
    out.push_back(sum / static_cast<double>(n));
  }
  return out;
}

}  // namespace

double sorted_quantile(std::span<const double> sorted, double p) {
  SERIN_ASSERT(p >= 0 && p <= 1);
  if (sorted.empty()) return kNan;
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double part = position - static_cast<double>(below);
  if (part == 0) return sorted[below];
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double quantile(std::span<const double> values, double p) {
  std::vector<double> sorted = without_nan(values);
  std::ranges::sort(sorted);
  return sorted_quantile(sorted, p);
}

double median(std::span<const double> values) {
  return quantile(values, 0.5);
}

double median_deviation(std::span<const double> values) {
  const double centre = median(values);
  std::vector<double> distances = without_nan(values);
  for (double& value : distances) value = std::abs(value - centre);
  return 1.4826 * median(distances);
}

std::vector<double> autocorrelation(std::span<const double> values, std::size_t lag_max) {
  std::vector<double> out = autocovariance(values, lag_max);
  const double variance = out.empty() ? kNan : out[0];
  for (double& value : out) value /= variance;
  return out;
}

FirstOrderFit yule_walker(std::span<const double> values) {
  if (values.size() < 2) return {kNan, kNan};
  const std::vector<double> covariance = autocovariance(values, 1);
  const double phi = covariance[1] / covariance[0];
  const double n = static_cast<double>(values.size());
  return {phi, covariance[0] * (1 - phi * phi) * n / (n - 2)};
}

}  // namespace serin::analysis::stats::classical
