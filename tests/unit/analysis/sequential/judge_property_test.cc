// What must not matter to the sequential judge: order, units, how many windows the same data come
// in.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "analysis/judges/sequential/judge.h"
#include "analysis/templates/model.h"
#include "unit/analysis/sequential/windows.h"

namespace serin::analysis {
namespace {

using queries::ComparisonWindow;
using queries::Side;

constexpr CompareKind kKinds[] = {CompareKind::errors, CompareKind::histogram, CompareKind::gauge,
                                  CompareKind::mean};
const std::vector<double> kBounds = {0.1, 0.2, 0.5, 1};

SequentialMetric metric_of(CompareKind kind, const std::string& name) {
  SequentialMetric metric;
  metric.name = name;
  metric.rules = rules_for(kind, {});
  metric.rules.warmup = {};
  return metric;
}

SequentialJudge judge_of(std::vector<SequentialMetric> metrics) {
  SequentialPlan plan;
  plan.polls_planned = 60;
  plan.metrics = std::move(metrics);
  auto judge = SequentialJudge::create(std::move(plan));
  RC_ASSERT(judge.has_value());
  return *std::move(judge);
}

double normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(6.283185307179586 * rng.uniform());
}

// A window that holds counts, buckets and gauges at once, and sums instead of bad requests where
// `sums` is set. The canary is `worse` times as bad, values are in units of `unit`.
struct World {
  double worse = 1;
  double unit = 1;
  bool sums = false;
};

ComparisonWindow window_of(Rng& rng, std::int64_t end_ms, int canaries, const World& world) {
  const auto& [worse, unit, sums] = world;
  ComparisonWindow window = counts_window(end_ms, {3, 0, 0}, {canaries, 0, 0});
  window.bounds = kBounds;
  for (double& bound : window.bounds) bound *= unit;
  for (auto& instance : window.instances) {
    const double factor = instance.side == Side::canary ? worse : 1;
    instance.total = 200 + static_cast<double>(rng.below(50));
    instance.bad = std::floor(rng.uniform() * 8 * factor);
    const double sum = unit * instance.total * (10 + 0.1 * normal(rng)) * factor;
    if (sums) instance.bad = sum;
    instance.buckets.assign(kBounds.size() + 1, 0);
    for (int i = 0; i < 200; ++i) {
      const double x = 0.2 * factor * std::exp(0.8 * normal(rng));
      const auto place = std::upper_bound(kBounds.begin(), kBounds.end(), x) - kBounds.begin();
      instance.buckets[static_cast<std::size_t>(place)] += 1;
    }
    for (std::int64_t at = instance.from_ms + 15'000; at <= instance.to_ms; at += 15'000) {
      instance.gauge.push_back({at, unit * 100 * factor * std::exp(0.05 * normal(rng))});
    }
  }
  return window;
}

struct Recorded {
  std::vector<ComparisonWindow> history;
  std::vector<ComparisonWindow> release;
};

Recorded recorded(std::uint64_t seed, int canaries, const World& world) {
  Rng rng(seed);
  Recorded out;
  for (int k = 1; k <= 240; ++k) {
    out.history.push_back(window_of(rng, k * kWindowMs, 0, world));
  }
  for (int k = 241; k <= 260; ++k) {
    out.release.push_back(window_of(rng, k * kWindowMs, canaries, world));
  }
  return out;
}

SequentialJudge judged(const Recorded& data, std::vector<SequentialMetric> metrics) {
  SequentialJudge judge = judge_of(std::move(metrics));
  for (std::size_t i = 0; i < judge.size(); ++i) judge.learn(i, data.history);
  judge.start_step(0);
  std::chrono::seconds running{0};
  for (const ComparisonWindow& window : data.release) {
    running += std::chrono::seconds(30);
    for (std::size_t i = 0; i < judge.size(); ++i) judge.update(i, window, running);
  }
  return judge;
}

// Sums are taken in another order: equal up to rounding.
void expect_close(double a, double b) {
  RC_ASSERT(std::abs(a - b) <= 1e-6 * std::max(1.0, std::abs(a)));
}

double drawn_effect() {
  return 0.8 + 0.01 * static_cast<double>(*rc::gen::inRange(0, 60));
}

RC_GTEST_PROP(SequentialJudge, TheOrderOfInstancesDoesNotMatter, ()) {
  const auto seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000));
  const CompareKind kind = *rc::gen::elementOf(std::vector(std::begin(kKinds), std::end(kKinds)));
  const Recorded data =
      recorded(seed, 2, {.worse = drawn_effect(), .unit = 1, .sums = kind == CompareKind::mean});
  Recorded mixed = data;
  Rng rng(seed + 1);
  for (auto* windows : {&mixed.history, &mixed.release}) {
    for (ComparisonWindow& window : *windows) {
      std::shuffle(window.instances.begin(), window.instances.end(), rng);
    }
  }
  const MetricEvidence a = judged(data, {metric_of(kind, "m")}).metric(0);
  const MetricEvidence b = judged(mixed, {metric_of(kind, "m")}).metric(0);
  expect_close(a.log_e, b.log_e);
  expect_close(a.log_e_pass, b.log_e_pass);
}

RC_GTEST_PROP(SequentialJudge, TheUnitDoesNotMatter, ()) {
  const auto seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000));
  const CompareKind kind = *rc::gen::elementOf(
      std::vector{CompareKind::histogram, CompareKind::gauge, CompareKind::mean});
  const double unit = std::pow(10.0, *rc::gen::inRange(-6, 7));
  World world{.worse = drawn_effect(), .unit = 1, .sums = kind == CompareKind::mean};
  const MetricEvidence a = judged(recorded(seed, 2, world), {metric_of(kind, "m")}).metric(0);
  world.unit = unit;
  const MetricEvidence b = judged(recorded(seed, 2, world), {metric_of(kind, "m")}).metric(0);
  expect_close(a.log_e, b.log_e);
  expect_close(a.log_e_pass, b.log_e_pass);
}

RC_GTEST_PROP(SequentialJudge, TheOrderOfMetricsDoesNotMatter, ()) {
  const auto seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000));
  const Recorded data = recorded(seed, 1, {.worse = drawn_effect()});
  std::vector<SequentialMetric> metrics;
  for (CompareKind kind : {CompareKind::errors, CompareKind::histogram, CompareKind::gauge}) {
    metrics.push_back(metric_of(kind, std::string(to_string(kind))));
  }
  const CombinedEvidence a = judged(data, metrics).combined();
  std::reverse(metrics.begin(), metrics.end());
  const CombinedEvidence b = judged(data, metrics).combined();
  expect_close(a.log_e, b.log_e);
  RC_ASSERT(a.fail == b.fail && a.passed == b.passed);
}

RC_GTEST_PROP(SequentialJudge, WithoutACanaryThereIsNoEvidence, ()) {
  const auto seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1'000'000));
  const CompareKind kind = *rc::gen::elementOf(std::vector(std::begin(kKinds), std::end(kKinds)));
  const MetricEvidence evidence = judged(recorded(seed, 0, {}), {metric_of(kind, "m")}).metric(0);
  RC_ASSERT(std::abs(evidence.log_e) <= 1e-12);
  RC_ASSERT(evidence.log_e_pass <= 1e-12);
  RC_ASSERT(evidence.verdict != MetricVerdict::fail && evidence.verdict != MetricVerdict::pass);
}

}  // namespace
}  // namespace serin::analysis
