// The normal distribution in the forms that the evidence needs.
//
//   double p = normal_cdf(1.96);            // 0.975…
//   double z = normal_quantile(0.975);      // 1.96…
#pragma once

namespace serin::analysis::stats {

// P(Z ≤ x); 0 and 1 at the infinities, NaN of NaN. Relative error near 1e-15 in both tails.
double normal_cdf(double x);
// log P(Z ≤ x), finite for every finite x: deep in the lower tail by the asymptotic series
// (Abramowitz and Stegun 7.1.23).
double normal_log_cdf(double x);
// The x with P(Z ≤ x) = p; −∞ at p ≤ 0, +∞ at p ≥ 1, NaN of NaN.
double normal_quantile(double p);

}  // namespace serin::analysis::stats
