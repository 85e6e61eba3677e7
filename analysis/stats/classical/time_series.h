// Summaries of one series: quantiles, spread, autocorrelation.
//
//   double p95 = quantile(values, 0.95);
//   FirstOrderFit fit = yule_walker(values);          // fit.autocorrelation near 1: little is
//   known
//
// Quantiles interpolate as R's type 7. Autocovariances divide by the length. NaN are left out of
// quantiles and spread; in a series that is to be correlated they give NaN.
#pragma once

#include <span>
#include <vector>

namespace serin::analysis::stats::classical {

// p in [0, 1]. NaN of nothing.
double quantile(std::span<const double> values, double p);
// The same of values sorted already and without NaN.
double sorted_quantile(std::span<const double> sorted, double p);
double median(std::span<const double> values);
// Median distance from the median, × 1.4826: the standard deviation of normal values.
double median_deviation(std::span<const double> values);
// At lags 0 … lag_max, at most the length − 1. NaN of constant values.
std::vector<double> autocorrelation(std::span<const double> values, std::size_t lag_max);

struct FirstOrderFit {
  double autocorrelation = 0;
  double innovation_variance = 0;  // with one degree of freedom for each of mean and coefficient
};
// An autoregression of first order by Yule and Walker's equation; at least two values, else NaN; of
// two the variance is +∞.
FirstOrderFit yule_walker(std::span<const double> values);

}  // namespace serin::analysis::stats::classical
