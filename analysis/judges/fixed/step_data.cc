#include "analysis/judges/fixed/step_data.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "analysis/stats/classical/time_series.h"
#include "analysis/stats/histogram_evidence.h"

namespace serin::analysis::fixed {
namespace {

using queries::Side;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::size_t index_of(Side side) {
  return side == Side::canary ? 1 : 0;
}

double usable(double count) {
  return std::isfinite(count) && count > 0 ? count : 0;
}

double seconds_of(const queries::InstanceWindow& instance) {
  return static_cast<double>(instance.to_ms - instance.from_ms) / 1000;
}

double mean_of_known(double a, double b) {
  if (std::isnan(a)) return b;
  return std::isnan(b) ? a : (a + b) / 2;
}

// Counts over the bounds `from` as counts over `to`.
std::vector<double> regroup(const std::vector<double>& counts, const std::vector<double>& from,
                            const std::vector<double>& to) {
  std::vector<double> out(to.size() + 1, 0);
  stats::add_rebinned(from, counts, to, out);
  return out;
}

// The quantile as a metrics server draws it: evenly within its bucket, from 0 in the first, and at
// the last bound above it.
double quantile_of(const std::vector<double>& counts, const std::vector<double>& bounds, double q) {
  const double total = stats::total(counts);
  if (!(total > 0) || bounds.empty()) return kNan;
  const double rank = q * total;
  double below = 0;
  for (std::size_t j = 0; j < bounds.size(); ++j) {
    if (below + counts[j] >= rank && counts[j] > 0) {
      const double lower = j > 0 ? bounds[j - 1] : std::min(0.0, bounds[0]);
      return lower + (bounds[j] - lower) * (rank - below) / counts[j];
    }
    below += counts[j];
  }
  return bounds.back();
}

}  // namespace

double StepData::Sum::value() const {
  return exposure > 0 ? events / exposure : kNan;
}

StepData::StepData(CompareKind kind, Duration warmup, double quantile)
    : kind_(kind), warmup_s_(to_seconds(warmup)), quantile_(quantile) {}

bool StepData::judged(const queries::InstanceWindow& instance, std::int64_t from_ms) const {
  if (instance.from_ms < from_ms) return false;
  // Half a millisecond of slack: times are whole milliseconds.
  return !(warmup_s_ > 0) || instance.age_s - seconds_of(instance) >= warmup_s_ - 0.0005;
}

void StepData::count(const queries::ComparisonWindow& window) {
  for (const queries::InstanceWindow& instance : window.instances)
    spanned_s_[index_of(instance.side)] += seconds_of(instance);
  for (std::size_t side = 0; side < 2; ++side) {
    expected_[side] += window.scrapes_expected[side];
    seen_[side] += window.scrapes_seen[side];
    expected_s_[side] += window.scrapes_expected[side] * window.scrape_interval_s;
  }
}

void StepData::add(const queries::ComparisonWindow& window, std::int64_t from_ms) {
  ++looks_seen_;
  count(window);
  LookSums look{.sides = {}, .quantiles = {kNan, kNan}};
  if (kind_ == CompareKind::histogram) {
    take_buckets(window, from_ms, look);
  } else {
    for (const queries::InstanceWindow& instance : window.instances) {
      if (!judged(instance, from_ms)) continue;
      Sum& sum = look.sides[index_of(instance.side)];
      sum.exposure += usable(instance.total);
      if (std::isfinite(instance.bad)) sum.events += instance.bad;
      for (const queries::Sample& sample : instance.gauge) {
        if (!std::isfinite(sample.value)) continue;
        sum.exposure += 1;
        sum.events += sample.value;
        keep(index_of(instance.side), sample.value);
      }
    }
  }
  last_ = look.sides;
  keep(look);
}

void StepData::take_buckets(const queries::ComparisonWindow& window, std::int64_t from_ms,
                            LookSums& look) {
  std::array<std::vector<double>, 2> counts;
  counts.fill(std::vector<double>(window.bounds.size() + 1, 0));
  for (const queries::InstanceWindow& instance : window.instances) {
    if (!judged(instance, from_ms)) continue;
    auto& side = counts[index_of(instance.side)];
    for (std::size_t j = 0; j < std::min(side.size(), instance.buckets.size()); ++j)
      side[j] += usable(instance.buckets[j]);
  }
  if (!(stats::total(counts[0]) + stats::total(counts[1]) > 0)) return;
  // Layouts may change while a step runs: what both share goes on.
  std::vector<double> common;
  if (buckets_[0].empty()) {
    common = window.bounds;
  } else {
    std::set_intersection(bounds_.begin(), bounds_.end(), window.bounds.begin(),
                          window.bounds.end(), std::back_inserter(common));
  }
  for (std::size_t side = 0; side < 2; ++side) {
    look.quantiles[side] = quantile_of(counts[side], window.bounds, quantile_);
    look.sides[side].exposure = stats::total(counts[side]);
    auto kept = regroup(buckets_[side], bounds_, common);
    const auto more = regroup(counts[side], window.bounds, common);
    for (std::size_t j = 0; j < kept.size(); ++j) kept[j] += more[j];
    buckets_[side] = std::move(kept);
  }
  bounds_ = std::move(common);
}

void StepData::keep(std::size_t side, double sample) {
  if (++skipped_[side] < thinned_[side]) return;
  skipped_[side] = 0;
  auto& samples = samples_[side];
  if (samples.size() == kSamplesMax) {
    for (std::size_t i = 0; i < kSamplesMax / 2; ++i) samples[i] = samples[2 * i];
    samples.resize(kSamplesMax / 2);
    thinned_[side] *= 2;
  }
  samples.push_back(sample);
}

StepData::LookSums StepData::join(const LookSums& a, const LookSums& b) {
  LookSums out = a;
  for (std::size_t side = 0; side < 2; ++side) {
    out.sides[side].exposure += b.sides[side].exposure;
    out.sides[side].events += b.sides[side].events;
    out.quantiles[side] = mean_of_known(a.quantiles[side], b.quantiles[side]);
  }
  return out;
}

void StepData::keep(const LookSums& look) {
  if (open_ > 0) {
    looks_.back() = join(looks_.back(), look);
  } else {
    if (looks_.size() == kLooksMax) {
      for (std::size_t i = 0; i < kLooksMax / 2; ++i)
        looks_[i] = join(looks_[2 * i], looks_[2 * i + 1]);
      looks_.resize(kLooksMax / 2);
      joined_ *= 2;
    }
    looks_.push_back(look);
  }
  open_ = open_ + 1 < joined_ ? open_ + 1 : 0;
}

StepData::Sum StepData::total(Side side) const {
  Sum sum;
  for (const LookSums& look : looks_) {
    sum.exposure += look.sides[index_of(side)].exposure;
    sum.events += look.sides[index_of(side)].events;
  }
  return sum;
}

StepData::Sum StepData::last(Side side) const {
  return last_[index_of(side)];
}

std::vector<double> StepData::values(Side side) const {
  std::vector<double> values;
  values.reserve(looks_.size());
  for (const LookSums& look : looks_) {
    values.push_back(kind_ == CompareKind::histogram ? look.quantiles[index_of(side)]
                                                     : look.sides[index_of(side)].value());
  }
  return values;
}

const std::vector<double>& StepData::samples(Side side) const {
  return samples_[index_of(side)];
}

const std::vector<double>& StepData::buckets(Side side) const {
  return buckets_[index_of(side)];
}

double StepData::coverage(Side side) const {
  const std::size_t i = index_of(side);
  if (!(expected_[i] > 0)) return 0;
  const double seen = seen_[i] / expected_[i];
  // A counter's next sample brings what a missed scrape would have shown.
  if (kind_ == CompareKind::gauge || !(expected_s_[i] > 0)) return seen;
  return std::max(seen, std::min(1.0, spanned_s_[i] / expected_s_[i]));
}

double StepData::dispersion() const {
  if (kind_ != CompareKind::errors && kind_ != CompareKind::rate) return 1;
  const double rate = total(Side::stable).value();
  const double spread = kind_ == CompareKind::errors ? rate * (1 - rate) : rate;
  if (!(spread > 0)) return 1;
  double sum = 0;
  int looks = 0;
  for (const LookSums& look : looks_) {
    const Sum& stable = look.sides[0];
    if (!(stable.exposure > 0)) continue;
    const double off = stable.events - rate * stable.exposure;
    sum += off * off / (spread * stable.exposure);
    ++looks;
  }
  return looks > 1 ? sum / (looks - 1) : 1;
}

double StepData::autocorrelation() const {
  std::vector<double> known = values(Side::stable);
  std::erase_if(known, [](double value) { return std::isnan(value); });
  if (known.size() < 3) return 0;
  const double found = stats::classical::yule_walker(known).autocorrelation;
  return std::isnan(found) ? 0 : found;
}

}  // namespace serin::analysis::fixed
