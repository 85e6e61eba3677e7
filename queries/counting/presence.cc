#include "queries/counting/presence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace serin::queries {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();
// Seconds since 1970 that are no start of a process: before 2000 or after 2200.
constexpr double kStartMin = 946'684'800;
constexpr double kStartMax = 7'258'118'400;

struct Found {
  Side side;
  std::string_view name;
  bool start;
  const Series* series;
};

void add_up(PresentInstance& instance, const Series& series) {
  for (const Sample& sample : series.samples) {
    instance.newest_ms = std::max(instance.newest_ms, sample.time_ms);
    if (sample.value == 1) instance.answered_ms.push_back(sample.time_ms);
  }
}

}  // namespace

std::optional<std::int64_t> PresentInstance::answered_before(std::int64_t time_ms) const {
  auto after = std::lower_bound(answered_ms.begin(), answered_ms.end(), time_ms);
  if (after == answered_ms.begin()) return std::nullopt;
  return *std::prev(after);
}

Presence Presence::of(const Answer* answer, const SeriesRules& rules) {
  Presence presence;
  if (answer == nullptr || answer->type != AnswerType::matrix) return presence;
  std::vector<Found> found;
  for (const Series& series : answer->series) {
    std::string_view metric = series.labels.get(kNameLabel);
    std::optional<Side> side = rules.side(series.labels);
    std::string_view name = series.labels.get(rules.versions().instance);
    if (!side || name.empty() || series.samples.empty()) continue;
    if (metric != kUpMetric && metric != kStartMetric) continue;
    found.push_back({*side, name, metric == kStartMetric, &series});
  }
  auto order = [](const Found& f) { return std::tie(f.side, f.name, f.start); };
  std::stable_sort(found.begin(), found.end(),
                   [&](const Found& a, const Found& b) { return order(a) < order(b); });
  for (std::size_t i = 0; i < found.size();) {
    PresentInstance& instance = presence.instances_.emplace_back(
        PresentInstance{found[i].side, found[i].name, {}, kNever, {}});
    std::size_t ups = 0;
    std::size_t starts = 0;
    for (; i < found.size() && found[i].side == instance.side && found[i].name == instance.name;
         ++i) {
      if (!found[i].start) {
        add_up(instance, *found[i].series);
        ++ups;
        continue;
      }
      double seconds = found[i].series->samples.back().value;
      ++starts;
      if (seconds >= kStartMin && seconds <= kStartMax) {
        instance.started_ms = static_cast<std::int64_t>(std::llround(seconds * 1e3));
      }
    }
    if (starts != 1) instance.started_ms.reset();
    if (ups > 1) {  // several targets of one instance
      std::sort(instance.answered_ms.begin(), instance.answered_ms.end());
    }
    if (ups == 0) continue;
    auto& newest = presence.newest_ms_[static_cast<std::size_t>(instance.side)];
    newest = std::max(newest.value_or(kNever), instance.newest_ms);
  }
  return presence;
}

const PresentInstance* Presence::find(Side side, std::string_view name) const {
  auto at =
      std::lower_bound(instances_.begin(), instances_.end(), std::tie(side, name),
                       [](const PresentInstance& i, const std::tuple<Side, std::string_view>& key) {
                         return std::tie(i.side, i.name) < key;
                       });
  bool is = at != instances_.end() && at->side == side && at->name == name;
  return is ? &*at : nullptr;
}

}  // namespace serin::queries
