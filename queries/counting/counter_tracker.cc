#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "queries/counting/counter_walk.h"
#include "queries/counting/increments.h"
#include "queries/counting/instance_book.h"

namespace serin::queries {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

// True where the instance was scraped after `after` and before `before`, and so answered without
// the series that was seen at both.
bool answered_between(const std::vector<std::int64_t>& times, std::int64_t newest_before,
                      std::int64_t after, std::int64_t before) {
  if (after < newest_before && newest_before < before) return true;
  auto next = std::upper_bound(times.begin(), times.end(), after);
  return next != times.end() && *next < before;
}

}  // namespace

// What is counted of one instance.
struct CounterTracker::Tally {
  InstanceWindow window;
  std::vector<Cumulative> histograms;
  int resets = 0;
  int dropped = 0;
  // Counters that started again: which, from what counts, and when last.
  std::vector<std::size_t> reset;
  double reset_from = 0;
  std::int64_t reset_ms = 0;

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
  Cut cut{look.now_ms, look.covered_from_ms, kForever, !look.samples->warnings.empty()};
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

// Whether the process restarted, and not only some of its counters: what went down was at least as
// much as what went on.
bool CounterTracker::has_restarted(const InstanceState& instance, const Tally& tally) {
  double continued = 0;
  auto reset = tally.reset.begin();
  for (std::size_t i = 0; i < instance.counters.size(); ++i) {
    if (reset != tally.reset.end() && *reset == i) {
      ++reset;
    } else if (instance.counters[i].time_ms >= tally.reset_ms) {
      continued += instance.counters[i].values.back();
    }
  }
  return tally.reset_from >= continued;
}

// Follows every counter of one instance up to its newest scrape.
void CounterTracker::count(Work& work, const Cut& cut, Tally& tally) {
  InstanceState& instance = state_.instances[work.state];
  const Comparison::Kind kind = rules_.kind();
  const bool whole = kind == Comparison::Kind::mean;
  struct Pending {
    const IndexedCounter* counter;
    std::size_t known;  // index of its state
    std::int64_t first_ms;
  };
  std::vector<Pending> absent;  // known, but the instance answered without them in between
  std::vector<Pending> fresh;
  std::size_t at = 0;
  for (const IndexedCounter& counter : work.indexed->counters) {
    while (at < instance.counters.size() && instance.counters[at].key < counter.key) ++at;
    bool known = at < instance.counters.size() && instance.counters[at].key == counter.key;
    std::int64_t after =
        known ? instance.counters[at].time_ms : std::numeric_limits<std::int64_t>::min();
    std::optional<std::int64_t> first = first_ms(counter, after, work.end_ms, whole);
    if (!first) continue;
    if (!known) {
      fresh.push_back({&counter, 0, *first});
      continue;
    }
    CounterState& state = instance.counters[at];
    if (state.time_ms < state_.since_ms) {  // late samples from before the beginning: base lines
      std::int64_t until = std::min(state_.since_ms, work.end_ms);
      auto base = last_ms(counter, state.time_ms, until, whole);
      if (base) set_base(counter, *base, state);
      first = first_ms(counter, state.time_ms, work.end_ms, whole);
      if (!first) continue;
    }
    if (answered_between(work.times, work.newest_before_ms, state.time_ms, *first)) {
      absent.push_back({&counter, at, *first});
      continue;
    }
    Walk walk = follow(counter, state, false, work.end_ms, whole);
    if (walk.resets > 0) {
      tally.reset.push_back(at);
      tally.reset_from += walk.reset_from;
      tally.reset_ms = std::max(tally.reset_ms, walk.reset_ms);
    }
    tally.add(counter, kind, std::move(walk));
  }
  if (!tally.reset.empty() && has_restarted(instance, tally)) instance.started_ms = tally.reset_ms;
  for (const Pending& pending : absent) {
    // Gone and back: new where the process restarted meanwhile, else one that left out scrapes.
    CounterState& state = instance.counters[pending.known];
    bool restarted = instance.started_ms > state.time_ms && instance.started_ms <= pending.first_ms;
    tally.add(*pending.counter, kind,
              follow(*pending.counter, state, restarted, work.end_ms, whole));
  }
  std::size_t known_size = instance.counters.size();
  for (const Pending& pending : fresh) {
    CounterState state;
    state.key = pending.counter->key;
    bool from_zero =
        pending.first_ms > state_.since_ms && counts_from_zero(work, pending.first_ms, cut);
    if (from_zero) {
      state.time_ms = pending.first_ms - 1;
    } else if (pending.first_ms <= state_.since_ms) {
      std::int64_t until = std::min(state_.since_ms, work.end_ms);
      std::int64_t base = last_ms(*pending.counter, pending.first_ms - 1, until, whole).value();
      set_base(*pending.counter, base, state);
    } else {
      set_base(*pending.counter, pending.first_ms, state);
      ++tally.dropped;
    }
    tally.add(*pending.counter, kind,
              follow(*pending.counter, state, from_zero, work.end_ms, whole));
    instance.counters.push_back(std::move(state));
  }
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
  if (!work.is_new && instance.started_ms > work.from_ms && instance.started_ms <= first) {
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
