// One look at one compared metric by the sequential judge: time, allocations, memory.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "analysis/judges/sequential/judge.h"
#include "analysis/templates/model.h"
#include "base/random.h"
#include "bench/analysis/memory.h"
#include "bench/calibration.h"

namespace serin::bench {
namespace {

using analysis::CompareKind;
using queries::ComparisonWindow;
using queries::Side;

constexpr std::int64_t kWindowMs = 30'000;
constexpr int kInstances = 3;  // of each version
const std::vector<double> kBounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

void fill(Rng& rng, CompareKind kind, queries::InstanceWindow& instance) {
  auto normal = [&] {
    return std::sqrt(-2 * std::log(1 - rng.uniform())) *
           std::cos(6.283185307179586 * rng.uniform());
  };
  switch (kind) {
    case CompareKind::histogram:
      instance.buckets.assign(kBounds.size() + 1, 0);
      for (int i = 0; i < 200; ++i) {
        const double seconds = 0.1 * std::exp(0.8 * normal());
        std::size_t place = 0;
        while (place < kBounds.size() && kBounds[place] < seconds) ++place;
        instance.buckets[place] += 1;
      }
      break;
    case CompareKind::gauge:
      for (std::int64_t at = instance.from_ms + 15'000; at <= instance.to_ms; at += 15'000) {
        instance.gauge.push_back({at, 3e8 * std::exp(0.03 * normal())});
      }
      break;
    default:
      instance.total = 200;
      instance.bad = kind == CompareKind::mean ? 20 + normal() : std::floor(rng.uniform() * 5);
      break;
  }
}

ComparisonWindow window(Rng& rng, CompareKind kind, std::int64_t end_ms, int canaries) {
  ComparisonWindow out;
  out.scrape_interval_s = 15;
  if (kind == CompareKind::histogram) out.bounds = kBounds;
  for (const Side side : {Side::stable, Side::canary}) {
    const int count = side == Side::stable ? kInstances : canaries;
    for (int i = 0; i < count; ++i) {
      queries::InstanceWindow instance;
      instance.instance = (side == Side::stable ? "stable-" : "canary-") + std::to_string(i);
      instance.side = side;
      instance.from_ms = end_ms - kWindowMs;
      instance.to_ms = end_ms;
      instance.age_s = 1e6;
      fill(rng, kind, instance);
      out.instances.push_back(std::move(instance));
    }
    const auto index = static_cast<std::size_t>(side);
    out.scrapes_expected[index] = out.scrapes_seen[index] = 2.0 * count;
  }
  return out;
}

analysis::SequentialJudge judge_of(CompareKind kind, std::size_t metrics, Rng& rng) {
  analysis::SequentialPlan plan;
  plan.polls_planned = 120;
  for (std::size_t i = 0; i < metrics; ++i) {
    analysis::SequentialMetric metric;
    metric.name = "metric-" + std::to_string(i);
    metric.rules = analysis::rules_for(kind, {});
    metric.rules.warmup = {};
    plan.metrics.push_back(std::move(metric));
  }
  auto judge = analysis::SequentialJudge::create(std::move(plan));
  std::vector<ComparisonWindow> history;
  for (int k = 1; k <= 240; ++k) history.push_back(window(rng, kind, k * kWindowMs, 0));
  for (std::size_t i = 0; i < metrics; ++i) judge->learn(i, history);
  judge->start_step(0);
  return *std::move(judge);
}

void update(benchmark::State& state, CompareKind kind) {
  constexpr int kWindows = 64;
  Rng rng(7);
  analysis::SequentialJudge judge = judge_of(kind, 1, rng);
  std::vector<ComparisonWindow> windows;
  const std::int64_t start = 241 * kWindowMs;
  for (int k = 0; k < kWindows; ++k) {
    windows.push_back(window(rng, kind, start + k * kWindowMs, kInstances));
  }
  std::int64_t looks = 0;
  const std::size_t before = allocations();
  for (auto _ : state) {
    ComparisonWindow& next = windows[static_cast<std::size_t>(looks % kWindows)];
    // Time goes on where the windows are used again.
    if (looks >= kWindows) {
      for (auto& instance : next.instances) {
        instance.from_ms += kWindows * kWindowMs;
        instance.to_ms += kWindows * kWindowMs;
        for (auto& sample : instance.gauge) sample.time_ms += kWindows * kWindowMs;
      }
    }
    ++looks;
    judge.update(0, next, looks * std::chrono::seconds(30));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["allocations"] = benchmark::Counter(static_cast<double>(allocations() - before),
                                                     benchmark::Counter::kAvgIterations);
}

void memory(benchmark::State& state, CompareKind kind) {
  constexpr std::size_t kMetrics = 50;
  double bytes = 0;
  for (auto _ : state) {
    Rng rng(7);
    const analysis::SequentialJudge one = judge_of(kind, 1, rng);
    const std::size_t before = heap_bytes();
    const analysis::SequentialJudge many = judge_of(kind, kMetrics, rng);
    benchmark::DoNotOptimize(many.size());
    bytes = static_cast<double>(heap_bytes() - before) / kMetrics;
  }
  state.counters["bytes/metric"] = bytes;
}

const bool kRegistered = [] {
  benchmark::RegisterBenchmark("BM_Calibration", calibrate);
  for (const CompareKind kind : {CompareKind::errors, CompareKind::rate, CompareKind::mean,
                                 CompareKind::histogram, CompareKind::gauge}) {
    const std::string name(to_string(kind));
    benchmark::RegisterBenchmark(("BM_Evidence_Update/" + name).c_str(),
                                 [kind](benchmark::State& state) { update(state, kind); });
    benchmark::RegisterBenchmark(("BM_Evidence_Memory/" + name).c_str(),
                                 [kind](benchmark::State& state) { memory(state, kind); })
        ->Iterations(1);
  }
  return true;
}();

}  // namespace
}  // namespace serin::bench
