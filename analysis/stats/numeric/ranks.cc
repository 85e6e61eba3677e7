#include "analysis/stats/numeric/ranks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/assert.h"

namespace serin::analysis::stats {
namespace {

double tie_term(double size) {
  return size * size * size - size;  // 0 of a single value
}

}  // namespace

double RankSum::deviation(double nx, double ny) const {
  const double n = nx + ny;
  return std::sqrt(nx * ny / 12 * ((n + 1) - ties / (n * (n - 1))));
}

ShiftedRanks::ShiftedRanks(std::span<const double> x, std::span<const double> y)
    : x_(x.begin(), x.end()), y_(y.begin(), y.end()) {
  auto nan = [](double value) { return std::isnan(value); };
  SERIN_ASSERT(std::ranges::none_of(x_, nan) && std::ranges::none_of(y_, nan));
  std::ranges::sort(x_);
  std::ranges::sort(y_);
}

RankSum ShiftedRanks::at(double shift) const {
  const std::size_t nx = x_.size();
  const std::size_t ny = y_.size();
  // An infinite value less an infinite shift is no number; it ranks above all.
  auto shifted = [&](std::size_t i) {
    const double value = x_[i] - shift;
    return value == value ? value : std::numeric_limits<double>::infinity();
  };
  RankSum sum;
  std::size_t i = 0;
  std::size_t j = 0;
  // Rounding keeps the order of x − shift, so both stay sorted; it can make new ties, as it does
  // where the shifted values are ranked afresh.
  while (i < nx) {
    const double value = shifted(i);
    while (j < ny && y_[j] < value) {
      // Groups of y alone matter only for their ties.
      const std::size_t first = j++;
      while (j < ny && y_[j] == y_[first]) ++j;
      sum.ties += tie_term(static_cast<double>(j - first));
    }
    const std::size_t below = j;
    while (j < ny && y_[j] == value) ++j;
    const std::size_t first_x = i++;
    while (i < nx && shifted(i) == value) ++i;
    const double equal_x = static_cast<double>(i - first_x);
    const double equal_y = static_cast<double>(j - below);
    sum.u += equal_x * (static_cast<double>(below) + 0.5 * equal_y);
    sum.ties += tie_term(equal_x + equal_y);
  }
  while (j < ny) {
    const std::size_t first = j++;
    while (j < ny && y_[j] == y_[first]) ++j;
    sum.ties += tie_term(static_cast<double>(j - first));
  }
  return sum;
}

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = 0.5 * static_cast<double>(first + 1 + end);
    for (std::size_t k = first; k < end; ++k) ranks[order[k]] = rank;
    first = end;
  }
  return ranks;
}

std::vector<double> without_nan(std::span<const double> values) {
  std::vector<double> kept;
  kept.reserve(values.size());
  std::ranges::copy_if(values, std::back_inserter(kept), [](double x) { return !std::isnan(x); });
  return kept;
}

}  // namespace serin::analysis::stats
