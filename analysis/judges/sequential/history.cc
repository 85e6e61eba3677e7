#include "analysis/judges/sequential/history.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/judges/sequential/judge.h"

namespace serin::analysis::sequential {
namespace {

constexpr double kDaySeconds = 24 * 3600;
constexpr double kIncidentSeconds = 300;
constexpr double kSlack = 0.95;  // the first window of a history is often cut

struct Times {
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::min();
};

Times times_of(const queries::ComparisonWindow& window) {
  Times times;
  for (const auto& instance : window.instances) {
    if (instance.side != queries::Side::stable) continue;
    times.from_ms = std::min(times.from_ms, instance.from_ms);
    times.to_ms = std::max(times.to_ms, instance.to_ms);
  }
  return times;
}

double seconds_between(std::int64_t from_ms, std::int64_t to_ms) {
  return to_ms > from_ms ? static_cast<double>(to_ms - from_ms) / 1000 : 0;
}

}  // namespace

History::History(std::span<const queries::ComparisonWindow> history) : windows(history) {
  Times all;
  for (const auto& window : windows) {
    for (const auto& instance : window.instances) {
      if (instance.side == queries::Side::stable) instances.emplace(instance.instance, 0);
    }
    const Times times = times_of(window);
    all.from_ms = std::min(all.from_ms, times.from_ms);
    all.to_ms = std::max(all.to_ms, times.to_ms);
  }
  std::size_t column = 0;
  for (auto& [name, index] : instances) index = column++;
  seconds = seconds_between(all.from_ms, all.to_ms);
  assumed = !(seconds >= kSlack * kHistorySecondsMin);
  if (windows.empty()) return;

  std::size_t end = windows.size();
  while (end > 0) {
    const std::int64_t last_ms = times_of(windows[end - 1]).to_ms;
    std::size_t begin = end - 1;
    while (begin > 0 &&
           seconds_between(times_of(windows[begin - 1]).from_ms, last_ms) <= kDaySeconds) {
      --begin;
    }
    // What is left before this day may be too short to be a day of its own.
    if (begin > 0 && seconds_between(all.from_ms, times_of(windows[begin - 1]).to_ms) <
                         kSlack * kHistorySecondsMin) {
      begin = 0;
    }
    days.push_back(windows.subspan(begin, end - begin));
    end = begin;
  }
  std::reverse(days.begin(), days.end());
}

std::size_t History::incident_length(std::span<const queries::ComparisonWindow> part) {
  if (part.empty()) return 0;
  const double spanned =
      seconds_between(times_of(part.front()).from_ms, times_of(part.back()).to_ms);
  const double each = spanned / static_cast<double>(part.size());
  return each > 0 ? static_cast<std::size_t>(std::ceil(kIncidentSeconds / each)) : 0;
}

std::size_t History::in_service(std::span<const queries::ComparisonWindow> part) {
  double present = 0;
  double counted = 0;
  for (const auto& window : part) {
    const auto stable =
        std::count_if(window.instances.begin(), window.instances.end(),
                      [](const auto& instance) { return instance.side == queries::Side::stable; });
    if (stable == 0) continue;
    present += static_cast<double>(stable);
    counted += 1;
  }
  return counted > 0 ? static_cast<std::size_t>(std::lround(present / counted)) : 0;
}

}  // namespace serin::analysis::sequential
