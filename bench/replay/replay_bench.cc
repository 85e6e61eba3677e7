// Replays: polls a second of one rate metric, an hour of four metrics, and a month's back-test.
#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analysis/planning/backtest.h"
#include "analysis/planning/draws.h"
#include "analysis/release/policy_analysis.h"
#include "analysis/templates/model.h"
#include "app/backtest/gather.h"
#include "app/replay/replay.h"
#include "bench/calibration.h"

namespace serin::bench {
namespace {

using namespace std::chrono_literals;
using analysis::planning::draw_normal;
using analysis::planning::draw_poisson;
using queries::Series;

constexpr std::int64_t kBeginMs = 1'700'000'000'000;
const std::vector<std::string> kBounds = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                                          "0.5",   "1",    "2.5",   "5",    "10",  "+Inf"};

Series named(const std::string& name, const std::string& version, const std::string& pod) {
  return {{{"__name__", name}, {"version", version}, {"pod", pod}, {"job", "shop"}}, {}};
}

// What one instance was scraped for in [from, until): errors, latency, memory, CPU.
void add_instance(std::vector<Series>& all, const std::string& version, const std::string& pod,
                  std::int64_t from_ms, std::int64_t until_ms, std::int64_t scrape_ms, bool every,
                  Rng& rng) {
  Series good = named("requests_total", version, pod);
  good.labels.set("code", "200");
  Series bad = named("requests_total", version, pod);
  bad.labels.set("code", "500");
  std::vector<Series> buckets;
  for (const std::string& le : kBounds) {
    buckets.push_back(named("latency_bucket", version, pod));
    buckets.back().labels.set("le", le);
  }
  Series memory = named("memory_bytes", version, pod);
  Series cpu = named("cpu_seconds", version, pod);
  std::vector<double> below(kBounds.size(), 0);
  double ok = 0;
  double failed = 0;
  double level = 0;
  for (std::int64_t at = from_ms; at < until_ms; at += scrape_ms) {
    ok += draw_poisson(150, rng);
    failed += draw_poisson(1.5, rng);
    good.samples.push_back({at, ok});
    bad.samples.push_back({at, failed});
    if (!every) continue;
    double sum = 0;
    for (std::size_t j = 0; j < kBounds.size(); ++j) {
      sum += draw_poisson(14, rng);
      below[j] += sum;
      buckets[j].samples.push_back({at, below[j]});
    }
    level = 0.5 * level + 0.02 * draw_normal(rng);
    memory.samples.push_back({at, 3e8 * std::exp(level)});
    cpu.samples.push_back({at, 0.4 * std::exp(0.05 * draw_normal(rng))});
  }
  all.push_back(std::move(good));
  all.push_back(std::move(bad));
  if (!every) return;
  for (Series& bucket : buckets) all.push_back(std::move(bucket));
  all.push_back(std::move(memory));
  all.push_back(std::move(cpu));
}

analysis::Metric metric_of(const std::string& name, analysis::Compare compare, Duration interval) {
  analysis::Metric metric;
  metric.name = name;
  metric.interval = config::DurationText(interval);
  metric.compare = std::move(compare);
  return metric;
}

std::shared_ptr<analysis::ReleasePolicy> policy_of(bool four, Duration interval, Duration planned) {
  auto policy = std::make_shared<analysis::ReleasePolicy>();
  policy->planned = planned;
  const analysis::Versions versions{"version", "v2", "v1", "pod"};
  auto add = [&](const std::string& name, analysis::Compare compare) {
    if (!analysis::add_metric(*policy, metric_of(name, std::move(compare), interval), versions)) {
      std::abort();
    }
  };
  analysis::Compare compare;
  if (!four) {
    compare.errors = analysis::ErrorsSpec{"requests_total{code=\"500\"}", "requests_total"};
    add("errors", compare);
    return policy;
  }
  compare.errors = analysis::ErrorsSpec{"requests_total{code=\"500\"}", "requests_total"};
  add("errors", compare);
  compare = {};
  compare.histogram = analysis::HistogramSpec{"latency_bucket", ""};
  add("latency", compare);
  compare = {};
  compare.gauge = analysis::GaugeSpec{"memory_bytes"};
  add("memory", compare);
  compare.gauge = analysis::GaugeSpec{"cpu_seconds"};
  add("cpu", compare);
  return policy;
}

void BM_Calibration(benchmark::State& state) {
  calibrate(state);
}
BENCHMARK(BM_Calibration);

// One instance a version, one look a scrape, over a week.
void BM_Replay_Polls(benchmark::State& state) {
  Rng rng(1);
  constexpr std::int64_t kLength = 7LL * 24 * 3'600'000;
  std::vector<Series> all;
  for (const char* version : {"v1", "v2"}) {
    add_instance(all, version, std::string("pod-") + version, kBeginMs, kBeginMs + kLength, 15'000,
                 false, rng);
  }
  const providers::Recording recording(std::move(all));
  auto policy = policy_of(false, 15s, std::chrono::milliseconds(kLength));
  policy->history = Duration::zero();
  app::ReplayPlan plan{.policy = policy,
                       .steps = {{rollout::Weight::from_units(rollout::Weight::kFull / 2),
                                  std::chrono::milliseconds(kLength - 60'000)}}};
  std::int64_t polls = 0;
  for (auto _ : state) {
    auto outcome = app::replay(recording, plan, from_unix_ms(kBeginMs + 1));
    if (!outcome) std::abort();
    polls += outcome->looks;
  }
  state.SetItemsProcessed(polls);
}
BENCHMARK(BM_Replay_Polls)->Unit(benchmark::kMillisecond);

// Four metrics, five instances (one of them the canary), six hours of history learned from.
void BM_Replay_Hour(benchmark::State& state) {
  Rng rng(2);
  constexpr std::int64_t kHour = 3'600'000;
  std::vector<Series> all;
  for (int i = 0; i < 4; ++i) {
    add_instance(all, "v1", "pod-" + std::to_string(i), kBeginMs, kBeginMs + 7 * kHour, 15'000,
                 true, rng);
  }
  add_instance(all, "v2", "pod-new", kBeginMs + 6 * kHour, kBeginMs + 7 * kHour, 15'000, true, rng);
  const providers::Recording recording(std::move(all));
  app::ReplayPlan plan{.policy = policy_of(true, 30s, 1h),
                       .steps = {{rollout::Weight::from_units(rollout::Weight::kFull / 4), 1h}}};
  for (auto _ : state) {
    auto outcome = app::replay(recording, plan, from_unix_ms(kBeginMs + 6 * kHour - 1));
    if (!outcome || outcome->verdict == app::ReplayVerdict::rollback) std::abort();
  }
}
BENCHMARK(BM_Replay_Hour)->Unit(benchmark::kMillisecond);

// So many days of four metrics of ten instances at 15 s, an hour at a time, and 200 releases of an
// hour with 20 of each regression.
void BM_Backtest_Days(benchmark::State& state) {
  const auto hours = 24 * state.range(0);
  for (auto _ : state) {
    state.PauseTiming();
    auto policy = policy_of(true, 30s, 1h);
    auto gatherer = app::PastGatherer::create(*policy);
    auto wanted = app::record_queries(*policy, "http://127.0.0.1:1");
    if (!gatherer || !wanted) std::abort();
    std::erase_if(wanted->queries, [](const auto& query) { return query.optional; });
    // Pages are made as they are asked for: a month of them would not fit.
    app::RecordPorts ports;
    std::map<queries::Labels, double> last;
    ports.ask = [&](const auto&, const queries::Request& request,
                    Duration) -> Result<queries::Answer> {
      state.PauseTiming();
      const std::int64_t until = to_unix_ms(*request.time);
      Rng rng(static_cast<std::uint64_t>(until));
      std::vector<Series> all;
      for (int i = 0; i < 10; ++i) {
        add_instance(all, "v1", "pod-" + std::to_string(i), until - 3'600'000 + 15'000, until + 1,
                     15'000, true, rng);
      }
      std::vector<Series> own;
      for (Series& series : all) {
        const auto name = series.labels.get("__name__");
        if (!request.text.starts_with(name)) continue;
        double& base = last[series.labels];
        if (name != "memory_bytes" && name != "cpu_seconds") {
          for (queries::Sample& sample : series.samples) sample.value += base;
          base = series.samples.back().value;
        }
        own.push_back(std::move(series));
      }
      queries::Answer answer;
      answer.type = queries::AnswerType::matrix;
      answer.series = std::move(own);
      state.ResumeTiming();
      return answer;
    };
    ports.wait = [](Duration) {};
    state.ResumeTiming();
    const WallTime from = from_unix_ms(kBeginMs / 3'600'000 * 3'600'000);
    if (!app::record(wanted->queries, {from, from + std::chrono::hours(hours)}, {}, ports,
                     gatherer->sink())) {
      std::abort();
    }
    auto pasts =
        std::make_shared<const std::vector<analysis::planning::PastMetric>>(gatherer->take());
    std::size_t bytes = 0;
    for (const auto& past : *pasts) bytes += past.bytes();
    state.counters["past_MB"] = static_cast<double>(bytes) / 1e6;
    auto tester = analysis::planning::Backtester::create(
        analysis::sequential_plan(*policy),
        {{0.05, 15min}, {0.1, 15min}, {0.25, 15min}, {0.5, 15min}}, {30s, 30s, 30s, 30s}, pasts,
        {.releases = 200, .harmed = 20});
    if (!tester) std::abort();
    while (tester->step()) {
    }
    state.counters["releases"] = tester->result().releases;
    state.counters["rolled_back"] = static_cast<double>(tester->result().false_rollbacks.size());
  }
}
BENCHMARK(BM_Backtest_Days)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace serin::bench
