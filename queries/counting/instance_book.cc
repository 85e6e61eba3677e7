#include "queries/counting/instance_book.h"

#include <algorithm>
#include <cmath>

namespace serin::queries {
namespace {

std::int64_t lower_quartile(std::vector<std::int64_t>& values) {
  auto at = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 4);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

// What `up` says of an instance that is silent.
enum class Known { nothing, there, gone };

Known known(const InstanceState& instance, std::int64_t interval_ms, std::int64_t server_now_ms,
            const Presence& presence) {
  const std::int64_t current = server_now_ms - answered_before_ms(interval_ms);
  if (presence.newest_ms(instance.side).value_or(current) <= current) return Known::nothing;
  const PresentInstance* present = presence.find(instance.side, instance.name);
  return present != nullptr && present->newest_ms > current ? Known::there : Known::gone;
}

}  // namespace

std::int64_t answered_before_ms(std::int64_t interval_ms) {
  if (interval_ms <= 0) interval_ms = kIntervalAssumedMs;
  return static_cast<std::int64_t>(kAnsweredBefore * static_cast<double>(interval_ms));
}

void merge_times(std::span<const Sample> samples, std::int64_t after, std::int64_t until,
                 std::vector<std::int64_t>& times) {
  std::size_t old_size = times.size();
  std::size_t at = 0;
  for (const Sample& sample : samples_between(samples, after, until)) {
    if (!std::isfinite(sample.value)) continue;
    while (at < old_size && times[at] < sample.time_ms) ++at;
    if (at < old_size && times[at] == sample.time_ms) continue;
    times.push_back(sample.time_ms);
  }
  if (old_size > 0 && times.size() > old_size) {
    std::inplace_merge(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(old_size),
                       times.end());
  }
}

void learn_spacings(InstanceState& instance, std::span<const Sample> samples, std::int64_t after,
                    std::int64_t until) {
  std::vector<std::int64_t>& kept = instance.spacings_ms;
  for (const Sample& sample : samples_between(samples, after, until)) {
    if (&sample == samples.data()) continue;  // nothing before it
    if (kept.size() == kSpacingsKept) kept.erase(kept.begin());
    kept.push_back(sample.time_ms - (&sample - 1)->time_ms);
  }
}

std::int64_t pooled_interval_ms(const TrackerState& state) {
  std::vector<std::int64_t> all;
  for (const InstanceState& instance : state.instances) {
    all.insert(all.end(), instance.spacings_ms.begin(), instance.spacings_ms.end());
  }
  return all.empty() ? 0 : lower_quartile(all);
}

std::int64_t interval_ms(const InstanceState& instance, std::int64_t pooled_ms) {
  if (instance.spacings_ms.size() < 3) return pooled_ms;
  std::vector<std::int64_t> own = instance.spacings_ms;
  return lower_quartile(own);
}

void count_scrapes(InstanceState& instance, std::span<const std::int64_t> times,
                   std::int64_t interval_ms, std::int64_t server_now_ms, const Presence& presence,
                   ComparisonWindow& window) {
  if (interval_ms <= 0) return;
  auto side = static_cast<std::size_t>(instance.side);
  if (!times.empty()) {
    instance.gone = false;
    window.scrapes_seen[side] += static_cast<double>(times.size());
    if (times.back() > instance.accounted_ms) {
      auto in_time =
          times.end() - std::upper_bound(times.begin(), times.end(), instance.accounted_ms);
      std::int64_t due = (times.back() - instance.accounted_ms + interval_ms / 2) / interval_ms;
      window.scrapes_expected[side] += static_cast<double>(std::max<std::int64_t>(due, in_time));
      instance.accounted_ms = times.back();
    }
  }
  if (instance.gone) return;
  // A scrape is overdue half an interval after its time.
  std::int64_t overdue = (server_now_ms - instance.accounted_ms - interval_ms / 2) / interval_ms;
  if (overdue <= 0) return;
  Known target = known(instance, interval_ms, server_now_ms, presence);
  if (target == Known::there) {
    // Scrapes after the newest that `up` knows of may never be: the target may have vanished.
    const std::int64_t newest = presence.find(instance.side, instance.name)->newest_ms;
    const std::int64_t due = (newest - instance.accounted_ms + interval_ms / 2) / interval_ms;
    overdue = std::clamp<std::int64_t>(due, 0, overdue);
  }
  if (target != Known::there) {
    std::int64_t silent_max = target == Known::gone ? 0 : kSilentScrapesMax;
    std::int64_t counted =
        (instance.accounted_ms - instance.newest_ms + interval_ms / 2) / interval_ms;
    instance.gone = counted + overdue > silent_max;
    overdue = std::clamp<std::int64_t>(silent_max - counted, 0, overdue);
  }
  window.scrapes_expected[side] += static_cast<double>(overdue);
  instance.accounted_ms += overdue * interval_ms;
}

double age_s(const InstanceState& instance, std::int64_t time_ms) {
  if (instance.started_ms == kStartedBefore) return kAgeBefore;
  return std::max(0.0, static_cast<double>(time_ms - instance.started_ms) / 1e3);
}

}  // namespace serin::queries
