#include "queries/counting/counter_walk.h"

#include <algorithm>
#include <cmath>

#include "base/assert.h"

namespace serin::queries {
namespace {

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
  for (const Sample& sample : samples_between(count_of(counter), after, until)) {
    if (counts(counter, sample, whole)) return sample.time_ms;
  }
  return std::nullopt;
}

std::optional<std::int64_t> last_ms(const IndexedCounter& counter, std::int64_t after,
                                    std::int64_t until, bool whole) {
  auto samples = samples_between(count_of(counter), after, until);
  for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample) {
    if (counts(counter, *sample, whole)) return sample->time_ms;
  }
  return std::nullopt;
}

bool Restarts::hide(std::int64_t last, std::int64_t time) const {
  bool restarted = std::any_of(times_ms.begin(), times_ms.end(),
                               [&](std::int64_t at) { return last < at && at <= time; });
  if (!restarted) return false;
  if (last < newest_before_ms && newest_before_ms < time) return true;
  auto next = std::upper_bound(scrapes_ms.begin(), scrapes_ms.end(), last);
  return next != scrapes_ms.end() && *next < time;
}

void find_decreases(const IndexedCounter& counter, std::optional<double> before, std::int64_t after,
                    std::int64_t until, bool whole, std::vector<Decrease>& out) {
  for (const Sample& sample : samples_between(count_of(counter), after, until)) {
    if (!counts(counter, sample, whole)) continue;
    if (before && sample.value < *before) out.push_back({sample.time_ms, *before});
    before = sample.value;
  }
}

double continued(const IndexedCounter& counter, std::optional<double> before, std::int64_t time_ms,
                 bool whole) {
  std::span<const Sample> samples = count_of(counter);
  const Sample* sample = at(samples, time_ms);
  if (sample == nullptr || !counts(counter, *sample, whole)) return 0;
  for (const Sample* earlier = sample; earlier != samples.data();) {
    if (!counts(counter, *--earlier, whole)) continue;
    before = earlier->value;
    break;
  }
  return before && sample->value >= *before ? sample->value : 0;
}

Walk follow(const IndexedCounter& counter, CounterState& state, bool from_zero, std::int64_t until,
            bool whole, const Restarts& restarts) {
  Walk walk;
  Cumulative base;
  if (!from_zero) base = {state.bounds, state.values};
  double count = from_zero ? 0 : base.values.back();
  std::int64_t last = state.time_ms;
  const Sample* newest = nullptr;
  Cumulative at_newest;
  auto close_segment = [&] {
    if (newest == nullptr) return;
    at_newest = values_at(counter, *newest);
    Cumulative segment = at_newest;
    segment.subtract(base);
    walk.increments.add(segment);
  };
  for (const Sample& sample : samples_between(count_of(counter), state.time_ms, until)) {
    if (!counts(counter, sample, whole)) continue;
    bool down = sample.value < count;
    if (down || restarts.hide(last, sample.time_ms)) {
      close_segment();
      base = {};
      if (down) ++walk.resets;
    }
    newest = &sample;
    count = sample.value;
    last = sample.time_ms;
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
