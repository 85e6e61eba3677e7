// The normal distribution in the forms that the evidence needs.
//
//   double p = normal_cdf(1.96);            // 0.975…
//   double z = normal_quantile(0.975);      // 1.96…
#pragma once

#include <span>

namespace serin::analysis::stats {

// P(Z ≤ x); 0 and 1 at the infinities, NaN of NaN. Relative error near 1e-15 in both tails.
double normal_cdf(double x);
// out[j] = P(Z ≤ x[j] − shift), for many at a time: by Taylor series about the points of a table,
// as accurate as normal_cdf and less than half its time. `out` has room for all of x.
void normal_cdf_shifted(std::span<const double> x, double shift, std::span<double> out);
// log P(Z ≤ x), finite for every finite x: deep in the lower tail by the asymptotic series
// (Abramowitz and Stegun 7.1.23).
double normal_log_cdf(double x);
// The x with P(Z ≤ x) = p; −∞ at p ≤ 0, +∞ at p ≥ 1, NaN of NaN.
double normal_quantile(double p);

}  // namespace serin::analysis::stats
