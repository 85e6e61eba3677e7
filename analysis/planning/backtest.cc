#include "analysis/planning/backtest.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/assert.h"

namespace serin::analysis::planning {
namespace {

using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

// Windows of a release in which an instance must have been seen, of those that it could be.
constexpr double kPresentMin = 0.8;
// History is cut into windows no shorter than this, as in a release.
constexpr std::int64_t kHistoryPollMinMs = 5'000;

std::int64_t ms_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

bool same_instance(const std::vector<std::string>& all, const std::string& name) {
  return std::ranges::binary_search(all, name);
}

double exposure_of(const InstanceWindow& instance, CompareKind kind) {
  if (kind != CompareKind::histogram) return instance.total;
  double sum = 0;
  for (double count : instance.buckets) sum += count;
  return sum;
}

}  // namespace

Result<Backtester> Backtester::create(SequentialPlan plan, std::vector<TrialStep> steps,
                                      std::vector<Duration> intervals,
                                      std::shared_ptr<const std::vector<PastMetric>> pasts,
                                      BacktestOptions options) {
  SERIN_CHECK(validate(plan));
  SERIN_ASSERT(pasts->size() == plan.metrics.size() && intervals.size() == plan.metrics.size());
  Backtester tester;
  tester.plan_ = std::move(plan);
  tester.steps_ = std::move(steps);
  tester.intervals_ = std::move(intervals);
  tester.pasts_ = std::move(pasts);
  tester.options_ = std::move(options);
  tester.rng_ = Rng(tester.options_.seed);
  for (const TrialStep& step : tester.steps_) tester.length_ += step.duration;
  std::int64_t from = INT64_MIN;
  std::int64_t until = INT64_MAX;
  for (const PastMetric& past : *tester.pasts_) {
    if (past.windows() == 0) {
      return fail(Code::invalid_argument, "metric " + past.name() + " has no samples in the past");
    }
    from = std::max(from, past.begin_ms());
    until = std::min(until, past.end_ms());
  }
  const std::int64_t needed =
      ms_of(tester.length_) + static_cast<std::int64_t>(kHistorySecondsMin * 1000);
  if (until - from < needed) {
    return fail(Code::invalid_argument,
                "the past spans " + format_duration(std::chrono::milliseconds(until - from)) +
                    "; a release and two hours before it take " +
                    format_duration(std::chrono::milliseconds(needed)));
  }
  BacktestResult& result = tester.result_;
  result.from = from_unix_ms(from);
  result.until = from_unix_ms(until);
  result.independent =
      static_cast<double>(until - from) / static_cast<double>(ms_of(tester.length_));
  result.by_metric.assign(tester.plan_.metrics.size(), 0);
  for (std::size_t m = 0; m < tester.plan_.metrics.size(); ++m) {
    const MetricRules& rules = tester.plan_.metrics[m].rules;
    if (rules.on_fail != OnFail::rollback || rules.direction == Direction::down) continue;
    for (const Harm& harm : usual_harms(rules.kind)) result.harms.push_back({m, harm});
  }
  return tester;
}

bool Backtester::excepted(std::int64_t from_ms, std::int64_t until_ms) const {
  return std::ranges::any_of(options_.except, [&](const auto& span) {
    return from_ms < to_unix_ms(span.second) && until_ms > to_unix_ms(span.first);
  });
}

// Who was there throughout, for every metric.
bool Backtester::suits(std::int64_t start_ms, Start& start) {
  std::map<std::string, std::size_t> metrics_with;
  for (std::size_t m = 0; m < pasts_->size(); ++m) {
    const PastMetric& past = (*pasts_)[m];
    std::map<std::uint16_t, double> covered_ms;
    const std::int64_t end = start_ms + ms_of(length_);
    std::int64_t at =
        past.begin_ms() + (start_ms - past.begin_ms()) / past.poll_ms() * past.poll_ms();
    for (at += past.poll_ms(); at <= end; at += past.poll_ms()) {
      for (const PastMetric::Entry& entry : past.entries(at)) {
        covered_ms[entry.instance] += entry.from_ms - entry.to_ms;
      }
    }
    const auto length = static_cast<double>(ms_of(length_));
    for (const auto& [instance, covered] : covered_ms) {
      if (covered >= kPresentMin * length) ++metrics_with[past.instances()[instance]];
    }
  }
  start.instances.clear();
  for (const auto& [name, count] : metrics_with) {
    if (count == pasts_->size()) start.instances.push_back(name);
  }
  return start.instances.size() >= 2;
}

std::optional<Backtester::Start> Backtester::draw() {
  const std::int64_t first =
      to_unix_ms(result_.from) + static_cast<std::int64_t>(kHistorySecondsMin * 1000);
  const std::int64_t last = to_unix_ms(result_.until) - ms_of(length_);
  for (int tries = 0; tries < kTriesMax; ++tries) {
    Start start;
    const std::int64_t at =
        first + static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(last - first + 1)));
    start.seed = rng_();
    if (excepted(at, at + ms_of(length_))) continue;
    // On the grid of the windows.
    const PastMetric& past = pasts_->front();
    const std::int64_t on_grid =
        past.begin_ms() + (at - past.begin_ms()) / past.poll_ms() * past.poll_ms();
    start.at = from_unix_ms(on_grid);
    if (!suits(on_grid, start)) continue;
    start.canary = start.instances[rng_.below(start.instances.size())];
    return start;
  }
  return std::nullopt;
}

SequentialJudge Backtester::learned(const SequentialPlan& plan, const Start& start) const {
  auto judge = SequentialJudge::create(plan);
  SERIN_ASSERT(judge.has_value());
  for (std::size_t m = 0; m < pasts_->size(); ++m) {
    const PastMetric& past = (*pasts_)[m];
    const std::int64_t until = to_unix_ms(start.at);
    std::int64_t at = past.begin_ms() +
                      std::max<std::int64_t>(0, until - ms_of(options_.history) - past.begin_ms()) /
                          past.poll_ms() * past.poll_ms();
    std::vector<ComparisonWindow> windows;
    const std::int64_t step =
        past.poll_ms() >= kHistoryPollMinMs ? past.poll_ms() : kHistoryPollMinMs;
    for (at += past.poll_ms(); at <= until; at += step) {
      if (excepted(at - step, at)) continue;
      past.fill(at, windows.emplace_back());
    }
    judge->learn(m, windows);
  }
  return *std::move(judge);
}

TrialOutcome Backtester::play(SequentialJudge judge, const Start& start, std::size_t harmed,
                              const Harm* harm) const {
  Rng rng(start.seed);
  const std::int64_t begin_ms = to_unix_ms(start.at);
  auto window_of = [&](const TrialLook& look, ComparisonWindow& window) {
    const PastMetric& past = (*pasts_)[look.metric];
    const CompareKind kind = past.kind();
    const std::int64_t from = begin_ms + ms_of(look.from);
    const std::int64_t until = begin_ms + ms_of(look.until);
    window.bounds = past.bounds();
    std::int64_t at = past.begin_ms() + (from - past.begin_ms()) / past.poll_ms() * past.poll_ms() +
                      past.poll_ms();
    double stable_exposure = 0;
    double stable_events = 0;
    for (; at <= until; at += past.poll_ms()) {
      const PastMetric::Scrapes scrapes = past.scrapes(at);
      double present[2] = {0, 0};
      for (const PastMetric::Entry& entry : past.entries(at)) {
        const std::string& name = past.instances()[entry.instance];
        if (!same_instance(start.instances, name)) continue;
        InstanceWindow instance = past.instance(at, entry);
        if (name == start.canary) {
          instance.side = Side::canary;
          instance.age_s = static_cast<double>(instance.to_ms - begin_ms) / 1000;
        } else {
          stable_exposure += exposure_of(instance, kind);
          stable_events += instance.bad;
        }
        present[instance.side == Side::canary ? 1 : 0] += 1;
        window.instances.push_back(std::move(instance));
      }
      const auto everybody = static_cast<double>(std::max<std::size_t>(past.entries(at).size(), 1));
      for (int side = 0; side < 2; ++side) {
        const double expected = side == 1 ? 1 : static_cast<double>(start.instances.size()) - 1;
        window.scrapes_seen[side] += static_cast<double>(scrapes.seen) * present[side] / everybody;
        window.scrapes_expected[side] +=
            static_cast<double>(scrapes.expected) * std::max(expected, present[side]) /
            std::max(everybody, static_cast<double>(start.instances.size()));
      }
      window.scrape_interval_s = static_cast<double>(scrapes.interval_s);
    }
    std::ranges::stable_sort(window.instances,
                             [](const InstanceWindow& a, const InstanceWindow& b) {
                               return std::pair(a.side, a.instance) < std::pair(b.side, b.instance);
                             });
    for (InstanceWindow& instance : window.instances) {
      if (instance.side != Side::canary) continue;
      const double exposure = exposure_of(instance, kind);
      const double wanted =
          look.weight < 1 ? stable_exposure * look.weight / (1 - look.weight) : exposure;
      if (exposure > wanted) thin_instance(kind, wanted / exposure, rng, instance);
      if (harm != nullptr && look.metric == harmed) {
        const double rate = stable_exposure > 0 ? stable_events / stable_exposure : 0;
        harm_instance(*harm, rate, window.bounds, rng, instance);
      }
    }
  };
  return run_trial(judge, steps_, intervals_, window_of);
}

bool Backtester::step() {
  if (result_.releases >= options_.releases) return false;
  auto start = draw();
  if (!start) return false;
  const std::size_t count = start->instances.size();
  result_.instances_min = result_.releases == 0 ? count : std::min(result_.instances_min, count);
  result_.instances_max = std::max(result_.instances_max, count);
  const SequentialJudge judge = learned(plan_, *start);
  const TrialOutcome outcome = play(judge, *start, 0, nullptr);
  ++result_.releases;
  if (outcome.rolled_back) {
    result_.false_rollbacks.push_back(
        {start->at, outcome.time, outcome.metric, outcome.guard, start->canary});
    ++result_.by_metric[outcome.metric];
    rolled_back_.push_back(*start);
  } else if (outcome.passed) {
    ++result_.promoted;
  }
  for (HarmResult& harm : result_.harms) {
    if (harm.releases >= options_.harmed) continue;
    const TrialOutcome worse = play(judge, *start, harm.metric, &harm.harm);
    ++harm.releases;
    if (worse.rolled_back) {
      ++harm.found;
      const double seconds = to_seconds(worse.time);
      harm.seconds.insert(std::ranges::upper_bound(harm.seconds, seconds), seconds);
    } else if (worse.passed) {
      ++harm.promoted;
    }
  }
  return true;
}

double Backtester::done() const {
  return options_.releases > 0 ? static_cast<double>(result_.releases) / options_.releases : 1;
}

int Backtester::again(const SequentialPlan& plan) const {
  int still = 0;
  for (const Start& start : rolled_back_) {
    if (play(learned(plan, start), start, 0, nullptr).rolled_back) ++still;
  }
  return still;
}

}  // namespace serin::analysis::planning
