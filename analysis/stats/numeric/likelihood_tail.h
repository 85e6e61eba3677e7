// Where an exact two-sided test on counts cuts the far tail: the outcomes at most as likely as the
// observed one.
#pragma once

#include <cmath>

namespace serin::analysis::stats {

// Likelihoods that differ by rounding count as equal.
inline constexpr double kLikelihoodSlack = 1 + 1e-7;

// The first whole k in [from, to] at which `likely(k)` is false, or to + 1. `likely` is true up to
// some k and false from then on; to may be +∞ as long as it turns false somewhere.
template <class Predicate>
double first_unlikely(double from, double to, Predicate&& likely) {
  double low = from - 1;  // likely, or before the range
  double step = 1;
  double high = from;
  while (high <= to && likely(high)) {
    low = high;
    high += step;
    step *= 2;
  }
  if (high > to) high = to + 1;
  while (high - low > 1) {
    const double middle = std::floor(low + (high - low) / 2);
    if (middle <= low || middle >= high) break;  // whole numbers this large lie further apart
    (likely(middle) ? low : high) = middle;
  }
  return high;
}

}  // namespace serin::analysis::stats
