#include "analysis/planning/harm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/planning/draws.h"

namespace serin::analysis::planning {
namespace {

using queries::InstanceWindow;

// A whole number with that mean.
double whole(double mean, Rng& rng) {
  const double below = std::floor(mean);
  return below + (rng.uniform() < mean - below ? 1 : 0);
}

// Times that are `factor` as long: what lay below a bound now lies below it times the factor.
// Within a bucket requests are taken to lie evenly over the logarithm of time.
void slow_down(double factor, const std::vector<double>& bounds, Rng& rng,
               std::vector<double>& buckets) {
  std::vector<double> below(bounds.size(), 0);  // as they were, up to each bound
  double sum = 0;
  for (std::size_t j = 0; j < bounds.size() && j < buckets.size(); ++j) {
    sum += buckets[j];
    below[j] = sum;
  }
  double all = sum;
  for (std::size_t j = bounds.size(); j < buckets.size(); ++j) all += buckets[j];
  auto up_to = [&](double time) {
    if (bounds.empty() || !(time > 0)) return 0.0;
    if (time <= bounds.front()) return below.front() * time / bounds.front();
    for (std::size_t j = 1; j < bounds.size(); ++j) {
      if (time > bounds[j]) continue;
      const double low = std::max(bounds[j - 1], 1e-9);
      const double part = std::log(time / low) / std::log(bounds[j] / low);
      return below[j - 1] + part * (below[j] - below[j - 1]);
    }
    return below.back();
  };
  double before = 0;
  double given = 0;
  for (std::size_t j = 0; j < buckets.size(); ++j) {
    const double now = j < bounds.size() ? up_to(bounds[j] / factor) : all;
    const bool last = j + 1 == buckets.size();
    buckets[j] = last ? std::max(0.0, std::round(all - given)) : whole(now - before, rng);
    given += buckets[j];
    before = now;
  }
}

}  // namespace

std::vector<Harm> usual_harms(CompareKind kind) {
  switch (kind) {
    case CompareKind::errors:
      return {{kind, 1.5, 0}, {kind, 2, 0}, {kind, 5, 0}, {kind, 1, 0.01}, {kind, 1, 0.05}};
    case CompareKind::rate:
      return {{kind, 1.5, 0}, {kind, 2, 0}, {kind, 5, 0}};
    case CompareKind::histogram:
    case CompareKind::mean:
      return {{kind, 1.1, 0}, {kind, 1.3, 0}, {kind, 2, 0}};
    case CompareKind::gauge:
      break;
  }
  return {{kind, 1.1, 0}, {kind, 1.2, 0}, {kind, 1.5, 0}};
}

std::string to_string(const Harm& harm) {
  if (harm.absolute > 0) return fmt::format("+{:g} pp errors", 100 * harm.absolute);
  switch (harm.kind) {
    case CompareKind::errors:
      return fmt::format("×{:g} errors", harm.size);
    case CompareKind::rate:
      return fmt::format("×{:g} events", harm.size);
    case CompareKind::histogram:
      return fmt::format("×{:g} slower", harm.size);
    case CompareKind::mean:
    case CompareKind::gauge:
      break;
  }
  return fmt::format("×{:g}", harm.size);
}

void harm_instance(const Harm& harm, double rate, const std::vector<double>& bounds, Rng& rng,
                   InstanceWindow& instance) {
  switch (harm.kind) {
    case CompareKind::errors: {
      const double more = (harm.size - 1) * rate + harm.absolute;
      const double good = std::max(0.0, instance.total - instance.bad);
      instance.bad += std::min(good, draw_poisson(more * instance.total, rng));
      break;
    }
    case CompareKind::rate:
      instance.bad += draw_poisson((harm.size - 1) * rate * instance.total, rng);
      break;
    case CompareKind::histogram:
      slow_down(harm.size, bounds, rng, instance.buckets);
      break;
    case CompareKind::mean:
      instance.bad *= harm.size;
      break;
    case CompareKind::gauge:
      for (queries::Sample& sample : instance.gauge) sample.value *= harm.size;
      break;
  }
}

void thin_instance(CompareKind kind, double probability, Rng& rng, InstanceWindow& instance) {
  if (probability >= 1) return;
  switch (kind) {
    case CompareKind::errors: {
      const double good = draw_binomial(instance.total - instance.bad, probability, rng);
      instance.bad = draw_binomial(instance.bad, probability, rng);
      instance.total = good + instance.bad;
      break;
    }
    case CompareKind::mean: {
      const double mean = instance.total > 0 ? instance.bad / instance.total : 0;
      instance.total = draw_binomial(instance.total, probability, rng);
      instance.bad = mean * instance.total;
      break;
    }
    case CompareKind::histogram:
      for (double& count : instance.buckets) count = draw_binomial(count, probability, rng);
      instance.total = draw_binomial(instance.total, probability, rng);
      break;
    case CompareKind::rate:
    case CompareKind::gauge:
      break;
  }
}

}  // namespace serin::analysis::planning
