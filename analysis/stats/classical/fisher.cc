#include "analysis/stats/classical/fisher.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/numeric/likelihood_tail.h"
#include "analysis/stats/numeric/root.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The first cell given all four margins, at any odds ratio.
class FirstCell {
 public:
  explicit FirstCell(const std::array<double, 4>& table)
      : row_(table[0] + table[1]), column_(table[0] + table[2]), others_(table[1] + table[3]) {
    low_ = std::max(0.0, row_ - others_);
    high_ = std::min(row_, column_);
    weights_.resize(static_cast<std::size_t>(high_ - low_) + 1);
  }
  double low() const { return low_; }
  double high() const { return high_; }

  // Fills the chances of every value and remembers them until the next call.
  const std::vector<double>& chances(double odds) {
    if (odds == odds_) return weights_;
    odds_ = odds;
    // Ratios of neighbours from the most likely value outwards: nothing overflows, and what
    // underflows is below 1e-308 of the largest.
    const std::size_t mode = most_likely(odds);
    std::ranges::fill(weights_, 0.0);
    weights_[mode] = 1;
    double sum = 1;
    for (std::size_t i = mode; i + 1 < weights_.size() && weights_[i] > 0; ++i) {
      weights_[i + 1] = weights_[i] * odds * ratio(i);
      sum += weights_[i + 1];
    }
    for (std::size_t i = mode; i > 0 && weights_[i] > 0; --i) {
      weights_[i - 1] = weights_[i] / (odds * ratio(i - 1));
      sum += weights_[i - 1];
    }
    for (double& weight : weights_) weight /= sum;
    return weights_;
  }
  double mean(double odds) {
    const std::vector<double>& chance = chances(odds);
    double sum = 0;
    for (std::size_t i = 0; i < chance.size(); ++i) {
      sum += chance[i] * (low_ + static_cast<double>(i));
    }
    return sum;
  }
  // P(cell ≤ x), P(cell ≥ x).
  double lower(double x, double odds) {
    const std::vector<double>& chance = chances(odds);
    double sum = 0;
    for (std::size_t i = 0; i <= index(x); ++i) sum += chance[i];
    return sum;
  }
  double upper(double x, double odds) {
    const std::vector<double>& chance = chances(odds);
    double sum = 0;
    for (std::size_t i = chance.size(); i-- > index(x);) sum += chance[i];
    return sum;
  }
  double at_most_as_likely(double x, double odds) {
    const std::vector<double>& chance = chances(odds);
    const double limit = chance[index(x)] * kLikelihoodSlack;
    double sum = 0;
    for (double value : chance) sum += value <= limit ? value : 0;
    return sum;
  }

 private:
  std::size_t index(double x) const { return static_cast<std::size_t>(x - low_); }
  // Chance of value low + i + 1 over that of low + i, at odds 1.
  double ratio(std::size_t i) const {
    const double k = low_ + static_cast<double>(i);
    return (column_ - k) * (row_ - k) / ((k + 1) * (others_ - row_ + k + 1));
  }
  std::size_t most_likely(double odds) const {
    std::size_t low = 0;
    std::size_t high = weights_.size() - 1;
    while (low < high) {  // the ratio falls as the value grows
      const std::size_t middle = (low + high) / 2;
      if (odds * ratio(middle) > 1) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  double row_;
  double column_;
  double others_;
  double low_ = 0;
  double high_ = 0;
  double odds_ = -1;
  std::vector<double> weights_;
};

// The odds ratio at which `f` is 0; `above_one`: it lies above 1, where its reciprocal is sought.
template <class Function>
double solve_odds(bool above_one, double tolerance, Function f) {
  const double low = above_one ? std::numeric_limits<double>::epsilon() : 0;
  auto at = [&](double t) {
    if (above_one) return f(1 / t);
    return f(t);
  };
  const double root = brent_root(low, 1, at(low), at(1), tolerance, at);
  return above_one ? 1 / root : root;
}

class Odds {
 public:
  Odds(FirstCell& cell, double x, double tolerance) : cell_(cell), x_(x), tolerance_(tolerance) {}

  double estimate() {
    if (x_ == cell_.low()) return 0;
    if (x_ == cell_.high()) return kInfinity;
    const double mean = cell_.mean(1);
    if (mean == x_) return 1;
    return solve_odds(mean < x_, tolerance_, [&](double odds) { return mean_at(odds) - x_; });
  }
  double lower(double alpha) {
    if (x_ == cell_.low()) return 0;
    const double p = cell_.upper(x_, 1);
    if (p == alpha) return 1;
    return solve_odds(p < alpha, tolerance_,
                      [&](double odds) { return (odds == 0 ? 0 : cell_.upper(x_, odds)) - alpha; });
  }
  double upper(double alpha) {
    if (x_ == cell_.high()) return kInfinity;
    const double p = cell_.lower(x_, 1);
    if (p == alpha) return 1;
    return solve_odds(p > alpha, tolerance_,
                      [&](double odds) { return (odds == 0 ? 1 : cell_.lower(x_, odds)) - alpha; });
  }

 private:
  double mean_at(double odds) { return odds == 0 ? cell_.low() : cell_.mean(odds); }

  FirstCell& cell_;
  double x_;
  double tolerance_;
};

}  // namespace

FisherTest fisher_test(const std::array<double, 4>& table, const FisherOptions& options) {
  for (double cell : table) SERIN_ASSERT(cell >= 0 && cell == std::floor(cell));
  SERIN_ASSERT(options.null_odds_ratio > 0);
  FirstCell cell(table);
  FisherTest out{1, 0, {0, kInfinity}};
  if (cell.low() == cell.high()) return out;
  const double x = table[0];
  Odds odds(cell, x, options.tolerance);
  out.odds_ratio = odds.estimate();
  const double alpha = 1 - options.confidence;
  switch (options.alternative) {
    case Alternative::less:
      out.p_value = cell.lower(x, options.null_odds_ratio);
      out.interval.upper = odds.upper(alpha);
      break;
    case Alternative::greater:
      out.p_value = cell.upper(x, options.null_odds_ratio);
      out.interval.lower = odds.lower(alpha);
      break;
    case Alternative::two_sided:
      out.p_value = cell.at_most_as_likely(x, options.null_odds_ratio);
      out.interval = {odds.lower(alpha / 2), odds.upper(alpha / 2)};
      break;
  }
  out.p_value = std::min(1.0, out.p_value);
  return out;
}

}  // namespace serin::analysis::stats::classical
