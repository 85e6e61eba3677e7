#include "queries/counting/counter_walk.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::queries {
namespace {

std::span<const Sample> between(std::span<const Sample> samples, std::int64_t after,
                                std::int64_t until) {
  auto later = [](std::int64_t time, const Sample& sample) { return time < sample.time_ms; };
  auto begin = std::upper_bound(samples.begin(), samples.end(), after, later);
  auto end = std::upper_bound(begin, samples.end(), until, later);
  return {begin, end};
}

const Sample* at(std::span<const Sample> samples, std::int64_t time) {
  auto found = std::lower_bound(samples.begin(), samples.end(), time,
                                [](const Sample& s, std::int64_t t) { return s.time_ms < t; });
  bool usable = found != samples.end() && found->time_ms == time && std::isfinite(found->value);
  return usable ? &*found : nullptr;
}

std::span<const Sample> count_of(const IndexedCounter& counter) {
  SERIN_ASSERT(!counter.columns.empty());
  const IndexedColumn& last = counter.columns.back();
  // Without +Inf (or, of a mean, the count) nothing can be said of resets.
  return std::isinf(last.le) ? last.samples : std::span<const Sample>();
}

bool counts(const IndexedCounter& counter, const Sample& sample, bool whole) {
  if (!std::isfinite(sample.value) || sample.value < 0) return false;
  if (!whole) return true;
  auto has = [&](const IndexedColumn& c) { return at(c.samples, sample.time_ms) != nullptr; };
  return counter.columns.size() > 1 &&
         std::all_of(counter.columns.begin(), counter.columns.end(), has);
}

Cumulative values_at(const IndexedCounter& counter, const Sample& count) {
  Cumulative result;
  std::size_t finite = counter.columns.size() - 1;
  result.bounds.reserve(finite);
  result.values.reserve(finite + 1);
  for (std::size_t i = 0; i < finite; ++i) {
    const Sample* sample = at(counter.columns[i].samples, count.time_ms);
    if (sample == nullptr) continue;
    result.bounds.push_back(counter.columns[i].le);
    result.values.push_back(sample->value);
  }
  result.values.push_back(count.value);
  return result;
}

// Calls f(i, k) for every pair of indices at which the bounds agree, and for the counts.
template <class F>
void for_common(const std::vector<double>& a, const std::vector<double>& b, F f) {
  std::size_t k = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    while (k < b.size() && b[k] < a[i]) ++k;
    if (k < b.size() && b[k] == a[i]) f(i, k);
  }
  f(a.size(), b.size());
}

template <class Combine>
void combine(Cumulative& left, const Cumulative& right, Combine f) {
  Cumulative result;
  for_common(left.bounds, right.bounds, [&](std::size_t i, std::size_t k) {
    if (i < left.bounds.size()) result.bounds.push_back(left.bounds[i]);
    result.values.push_back(f(left.values[i], right.values[k]));
  });
  left = std::move(result);
}

}  // namespace

void Cumulative::add(const Cumulative& other) {
  if (other.values.empty()) return;
  if (values.empty()) {
    *this = other;
    return;
  }
  if (bounds == other.bounds) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += other.values[i];
    return;
  }
  combine(*this, other, [](double x, double y) { return x + y; });
}

void Cumulative::subtract(const Cumulative& other) {
  if (other.values.empty()) return;
  SERIN_ASSERT(!values.empty());
  if (bounds == other.bounds) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= other.values[i];
    return;
  }
  combine(*this, other, [](double x, double y) { return x - y; });
}

void Cumulative::narrow(const std::vector<double>& to) {
  if (values.empty() || bounds == to) return;
  std::vector<double> kept;
  kept.reserve(to.size() + 1);
  for_common(bounds, to, [&](std::size_t i, std::size_t) { kept.push_back(values[i]); });
  SERIN_ASSERT(kept.size() == to.size() + 1);
  bounds = to;
  values = std::move(kept);
}

std::vector<double> common_bounds(const std::vector<double>& a, const std::vector<double>& b) {
  if (a == b) return a;
  std::vector<double> common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common;
}

std::optional<std::int64_t> first_ms(const IndexedCounter& counter, std::int64_t after,
                                     std::int64_t until, bool whole) {
  for (const Sample& sample : between(count_of(counter), after, until)) {
    if (counts(counter, sample, whole)) return sample.time_ms;
  }
  return std::nullopt;
}

std::optional<std::int64_t> last_ms(const IndexedCounter& counter, std::int64_t after,
                                    std::int64_t until, bool whole) {
  auto samples = between(count_of(counter), after, until);
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
    if (counts(counter, *sample, whole)) return sample->time_ms;
  }
  return std::nullopt;
}

Walk follow(const IndexedCounter& counter, CounterState& state, bool from_zero, std::int64_t until,
            bool whole) {
  Walk walk;
  Cumulative base;
  if (!from_zero) base = {state.bounds, state.values};
  double count = from_zero ? 0 : base.values.back();
  const Sample* newest = nullptr;
  Cumulative at_newest;
  auto close_segment = [&] {
    if (newest == nullptr) return;
    at_newest = values_at(counter, *newest);
    Cumulative segment = at_newest;
    segment.subtract(base);
    walk.increments.add(segment);
  };
  for (const Sample& sample : between(count_of(counter), state.time_ms, until)) {
    if (!counts(counter, sample, whole)) continue;
    if (sample.value < count) {
      close_segment();
      base = {};
      ++walk.resets;
      walk.reset_ms = sample.time_ms;
      walk.reset_from = count;
    }
    newest = &sample;
    count = sample.value;
  }
  if (newest == nullptr) return walk;
  close_segment();
  state = {std::move(state.key), newest->time_ms, std::move(at_newest.bounds),
           std::move(at_newest.values)};
  return walk;
}

void set_base(const IndexedCounter& counter, std::int64_t time_ms, CounterState& state) {
  const Sample* count = at(count_of(counter), time_ms);
  SERIN_ASSERT(count != nullptr);
  Cumulative values = values_at(counter, *count);
  state = {std::move(state.key), time_ms, std::move(values.bounds), std::move(values.values)};
}

}  // namespace serin::queries
