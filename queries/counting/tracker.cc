// What the trackers share: instances found, placed in time, counted and forgotten.
#include <algorithm>
#include <tuple>

#include "base/assert.h"
#include "queries/counting/counter_walk.h"
#include "queries/counting/increments.h"
#include "queries/counting/instance_book.h"

namespace serin::queries {
namespace {

constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::min();

struct Place {
  Side side;
  std::string_view name;
};

bool before(const InstanceState& instance, const Place& place) {
  return std::tuple(instance.side, std::string_view(instance.name)) <
         std::tuple(place.side, place.name);
}

std::int64_t latest_until(const std::vector<std::int64_t>& times, std::int64_t until) {
  auto after = std::upper_bound(times.begin(), times.end(), until);
  SERIN_ASSERT(after != times.begin());
  return *std::prev(after);
}

}  // namespace

Tracker::Tracker(SeriesRules rules, TrackerState state, std::size_t series_max)
    : rules_(std::move(rules)), state_(std::move(state)), series_max_(series_max) {}

std::int64_t Tracker::scrape_interval_ms() const {
  return pooled_interval_ms(state_);
}

std::int64_t Tracker::slowest_interval_ms() const {
  std::int64_t pooled = pooled_interval_ms(state_);
  std::int64_t slowest = pooled;
  for (const InstanceState& instance : state_.instances) {
    if (!instance.gone) slowest = std::max(slowest, queries::interval_ms(instance, pooled));
  }
  return slowest;
}

std::vector<Tracker::Work> Tracker::begin(const SeriesIndex& index, const Presence& presence,
                                          const Cut& cut) {
  bool gauge = rules_.kind() == Comparison::Kind::gauge;
  bool whole = rules_.kind() == Comparison::Kind::mean;
  std::vector<Work> works;
  works.reserve(index.instances().size());
  for (const IndexedInstance& indexed : index.instances()) {
    Work work;
    work.indexed = &indexed;
    Place place{indexed.side, indexed.name};
    auto at = std::lower_bound(state_.instances.begin(), state_.instances.end(), place, before);
    work.is_new = at == state_.instances.end() || at->side != place.side || at->name != place.name;
    std::int64_t after = kEver;
    if (!work.is_new) {
      // What lies further back than a series may be absent says nothing new.
      after = std::min(at->last_ms, at->newest_ms) - 2 * answered_before_ms(0);
      work.from_ms = at->last_ms;
      work.newest_before_ms = at->newest_ms;
    }
    work.end_ms = work.is_new ? kEver : work.from_ms;
    std::span<const Sample> longest;
    for (const IndexedCounter& counter : indexed.counters) {
      std::span<const Sample> samples = counter.columns.back().samples;
      if (samples.size() > longest.size()) longest = samples;
      merge_times(samples, after, cut.until_ms, work.times);
      if (gauge || !counter.exposure) continue;
      work.end_ms = std::max(
          work.end_ms, last_ms(counter, work.end_ms, cut.until_ms, whole).value_or(work.end_ms));
    }
    if (gauge && !work.times.empty()) work.end_ms = std::max(work.end_ms, work.times.back());
    if (work.end_ms == kEver) continue;  // nothing usable yet
    if (work.is_new) {
      at = state_.instances.insert(at, InstanceState());
      at->side = indexed.side;
      at->name = indexed.name;
    }
    learn_spacings(*at, longest, work.is_new ? kEver : work.newest_before_ms, cut.until_ms);
    if (!work.times.empty()) at->newest_ms = std::max(at->newest_ms, work.times.back());
    works.push_back(std::move(work));
  }
  std::int64_t pooled = pooled_interval_ms(state_);
  auto at = state_.instances.begin();
  for (Work& work : works) {
    at = std::lower_bound(at, state_.instances.end(), Place{work.indexed->side, work.indexed->name},
                          before);
    work.state = static_cast<std::size_t>(at - state_.instances.begin());
    work.interval_ms = queries::interval_ms(*at, pooled);
    work.present = presence.find(work.indexed->side, work.indexed->name);
    if (work.is_new) place_new(work, cut);
  }
  return works;
}

// From where a new instance is counted, and when it started as far as anybody knows.
void Tracker::place_new(Work& work, const Cut& cut) {
  InstanceState& state = state_.instances[work.state];
  SERIN_ASSERT(!work.times.empty());
  const std::int64_t first = work.times.front();
  const std::int64_t reach = answered_before_ms(work.interval_ms);
  std::optional<std::int64_t> start;
  if (work.present != nullptr) start = work.present->started_ms;
  // Nothing of it in the time before its first scrape, which the answer covers.
  bool appeared = !cut.partial && !state_.partial && first - reach >= cut.covered_from_ms;
  if (start) {
    state.started_ms = *start;
  } else if (appeared) {
    state.started_ms = first;
  }
  if (first <= state_.since_ms) {
    work.from_ms = latest_until(work.times, state_.since_ms);
  } else if (work.interval_ms == 0) {
    // One scrape of one instance is all that was ever seen: the next look knows more.
    work.postponed = true;
    work.from_ms = work.end_ms;
  } else {
    std::optional<std::int64_t> answered;
    if (work.present != nullptr) answered = work.present->answered_before(first);
    if (answered && *answered >= first - reach) {
      // It answered before it had any of these series.
      work.from_ms = *answered;
      if (!start) {
        std::int64_t oldest = work.present->answered_ms.front();
        state.started_ms = oldest - reach >= cut.covered_from_ms ? oldest : kStartedBefore;
      }
    } else if (start ? *start + work.interval_ms >= state_.looked_ms : appeared && !state_.forgot) {
      work.started = true;
      work.from_ms = first - work.interval_ms;
      if (start) work.from_ms = std::clamp(*start, first - reach, first - 1);
    } else {
      work.from_ms = first;
    }
  }
  state.last_ms = work.from_ms;
  state.accounted_ms = first <= state_.since_ms ? work.from_ms : first - work.interval_ms;
  work.newest_before_ms = first <= state_.since_ms ? work.from_ms : kEver;
}

void Tracker::finish(const std::vector<Work>& works, const Presence& presence, const Cut& cut,
                     ComparisonWindow& window) {
  std::int64_t newest = kEver;
  for (const Work& work : works) {
    if (!work.times.empty()) newest = std::max(newest, work.times.back());
  }
  std::int64_t looked_before = state_.looked ? state_.looked_ms : kEver;
  if (newest > looked_before) {
    std::int64_t lateness = cut.now_ms - newest;
    state_.lateness_ms = std::min(lateness, state_.lateness_ms.value_or(lateness));
    state_.looked_ms = std::max(state_.looked_ms, newest);
  }
  std::int64_t pooled = pooled_interval_ms(state_);
  std::int64_t server_now = cut.now_ms - state_.lateness_ms.value_or(0);
  auto work = works.begin();
  ComparisonWindow apart;  // scrapes of what is not compared
  for (std::size_t i = 0; i < state_.instances.size(); ++i) {
    std::span<const std::int64_t> fresh;
    if (work != works.end() && work->state == i) {
      std::int64_t after = std::max(work->newest_before_ms, state_.since_ms);
      fresh = work->times;
      fresh = fresh.last(static_cast<std::size_t>(
          fresh.end() - std::upper_bound(fresh.begin(), fresh.end(), after)));
      if (work++->postponed) continue;
    }
    InstanceState& instance = state_.instances[i];
    bool compared = instance.side == Side::canary || instance.started_ms >= cut.stable_from_ms;
    count_scrapes(instance, fresh, queries::interval_ms(instance, pooled), server_now, presence,
                  compared ? window : apart);
  }
  window.scrape_interval_s = static_cast<double>(pooled) / 1e3;
  // Postponed instances are new again at the next look.
  for (auto late = works.rbegin(); late != works.rend(); ++late) {
    if (!late->postponed) continue;
    state_.instances.erase(state_.instances.begin() + static_cast<std::ptrdiff_t>(late->state));
  }
  state_.looked = true;
  state_.partial = cut.partial;
  forget_oldest();
}

// Over the bound the counters that were seen longest ago go, and instances that have none left.
void Tracker::forget_oldest() {
  std::vector<std::int64_t> ages;
  for (const InstanceState& instance : state_.instances) {
    if (instance.counters.empty()) ages.push_back(instance.newest_ms);
    for (const CounterState& counter : instance.counters) ages.push_back(counter.time_ms);
  }
  if (ages.size() <= kCountersMax) return;
  std::size_t excess = ages.size() - kCountersMax;
  auto last = ages.begin() + static_cast<std::ptrdiff_t>(excess - 1);
  std::nth_element(ages.begin(), last, ages.end());
  const std::int64_t cut_ms = *last;
  for (InstanceState& instance : state_.instances) {
    std::size_t dropped = std::erase_if(instance.counters, [&](const CounterState& counter) {
      if (excess == 0 || counter.time_ms > cut_ms) return false;
      --excess;
      return true;
    });
    if (dropped > 0) instance.forgot = true;
  }
  // What holds no counter now held one that went, or (of gauges) is one entry itself.
  std::erase_if(state_.instances, [&](const InstanceState& instance) {
    if (!instance.counters.empty() || instance.newest_ms > cut_ms) return false;
    if (!instance.forgot && excess == 0) return false;
    if (!instance.forgot) --excess;
    state_.forgot = true;
    return true;
  });
}

}  // namespace serin::queries
