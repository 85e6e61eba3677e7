#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "queries/counting/counter_walk.h"
#include "queries/counting/increments.h"
#include "queries/counting/instance_book.h"

namespace serin::queries {
namespace {

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

}  // namespace

// What is counted of one instance.
struct CounterTracker::Tally {
  InstanceWindow window;
  std::vector<Cumulative> histograms;
  int resets = 0;
  int dropped = 0;
  void add(const IndexedCounter& counter, Comparison::Kind kind, Walk&& walk) {
    resets += walk.resets;
    if (walk.increments.values.empty()) return;
    if (kind == Comparison::Kind::histogram) {
      histograms.push_back(std::move(walk.increments));
      return;
    }
    if (kind == Comparison::Kind::mean) {
      window.bad += walk.increments.values.front();
    } else if (counter.events) {
      window.bad += walk.increments.values.back();
    }
    if (counter.exposure) window.total += walk.increments.values.back();
  }
};

Result<CounterTracker> CounterTracker::create(const Comparison& comparison,
                                              const Versions& versions, std::int64_t since_ms,
                                              std::size_t series_max) {
  TrackerState state;
  state.since_ms = since_ms;
  state.looked_ms = since_ms;
  return restore(comparison, versions, std::move(state), series_max);
}

Result<CounterTracker> CounterTracker::restore(const Comparison& comparison,
                                               const Versions& versions, TrackerState state,
                                               std::size_t series_max) {
  SERIN_ASSERT(comparison.kind != Comparison::Kind::gauge);
  SERIN_TRY(rules, SeriesRules::compile(comparison, versions));
  return CounterTracker(std::move(rules), std::move(state), series_max);
}

Result<ComparisonWindow> CounterTracker::look(const Look& look) {
  SERIN_ASSERT(look.samples != nullptr);
  SERIN_TRY(index, SeriesIndex::build(*look.samples, rules_, series_max_));
  Cut cut{look.now_ms, look.covered_from_ms, kForever, !look.samples->warnings.empty(),
          look.stable_from_ms};
  return advance(index, Presence::of(look.presence, rules_), cut);
}

ComparisonWindow CounterTracker::advance(const SeriesIndex& index, const Presence& presence,
                                         const Cut& cut) {
  ComparisonWindow window;
  std::vector<Work> works = begin(index, presence, cut);
  std::vector<Tally> tallies;
  tallies.reserve(works.size());
  for (Work& work : works) {
    if (work.postponed || (!work.is_new && work.end_ms <= work.from_ms)) continue;
    Tally& tally = tallies.emplace_back();
    count(work, cut, tally);
    window.resets += tally.resets;
    window.first_samples_dropped += tally.dropped;
    const InstanceState& state = state_.instances[work.state];
    if (state.last_ms <= work.from_ms) {
      tallies.pop_back();  // base lines only
      continue;
    }
    tally.window.instance = state.name;
    tally.window.side = state.side;
    tally.window.from_ms = work.from_ms;
    tally.window.to_ms = work.end_ms;
    tally.window.age_s = age_s(state, work.end_ms);
    if (rules_.kind() == Comparison::Kind::rate) {
      tally.window.total = static_cast<double>(work.end_ms - work.from_ms) / 1e3;
    }
  }
  finish(works, presence, cut, window);
  if (rules_.kind() == Comparison::Kind::histogram) {
    collapse(tallies, window);
  } else {
    for (Tally& tally : tallies) window.instances.push_back(std::move(tally.window));
  }
  return window;
}

// When the process of the instance restarted. At a scrape at which counts went down it did where
// what went down was at least as much as what went on; else only some of its counters were reset.
Restarts CounterTracker::find_restarts(const Work& work) const {
  const InstanceState& instance = state_.instances[work.state];
  const bool whole = rules_.kind() == Comparison::Kind::mean;
  Restarts restarts{{}, work.times, work.newest_before_ms};
  if (instance.started_ms != kStartedBefore) restarts.times_ms.push_back(instance.started_ms);
  auto for_each = [&](auto f) {
    auto known = instance.counters.begin();
    for (const IndexedCounter& counter : work.indexed->counters) {
      while (known != instance.counters.end() && known->key < counter.key) ++known;
      bool is_known = known != instance.counters.end() && known->key == counter.key;
      if (is_known) {
        f(counter, std::optional(known->values.back()), known->time_ms);
      } else {
        f(counter, std::optional<double>(), kEver);
      }
    }
  };
  std::vector<Decrease> decreases;
  for_each([&](const IndexedCounter& counter, std::optional<double> before, std::int64_t after) {
    find_decreases(counter, before, after, work.end_ms, whole, decreases);
  });
  std::sort(decreases.begin(), decreases.end());
  for (auto at = decreases.begin(); at != decreases.end();) {
    const std::int64_t time = at->time_ms;
    double down = 0;
    for (; at != decreases.end() && at->time_ms == time; ++at) down += at->from;
    double on = 0;
    for_each([&](const IndexedCounter& counter, std::optional<double> before, std::int64_t) {
      on += continued(counter, before, time, whole);
    });
    if (down >= on) restarts.times_ms.push_back(time);
  }
  return restarts;
}

// Follows every counter of one instance up to its newest scrape.
void CounterTracker::count(Work& work, const Cut& cut, Tally& tally) {
  InstanceState& instance = state_.instances[work.state];
  const bool whole = rules_.kind() == Comparison::Kind::mean;
  const std::int64_t since = std::min(state_.since_ms, work.end_ms);
  const Restarts restarts = find_restarts(work);
  for (std::int64_t time : restarts.times_ms) {
    instance.started_ms = std::max(instance.started_ms, time);
  }
  auto take = [&](const IndexedCounter& counter, CounterState& state, bool from_zero) {
    // What was before the beginning only moves the base line.
    if (state.time_ms < since) follow(counter, state, from_zero, since, whole, restarts);
    Walk walk = follow(counter, state, from_zero, work.end_ms, whole, restarts);
    tally.add(counter, rules_.kind(), std::move(walk));
  };
  const std::size_t known_size = instance.counters.size();
  std::vector<CounterState> fresh;
  std::size_t at = 0;
  for (const IndexedCounter& counter : work.indexed->counters) {
    while (at < known_size && instance.counters[at].key < counter.key) ++at;
    if (at < known_size && instance.counters[at].key == counter.key) {
      take(counter, instance.counters[at], false);
      continue;
    }
    std::optional<std::int64_t> first = first_ms(counter, kEver, work.end_ms, whole);
    if (!first) continue;
    CounterState state;
    state.key = counter.key;
    bool from_zero = *first > state_.since_ms && counts_from_zero(work, *first, cut);
    if (from_zero) {
      state.time_ms = *first - 1;
    } else {
      set_base(counter, *first, state);
      if (*first > state_.since_ms) ++tally.dropped;
    }
    take(counter, state, from_zero);
    fresh.push_back(std::move(state));
  }
  instance.counters.insert(instance.counters.end(), std::make_move_iterator(fresh.begin()),
                           std::make_move_iterator(fresh.end()));
  std::inplace_merge(instance.counters.begin(),
                     instance.counters.begin() + static_cast<std::ptrdiff_t>(known_size),
                     instance.counters.end(),
                     [](const CounterState& a, const CounterState& b) { return a.key < b.key; });
  instance.last_ms = std::max(instance.last_ms, work.end_ms);
}

// Whether a series of the instance that is first seen at `first` had nothing before it.
bool CounterTracker::counts_from_zero(const Work& work, std::int64_t first, const Cut& cut) const {
  if (cut.partial || state_.partial) return false;
  const InstanceState& instance = state_.instances[work.state];
  if (work.started) return true;
  if (instance.started_ms > work.from_ms && instance.started_ms <= first) {
    return true;  // restarted since its last window
  }
  if (instance.forgot) return false;
  const std::int64_t reach = first - answered_before_ms(work.interval_ms);
  auto answered = [&](std::int64_t time) { return time < first && time >= reach; };
  // Other series of the instance: from the same query, or from the last one, which lacked it too.
  auto later = std::lower_bound(work.times.begin(), work.times.end(), first);
  if (later != work.times.begin() && answered(*std::prev(later))) return true;
  if (!work.is_new && answered(work.newest_before_ms)) return true;
  if (work.present == nullptr) return false;
  std::optional<std::int64_t> up = work.present->answered_before(first);
  bool covered = up && (*up >= cut.covered_from_ms || (state_.looked && *up <= state_.looked_ms));
  return covered && answered(*up);
}

// Histograms over the bounds that all instances share, as increments a bucket.
void CounterTracker::collapse(const std::vector<Tally>& tallies, ComparisonWindow& window) const {
  std::optional<std::vector<double>> shared;
  auto share = [&](const std::vector<double>& bounds) {
    shared = shared ? common_bounds(*shared, bounds) : bounds;
  };
  const std::int64_t pooled = scrape_interval_ms();
  for (const InstanceState& instance : state_.instances) {
    if (instance.gone) continue;
    // A label set that went with an older layout says nothing of today's.
    std::int64_t current =
        instance.newest_ms - kSilentScrapesMax * queries::interval_ms(instance, pooled);
    for (const CounterState& counter : instance.counters) {
      if (counter.time_ms >= current) share(counter.bounds);
    }
  }
  for (const Tally& tally : tallies) {
    for (const Cumulative& increments : tally.histograms) share(increments.bounds);
  }
  if (shared) window.bounds = std::move(*shared);
  for (const Tally& tally : tallies) {
    InstanceWindow instance = tally.window;
    instance.buckets.assign(window.bounds.size() + 1, 0);
    for (Cumulative increments : tally.histograms) {
      increments.narrow(window.bounds);
      double below = 0;
      for (std::size_t i = 0; i < increments.values.size(); ++i) {
        double in_bucket = increments.values[i] - below;
        below = increments.values[i];
        if (in_bucket < 0) {
          ++window.clamped;
          in_bucket = 0;
        }
        instance.buckets[i] += in_bucket;
      }
      instance.total += increments.values.back();
    }
    window.instances.push_back(std::move(instance));
  }
}

}  // namespace serin::queries
