#include "tests/unit/queries/scrape_world.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tests/unit/queries/scraped.h"

namespace serin::queries::testing {
namespace {

constexpr std::int64_t kInterval = World::kIntervalMs;
constexpr double kReach = 2.5 * static_cast<double>(kInterval);

std::int64_t between(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low)));
}

// What the scrapes of one set of counters could show, judged with knowledge of the restarts.
class Judge {
 public:
  // A scrape with its counters (only those that exist); `life` counts the restarts before it.
  void see(std::int64_t time, int life, const std::map<int, double>& values) {
    if (values.empty()) return;
    bool restarted = seen_ && life != life_;
    bool found = !restarted;
    bool hidden = false;
    for (const auto& [set, value] : values) {
      auto last = last_.find(set);
      if (last == last_.end()) {
        bool late = seen_ && static_cast<double>(time - time_) > kReach;
        fresh_after_gap_ = fresh_after_gap_ || late;
      } else if (restarted && present_.contains(set)) {
        (value < last->second ? found : hidden) = true;
      }
    }
    // A restart shows where counters went down, and none that went on hides it.
    if (restarted && (!found || hidden)) lost_ = true;
    if (fresh_after_gap_ && !restarted) lost_ = true;
    fresh_after_gap_ = false;
    present_ = values;
    for (const auto& [set, value] : values) last_[set] = value;
    seen_ = true;
    life_ = life;
    time_ = time;
  }
  void lose() { lost_ = true; }
  bool lost() const { return lost_; }
  bool seen() const { return seen_; }
  std::int64_t time() const { return time_; }

 private:
  bool seen_ = false;
  bool lost_ = false;
  bool fresh_after_gap_ = false;
  int life_ = 0;
  std::int64_t time_ = 0;
  std::map<int, double> last_;
  std::map<int, double> present_;
};

}  // namespace

World::World(const WorldOptions& options) : rng_(options.seed) {
  for (int i = 0; i < options.instances; ++i) add_instance(i, options);
}

std::int64_t World::end_ms() const {
  return kStart + kScrapes * kInterval;
}

void World::add_instance(int index, const WorldOptions& options) {
  const bool steady = index == 0;
  const std::string version = index % 2 == 0 ? "v1" : "v2";
  const std::string pod = "pod-" + std::to_string(index);
  const std::int64_t end = end_ms();
  std::int64_t birth = kStart - 20 * kInterval;
  if (!steady) birth = between(rng_, birth, kStart + kScrapes / 2 * kInterval);
  std::int64_t death = !steady && rng_.chance(0.3) ? between(rng_, birth, end) : end;
  std::vector<Life> lives;
  std::vector<std::int64_t> borders;
  if (!steady && options.restarts_max > 0) {
    auto count = rng_.below(static_cast<std::uint64_t>(options.restarts_max) + 1);
    for (std::uint64_t i = 0; i < count; ++i) borders.push_back(between(rng_, birth, death + 1));
  }
  std::sort(borders.begin(), borders.end());
  borders.push_back(death);
  std::int64_t begin = birth;
  for (std::size_t i = 0; i < borders.size(); ++i) {
    Life life{begin, borders[i], i + 1 < borders.size(), {}};
    double mean =
        options.events * static_cast<double>(life.end_ms - begin) / static_cast<double>(kInterval);
    auto count = static_cast<std::uint64_t>(mean * (0.5 + rng_.uniform()));
    for (std::uint64_t k = 0; k < count && life.end_ms > begin; ++k) {
      int set = rng_.chance(options.bad)
                    ? 1 + static_cast<int>(rng_.below(static_cast<std::uint64_t>(options.paths)))
                    : 0;
      life.events.push_back(
          {between(rng_, begin, life.end_ms), set, static_cast<int>(rng_.below(3))});
    }
    if (steady) life.events.push_back({begin, 0, 0});
    std::sort(life.events.begin(), life.events.end(),
              [](const Event& a, const Event& b) { return a.time_ms < b.time_ms; });
    begin = life.end_ms;
    lives.push_back(std::move(life));
  }
  // Scrapes, and what a perfect observer of the same scrapes could tell.
  Judge judge;
  Judge bucket_judge;
  std::optional<std::int64_t> base;
  std::int64_t visible = 0;
  const std::int64_t phase = between(rng_, 0, kInterval);
  for (std::size_t n = 0; n < lives.size(); ++n) {
    const Life& life = lives[n];
    std::map<int, double> values;
    std::array<double, 3> counts{};
    std::size_t next = 0;
    std::int64_t last_scrape = life.begin_ms - 1;
    std::int64_t first = birth - birth % kInterval + phase;
    for (std::int64_t t = first; t < life.end_ms; t += kInterval) {
      if (t < life.begin_ms) continue;
      bool failed = !steady && rng_.chance(options.missing);
      visible = std::max(visible, t + static_cast<std::int64_t>(options.lateness * rng_.uniform() *
                                                                static_cast<double>(kInterval)));
      up_[Labels({{"__name__", "up"}, {"version", version}, {"pod", pod}})].push_back(
          {t, visible, failed ? 0.0 : 1.0});
      if (failed) continue;
      for (; next < life.events.size() && life.events[next].time_ms <= t; ++next) {
        values[life.events[next].set] += 1;
        for (auto k = static_cast<std::size_t>(life.events[next].bucket); k < 3; ++k)
          counts[k] += 1;
      }
      for (const auto& [set, value] : values) {
        std::vector<Labels::Pair> labels{{"__name__", "http_requests_total"},
                                         {"version", version},
                                         {"pod", pod},
                                         {"code", set == 0 ? "200" : "500"}};
        if (set != 0) labels.emplace_back("path", "/" + std::to_string(set));
        counters_[Labels(std::move(labels))].push_back({t, visible, value});
      }
      static constexpr std::array<const char*, 3> kBounds{"0.1", "0.5", "+Inf"};
      for (std::size_t k = 0; k < 3 && counts[2] > 0; ++k) {
        buckets_[Labels({{"__name__", "x_bucket"},
                         {"version", version},
                         {"pod", pod},
                         {"le", kBounds[k]}})]
            .push_back({t, visible, counts[k]});
      }
      judge.see(t, static_cast<int>(n), values);
      std::map<int, double> count;
      if (counts[2] > 0) count[0] = counts[2];
      bucket_judge.see(t, static_cast<int>(n), count);
      last_scrape = t;
      if (t <= kStart && judge.seen()) base = judge.time();
    }
    // What happened after a process's last scrape died with it.
    bool unseen = !life.events.empty() && life.events.back().time_ms > last_scrape;
    if (life.restarts && unseen) {
      judge.lose();
      bucket_judge.lose();
    }
  }
  for (const Life& life : lives) {
    for (const Event& event : life.events) {
      if (!judge.seen() || event.time_ms > judge.time() || (base && event.time_ms <= *base))
        continue;
      truth_.total += 1;
      bucket_truth_.total += 1;
      truth_.bad += event.set == 0 ? 0 : 1;
    }
  }
  truth_.lost = truth_.lost || judge.lost();
  bucket_truth_.lost = bucket_truth_.lost || bucket_judge.lost();
}

Answer World::answer(const Store& store, std::int64_t after_ms, std::int64_t until_ms) {
  Answer answer;
  answer.type = AnswerType::matrix;
  for (const auto& [labels, samples] : store) {
    Series series{labels, {}};
    for (const Visible& sample : samples) {
      if (sample.time_ms <= after_ms || sample.visible_ms > until_ms) continue;
      series.samples.push_back({sample.time_ms, sample.value});
    }
    if (!series.samples.empty()) answer.series.push_back(std::move(series));
  }
  return answer;
}

}  // namespace serin::queries::testing
