#include "bench/analysis/kayenta_port.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "analysis/stats/normal.h"
#include "analysis/stats/numeric/root.h"

namespace serin::bench {
namespace {

using Values = std::vector<double>;

// Ranks with ties averaged, in the order given.
Values ranks_of(const Values& values) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < values.size(); ++i) order.emplace_back(values[i], i);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Values ranks(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && order[end].first == order[first].first) ++end;
    for (std::size_t k = first; k < end; ++k) {
      ranks[order[k].second] = 0.5 * static_cast<double>(first + 1 + end);
    }
    first = end;
  }
  return ranks;
}

double score(const Values& x, const Values& y, double shift) {
  Values both;
  for (double value : x) both.push_back(value - shift);
  both.insert(both.end(), y.begin(), y.end());
  const Values ranks = ranks_of(both);
  std::unordered_map<double, double> groups;
  for (double rank : ranks) groups[rank] += 1;
  double ties = 0;
  for (const auto& [rank, size] : groups) ties += size * size * size - size;
  const double nx = static_cast<double>(x.size());
  const double ny = static_cast<double>(y.size());
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += ranks[i];
  const double dz = sum - nx * (nx + 1) / 2 - nx * ny / 2;
  const double half = dz > 0 ? 0.5 : dz < 0 ? -0.5 : 0;
  const double sigma =
      std::sqrt(nx * ny / 12 * ((nx + ny + 1) - ties / ((nx + ny) * (nx + ny - 1))));
  return (dz - half) / sigma;
}

double reach(const Values& x, const Values& y, double z) {
  const double low = *std::min_element(x.begin(), x.end()) - *std::max_element(y.begin(), y.end());
  const double high = *std::max_element(x.begin(), x.end()) - *std::min_element(y.begin(), y.end());
  auto f = [&](double shift) { return score(x, y, shift) - z; };
  const double at_low = f(low);
  if (at_low <= 0) return low;
  const double at_high = f(high);
  if (at_high >= 0) return high;
  return analysis::stats::brent_root(low, high, at_low, at_high, 1e-4, f);
}

}  // namespace

PortedVerdict ported_kayenta(const Values& control, const Values& experiment) {
  Values sorted_control = control;
  Values sorted_experiment = experiment;
  std::sort(sorted_control.begin(), sorted_control.end());
  std::sort(sorted_experiment.begin(), sorted_experiment.end());
  if (sorted_control == sorted_experiment) return {};
  const double z = -analysis::stats::normal_quantile(0.01);
  PortedVerdict out;
  out.lower = reach(experiment, control, z);
  out.upper = reach(experiment, control, -z);
  out.estimate = reach(experiment, control, 0);
  const double bound = 0.25 * std::abs(out.estimate);
  out.verdict = out.lower > bound ? 1 : out.upper < -bound ? -1 : 0;
  return out;
}

}  // namespace serin::bench
