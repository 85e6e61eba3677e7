#include "analysis/stats/classical/mann_whitney.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/rank_sum_counts.h"
#include "analysis/stats/numeric/ranks.h"
#include "analysis/stats/numeric/root.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

double correction(double distance, Alternative alternative) {
  switch (alternative) {
    case Alternative::greater:
      return 0.5;
    case Alternative::less:
      return -0.5;
    case Alternative::two_sided:
      break;
  }
  return 0.5 * sign(distance);
}

double exact_p_value(const RankSumCounts& counts, double w, double pairs, Alternative alternative) {
  switch (alternative) {
    case Alternative::greater:
      return counts.upper(w);
    case Alternative::less:
      return counts.lower(w);
    case Alternative::two_sided:
      break;
  }
  return std::min(1.0, 2 * (w > pairs / 2 ? counts.upper(w) : counts.lower(w)));
}

double normal_p_value(double z, Alternative alternative) {
  switch (alternative) {
    case Alternative::greater:
      return normal_cdf(-z);
    case Alternative::less:
      return normal_cdf(z);
    case Alternative::two_sided:
      break;
  }
  return 2 * normal_cdf(-std::abs(z));
}

std::vector<double> sorted_differences(const ShiftedRanks& ranks) {
  std::vector<double> differences;
  differences.reserve(ranks.x().size() * ranks.y().size());
  for (double x : ranks.x()) {
    for (double y : ranks.y()) differences.push_back(x - y);
  }
  std::ranges::sort(differences);
  return differences;
}

// Shift and interval from the order statistics of all differences.
void exact_interval(MannWhitney& out, const ShiftedRanks& ranks, const RankSumCounts& counts,
                    const MannWhitneyOptions& options) {
  const std::vector<double> differences = sorted_differences(ranks);
  const std::size_t n = differences.size();
  out.shift = n % 2 == 1 ? differences[n / 2] : (differences[n / 2 - 1] + differences[n / 2]) / 2;
  const bool both = options.alternative == Alternative::two_sided;
  const double alpha = (1 - options.confidence) / (both ? 2 : 1);
  // A confidence below one half counts from the other end.
  const std::size_t cut = std::max<std::size_t>(
      1, alpha <= 0.5 ? counts.quantile(alpha) : n - counts.quantile(1 - alpha));
  if (options.alternative != Alternative::less) out.interval.lower = differences[cut - 1];
  if (options.alternative != Alternative::greater) out.interval.upper = differences[n - cut];
}

// Shift and interval as the shifts at which the approximation just rejects.
class ApproximateInterval {
 public:
  ApproximateInterval(const ShiftedRanks& ranks, const MannWhitneyOptions& options)
      : ranks_(ranks),
        options_(options),
        low_(ranks.x().front() - ranks.y().back()),
        high_(ranks.x().back() - ranks.y().front()) {}

  double end(double z) const {
    auto f = [&](double shift) { return score(shift, options_.continuity) - z; };
    const double at_low = f(low_);
    if (at_low <= 0) return low_;
    const double at_high = f(high_);
    if (at_high >= 0) return high_;
    if (std::isnan(at_low) || std::isnan(at_high)) return kNan;
    return brent_root(low_, high_, at_low, at_high, options_.tolerance, f);
  }
  // Without correction: the estimate leans to no side.
  double estimate() const {
    auto f = [&](double shift) { return score(shift, false); };
    const double at_low = f(low_);
    const double at_high = f(high_);
    if (std::isnan(at_low) || std::isnan(at_high)) return kNan;
    return brent_root(low_, high_, at_low, at_high, options_.tolerance, f);
  }

 private:
  double score(double shift, bool corrected) const {
    const double nx = static_cast<double>(ranks_.x().size());
    const double ny = static_cast<double>(ranks_.y().size());
    const RankSum sum = ranks_.at(shift);
    const double distance = sum.u - nx * ny / 2;
    const double half = corrected ? correction(distance, options_.alternative) : 0;
    return (distance - half) / sum.deviation(nx, ny);
  }

  const ShiftedRanks& ranks_;
  const MannWhitneyOptions& options_;
  double low_;
  double high_;
};

}  // namespace

MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y,
                         const MannWhitneyOptions& options) {
  SERIN_ASSERT(options.confidence > 0 && options.confidence < 1);
  const ShiftedRanks ranks(without_nan(x), without_nan(y));
  const std::size_t count_x = ranks.x().size();
  const std::size_t count_y = ranks.y().size();
  MannWhitney out{.p_value = kNan, .shift = kNan, .interval = {kNan, kNan}};
  if (count_x == 0 || count_y == 0) return out;
  out.interval = {-kInfinity, kInfinity};
  const double nx = static_cast<double>(count_x);
  const double ny = static_cast<double>(count_y);
  const RankSum sum = ranks.at(options.null_shift);
  out.w = sum.u;
  out.exact = count_x < kMannWhitneyExactMax && count_y < kMannWhitneyExactMax && sum.ties == 0;
  if (out.exact) {
    const RankSumCounts counts(count_x, count_y);
    out.p_value = exact_p_value(counts, sum.u, nx * ny, options.alternative);
    exact_interval(out, ranks, counts, options);
    return out;
  }
  const double distance = sum.u - nx * ny / 2;
  const double half = options.continuity ? correction(distance, options.alternative) : 0;
  out.p_value = normal_p_value((distance - half) / sum.deviation(nx, ny), options.alternative);
  const ApproximateInterval interval(ranks, options);
  const bool both = options.alternative == Alternative::two_sided;
  const double z = normal_quantile(1 - (1 - options.confidence) / (both ? 2 : 1));
  if (options.alternative != Alternative::less) out.interval.lower = interval.end(z);
  if (options.alternative != Alternative::greater) out.interval.upper = interval.end(-z);
  out.shift = interval.estimate();
  return out;
}

RankTest mann_whitney_approximate(std::span<const double> x, std::span<const double> y,
                                  Alternative alternative) {
  auto nan = [](double value) { return std::isnan(value); };
  if (x.empty() || y.empty() || std::ranges::any_of(x, nan) || std::ranges::any_of(y, nan)) {
    return {kNan, kNan, kNan};
  }
  const double nx = static_cast<double>(x.size());
  const double ny = static_cast<double>(y.size());
  const RankSum sum = ShiftedRanks(x, y).at(0);
  const double distance = sum.u - nx * ny / 2;
  const double above = alternative == Alternative::two_sided ? std::abs(distance)
                       : alternative == Alternative::greater ? distance
                                                             : -distance;
  const double tail = normal_cdf(-(above - 0.5) / sum.deviation(nx, ny));
  const double p = alternative == Alternative::two_sided ? 2 * tail : tail;
  return {sum.u, std::min(1.0, p), sum.u / (nx * ny)};
}

}  // namespace serin::analysis::stats::classical
