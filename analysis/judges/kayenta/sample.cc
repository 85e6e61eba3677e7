#include "analysis/judges/kayenta/sample.h"

#include <algorithm>
#include <cmath>

namespace serin::analysis::kayenta {
namespace {

// R's type 7 as Apache Commons Math computes it: beside an infinite neighbour the interpolation is
// infinite or NaN even where it has no weight.
double percentile(std::span<const double> sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double part = position - static_cast<double>(below);
  return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

void remove_outliers(std::vector<double>& sorted, double factor, const Constants& constants) {
  if (sorted.empty()) return;
  const double first = percentile(sorted, 0.25);
  const double third = percentile(sorted, 0.75);
  const double reach = factor * (third - first);
  const double bottom = percentile(sorted, constants.outlier_low);
  const double top = percentile(sorted, constants.outlier_high);
  // Beyond both ends of its side: one that is NaN keeps every value there, as in Kayenta.
  std::erase_if(sorted, [&](double value) {
    return (value > top && value > third + reach) || (value < bottom && value < first - reach);
  });
}

Summary summarise(std::span<const double> sorted) {
  Summary out;
  if (sorted.empty()) return out;
  out.count = sorted.size();
  out.min = sorted.front();
  out.max = sorted.back();
  const double n = static_cast<double>(sorted.size());
  double sum = 0;
  for (double value : sorted) sum += value;
  const double rough = sum / n;
  double rest = 0;
  double squares = 0;
  for (double value : sorted) {
    rest += value - rough;
    squares += (value - rough) * (value - rough);
  }
  out.mean = rough + rest / n;
  if (n > 1) out.deviation = std::sqrt((squares - rest * rest / n) / (n - 1));
  return out;
}

}  // namespace

Sample prepare(std::span<const double> values, const KayentaMetricOptions& options,
               const Constants& constants) {
  Sample sample;
  sample.sorted.reserve(values.size());
  const bool replace = options.nan_strategy == "replace";
  for (double value : values) {
    if (!std::isnan(value)) {
      sample.sorted.push_back(value);
    } else if (replace) {
      sample.sorted.push_back(0);
    }
  }
  std::ranges::sort(sample.sorted);
  if (options.outliers == "remove") {
    remove_outliers(sample.sorted, options.outlier_factor, constants);
  }
  sample.summary = summarise(sample.sorted);
  return sample;
}

Json to_json(const Summary& summary) {
  return Json::object()
      .set("count", summary.count)
      .set("min", summary.min)
      .set("max", summary.max)
      .set("mean", summary.mean)
      .set("std", summary.deviation);
}

}  // namespace serin::analysis::kayenta
