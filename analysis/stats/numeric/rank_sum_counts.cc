#include "analysis/stats/numeric/rank_sum_counts.h"

#include <cmath>
#include <limits>

#include "base/assert.h"

namespace serin::analysis::stats {

RankSumCounts::RankSumCounts(std::size_t nx, std::size_t ny) : pairs_(nx * ny) {
  SERIN_ASSERT(nx > 0 && ny > 0);
  // The largest of all values is an x (it beats every y: the count falls by ny) or a y. Shares
  // instead of counts: each case has its chance.
  const std::size_t half = pairs_ / 2;
  std::vector<std::vector<double>> table(ny + 1, std::vector<double>(half + 1));
  for (auto& row : table) row[0] = 1;
  for (std::size_t i = 1; i <= nx; ++i) {
    for (std::size_t j = 1; j <= ny; ++j) {
      const double from_x = static_cast<double>(i) / static_cast<double>(i + j);
      for (std::size_t u = half + 1; u-- > 0;) {
        const double without_x = u >= j ? table[j][u - j] : 0;
        table[j][u] = from_x * without_x + (1 - from_x) * table[j - 1][u];
      }
    }
  }
  shares_ = std::move(table[ny]);
}

double RankSumCounts::lower(double u) const {
  const double whole = std::floor(u + 1e-7);
  if (whole < 0) return 0;
  if (whole >= static_cast<double>(pairs_)) return 1;
  const auto last = static_cast<std::size_t>(whole);
  double sum = 0;
  if (last < shares_.size()) {
    for (std::size_t k = 0; k <= last; ++k) sum += shares_[k];
    return sum;
  }
  for (std::size_t k = 0; k < pairs_ - last; ++k) sum += shares_[k];  // symmetry
  return 1 - sum;
}

double RankSumCounts::upper(double u) const {
  return lower(static_cast<double>(pairs_) - std::ceil(u - 1e-7));
}

std::size_t RankSumCounts::quantile(double p) const {
  SERIN_ASSERT(p > 0 && p <= 0.5);
  const double enough = p - 10 * std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (std::size_t k = 0; k < shares_.size(); ++k) {
    sum += shares_[k];
    if (sum >= enough) return k;
  }
  return shares_.size();
}

}  // namespace serin::analysis::stats
