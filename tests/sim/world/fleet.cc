#include "tests/sim/world/fleet.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/assert.h"
#include "queries/selector.h"

namespace serin::sim {

using queries::Answer;
using queries::AnswerType;
using queries::Labels;
using queries::Sample;
using queries::Series;

Fleet::Fleet(World& world, Route& route, bool canary_is_bad) : world_(world), route_(route) {
  bad_rate_[0] = 0.01;
  bad_rate_[1] = canary_is_bad ? 0.12 : 0.01;
  for (int i = 0; i < 6; ++i) {
    bool canary = i >= 4;
    pods_.push_back({fmt::format("{}-{}", canary ? "new" : "old", i), canary, 0, 0, {}, {}});
  }
  // Nothing goes wrong before the beginning.
  calm_ = true;
  std::int64_t start_ms = to_unix_ms(world_.loop.now().wall);
  for (std::int64_t ms = start_ms - kPastMs; ms < start_ms; ms += kScrapeMs) scrape_at(ms, 0);
  calm_ = false;
}

void Fleet::scrape() {
  scrape_at(to_unix_ms(world_.loop.now().wall), route_.share().fraction());
}

void Fleet::scrape_at(std::int64_t now_ms, double share) {
  for (Pod& pod : pods_) {
    int side = pod.canary ? 1 : 0;
    double requests = 200 * to_seconds(kScrape) * (pod.canary ? share / 2 : (1 - share) / 4);
    double count = std::floor(requests + world_.rng.uniform());
    double bad = 0;
    for (int i = 0; i < static_cast<int>(count); ++i) bad += world_.chance(bad_rate_[side]) ? 1 : 0;
    if (!calm_ && world_.chance(0.002)) {  // it crashed and counts from zero
      world_.note("{}: restarted", pod.name);
      pod.good = 0;
      pod.bad = 0;
    }
    pod.good += count - bad;
    pod.bad += bad;
    truth_[side].requests += count;
    truth_[side].bad += bad;
    if (!calm_ && world_.chance(0.02)) continue;  // a scrape is missing
    double nan = std::numeric_limits<double>::quiet_NaN();
    bool stale = !calm_ && world_.chance(0.01);
    auto keep = [&](std::vector<Sample>& samples, double value) {
      if (!samples.empty() && samples.back().time_ms >= now_ms) return;  // the clock stepped back
      samples.push_back({now_ms, stale ? nan : value});
    };
    keep(pod.good_samples, pod.good);
    if (pod.bad > 0 || !pod.bad_samples.empty()) keep(pod.bad_samples, pod.bad);
  }
  if (!past_.empty() && past_.back().time_ms >= now_ms) return;
  past_.push_back({now_ms, {truth_[0], truth_[1]}});
}

Totals Fleet::truth_at(bool canary, WallTime at) const {
  auto later = [](std::int64_t time, const Past& past) { return time < past.time_ms; };
  auto next = std::upper_bound(past_.begin(), past_.end(), to_unix_ms(at), later);
  return next == past_.begin() ? Totals{} : std::prev(next)->totals[canary ? 1 : 0];
}

Answer Fleet::answer(const std::string& text, WallTime at) const {
  Answer answer;
  answer.type = AnswerType::matrix;
  auto range = queries::parse_range_selector(text);
  SERIN_ASSERT(range.has_value());
  auto filter = queries::SeriesFilter::compile(range->selector);
  SERIN_ASSERT(filter.has_value());
  std::int64_t end = to_unix_ms(at);
  std::int64_t begin =
      end - std::chrono::duration_cast<std::chrono::milliseconds>(range->window).count();
  auto add = [&](const Pod& pod, const char* code, const std::vector<Sample>& samples) {
    Series series{.labels = Labels({{"__name__", "http_requests_total"},
                                    {"code", code},
                                    {"pod", pod.name},
                                    {"version", pod.canary ? "v2" : "v1"}}),
                  .samples = {}};
    if (!filter->matches(series.labels)) return;
    auto later = [](std::int64_t time, const Sample& sample) { return time < sample.time_ms; };
    series.samples.assign(std::upper_bound(samples.begin(), samples.end(), begin, later),
                          std::upper_bound(samples.begin(), samples.end(), end, later));
    if (!series.samples.empty()) answer.series.push_back(std::move(series));
  };
  for (const Pod& pod : pods_) {
    add(pod, "200", pod.good_samples);
    add(pod, "500", pod.bad_samples);
  }
  std::sort(answer.series.begin(), answer.series.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  return answer;
}

}  // namespace serin::sim
