#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/assert.h"
#include "queries/counting/increments.h"
#include "queries/counting/instance_book.h"

namespace serin::queries {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

}  // namespace

Result<GaugeTracker> GaugeTracker::create(const Comparison& comparison, const Versions& versions,
                                          std::int64_t since_ms, std::size_t series_max) {
  TrackerState state;
  state.since_ms = since_ms;
  state.looked_ms = since_ms;
  return restore(comparison, versions, std::move(state), series_max);
}

Result<GaugeTracker> GaugeTracker::restore(const Comparison& comparison, const Versions& versions,
                                           TrackerState state, std::size_t series_max) {
  SERIN_ASSERT(comparison.kind == Comparison::Kind::gauge);
  SERIN_TRY(rules, SeriesRules::compile(comparison, versions));
  return GaugeTracker(std::move(rules), std::move(state), series_max);
}

Result<ComparisonWindow> GaugeTracker::look(const Look& look) {
  SERIN_ASSERT(look.samples != nullptr);
  SERIN_TRY(index, SeriesIndex::build(*look.samples, rules_, series_max_));
  SERIN_CHECK(check_single(index));
  Cut cut{look.now_ms, look.covered_from_ms, kForever, !look.samples->warnings.empty(),
          look.stable_from_ms};
  return advance(index, Presence::of(look.presence, rules_), cut);
}

// A gauge has one value an instance and scrape.
Status GaugeTracker::check_single(const SeriesIndex& index) {
  for (const IndexedInstance& instance : index.instances()) {
    if (instance.counters.size() < 2) continue;
    std::vector<std::pair<std::int64_t, std::size_t>> times;
    for (std::size_t i = 0; i < instance.counters.size(); ++i) {
      for (const Sample& sample : instance.counters[i].columns.back().samples) {
        if (std::isfinite(sample.value)) times.emplace_back(sample.time_ms, i);
      }
    }
    std::sort(times.begin(), times.end());
    auto twice = std::adjacent_find(times.begin(), times.end(), [](const auto& a, const auto& b) {
      return a.first == b.first;
    });
    if (twice == times.end()) continue;
    return fail(Code::invalid_argument,
                fmt::format("the gauge has several values for instance \"{}\" at one time: {{{}}} "
                            "and {{{}}}; narrow the selector, or aggregate by version and instance",
                            instance.name, instance.counters[twice->second].key,
                            instance.counters[std::next(twice)->second].key));
  }
  return {};
}

ComparisonWindow GaugeTracker::advance(const SeriesIndex& index, const Presence& presence,
                                       const Cut& cut) {
  ComparisonWindow window;
  std::vector<Work> works = begin(index, presence, cut);
  for (Work& work : works) {
    InstanceState& state = state_.instances[work.state];
    if (work.is_new && work.times.front() > state_.since_ms) {
      // A value needs no base line: the first sample counts.
      work.postponed = false;
      work.from_ms =
          std::min(work.from_ms, work.times.front() - std::max<std::int64_t>(1, work.interval_ms));
    }
    if (work.end_ms <= work.from_ms) continue;
    InstanceWindow& instance = window.instances.emplace_back();
    instance.instance = state.name;
    instance.side = state.side;
    instance.from_ms = work.from_ms;
    instance.to_ms = work.end_ms;
    instance.age_s = age_s(state, work.end_ms);
    for (const IndexedCounter& counter : work.indexed->counters) {
      for (const Sample& sample : counter.columns.back().samples) {
        if (sample.time_ms <= work.from_ms || sample.time_ms > work.end_ms) continue;
        if (std::isfinite(sample.value)) instance.gauge.push_back(sample);
      }
    }
    std::sort(instance.gauge.begin(), instance.gauge.end(),
              [](const Sample& a, const Sample& b) { return a.time_ms < b.time_ms; });
    state.last_ms = work.end_ms;
  }
  finish(works, presence, cut, window);
  return window;
}

}  // namespace serin::queries
