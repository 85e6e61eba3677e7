#include "analysis/stats/classical/margin_test.h"

#include <algorithm>
#include <cmath>

#include "analysis/stats/classical/binomial_test.h"
#include "analysis/stats/classical/fisher.h"
#include "analysis/stats/normal.h"
#include "base/assert.h"

namespace serin::analysis::stats::classical {
namespace {

constexpr int kHalvings = 200;
// A share that is 0 but for rounding.
constexpr double kNoShare = 1e-12;
// p-values are asked for alone; the tests' intervals are at this level.
constexpr double kAnyAlpha = 0.05;

// Where a falling function crosses 0 within (low, high).
template <class Slope>
double crossing(double low, double high, const Slope& slope) {
  for (int i = 0; i < kHalvings && high - low > 1e-15 * high; ++i) {
    const double middle = (low + high) / 2;
    (slope(middle) > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

// count/share, without an event 0.
double per(double count, double share) {
  return count > 0 ? count / share : 0;
}

Proportion whole(Proportion side) {
  const double total = std::round(side.total);
  return {std::clamp(std::round(side.events), 0.0, total), total};
}

MarginTest exact_proportions(Proportion first, Proportion second, double share_first,
                             double share_second, Alternative alternative) {
  first = whole(first);
  second = whole(second);
  if (!(first.total > 0) || !(second.total > 0)) return {1, "Fisher's test"};
  if (!(share_second > kNoShare) || !(share_first < 1 - kNoShare)) {
    // The other side says no more than that its share is as small, or as large, as can be.
    return {binomial_test(first.events, first.total, share_first, alternative),
            "the binomial test"};
  }
  const double odds = share_first / (1 - share_first) / (share_second / (1 - share_second));
  return {fisher_test({first.events, first.total - first.events, second.events,
                       second.total - second.events},
                      {.alternative = alternative, .null_odds_ratio = odds})
              .p_value,
          "Fisher's test"};
}

}  // namespace

double fitted_share(Proportion first, Proportion second, const LinearMargin& margin) {
  const double largest = std::min(1.0, (1 - margin.absolute) / margin.ratio);
  const auto slope = [&](double p) {
    const double q = margin.ratio * p + margin.absolute;
    return margin.ratio * (per(first.events, q) - per(first.total - first.events, 1 - q)) +
           per(second.events, p) - per(second.total - second.events, 1 - p);
  };
  return crossing(0, std::max(largest, 0.0), slope);
}

double fitted_rate(EventCount first, EventCount second, const LinearMargin& margin) {
  const double r = margin.ratio;
  if (margin.absolute == 0) {
    return (first.events + second.events) / (r * first.time + second.time);
  }
  const double largest = first.events / (r * first.time) + second.events / second.time;
  const auto slope = [&](double rate) {
    return r * (per(first.events, r * rate + margin.absolute) - first.time) +
           per(second.events, rate) - second.time;
  };
  return crossing(0, largest, slope);
}

MarginTest proportion_margin_test(Proportion first, Proportion second, const LinearMargin& margin,
                                  Alternative alternative) {
  SERIN_ASSERT(alternative != Alternative::two_sided);
  SERIN_ASSERT(margin.ratio > 0 && margin.absolute >= 0);
  if (!(first.total > 0) || !(second.total > 0)) return {1, "the test of two proportions"};
  first.events = std::min(first.events, first.total);
  second.events = std::min(second.events, second.total);
  const double p = fitted_share(first, second, margin);
  const double q = std::min(1.0, margin.ratio * p + margin.absolute);
  const double least =
      std::min({first.total * q, first.total * (1 - q), second.total * p, second.total * (1 - p)});
  if (least < kExpectedCellMin) return exact_proportions(first, second, q, p, alternative);
  const double variance =
      q * (1 - q) / first.total + margin.ratio * margin.ratio * p * (1 - p) / second.total;
  const double over =
      first.events / first.total - margin.ratio * second.events / second.total - margin.absolute;
  const double z = over / std::sqrt(variance);
  return {normal_cdf(alternative == Alternative::greater ? -z : z), "the test of two proportions"};
}

MarginTest rate_margin_test(EventCount first, EventCount second, const LinearMargin& margin,
                            Alternative alternative) {
  SERIN_ASSERT(alternative != Alternative::two_sided);
  SERIN_ASSERT(margin.ratio > 0 && margin.absolute >= 0);
  constexpr std::string_view kName = "the exact test of two rates";
  if (!(first.time > 0) || !(second.time > 0)) return {1, kName};
  first.events = std::round(first.events);
  second.events = std::round(second.events);
  if (!(first.events + second.events > 0) && margin.absolute == 0) return {1, kName};
  const double rate = fitted_rate(first, second, margin);
  if (!(rate * second.time > kNoShare)) {
    return {poisson_test(first, margin.absolute, alternative, kAnyAlpha).p_value,
            "the exact test of a rate"};
  }
  const double ratio = margin.ratio + margin.absolute / rate;
  return {poisson_ratio_test(first, second, ratio, alternative, kAnyAlpha).p_value, kName};
}

}  // namespace serin::analysis::stats::classical
