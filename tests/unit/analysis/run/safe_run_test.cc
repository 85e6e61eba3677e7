// Runs of serin.dev metrics: the grid, holding without data, what a failure does.
#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using config::Dialect;
using config::IntOrString;

Metric safe_metric(std::string name, std::string interval = "10s") {
  return metric_named(std::move(name), std::move(interval), Dialect::serin);
}

TEST(SafeRun, LooksOnAGridWithoutDrift) {
  Bench bench(spec_of({safe_metric("m")}),
              [](const Task&, int) { return measured(Phase::successful); });
  bench.latency = 1700ms;
  bench.run_until(10min);
  ASSERT_GE(bench.looks().size(), 59U);
  const Duration phase = bench.looks()[0].at;
  EXPECT_LT(phase, 10s);
  for (std::size_t i = 0; i < bench.looks().size(); ++i) {
    EXPECT_EQ(bench.looks()[i].at, phase + static_cast<int>(i) * 10s);
  }
}

TEST(SafeRun, NamesSpreadTheLooks) {
  const Now start{Instant(1h), WallTime(1'700'000'000s)};
  auto spec =
      std::make_shared<const AnalysisRunSpec>(spec_of({safe_metric("a"), safe_metric("b")}));
  RunMachine one(spec, "checkout-1", start);
  RunMachine two(spec, "checkout-2", start);
  EXPECT_TRUE(one.due(start).empty());
  EXPECT_TRUE(two.due(start).empty());
  EXPECT_NE(one.next_wakeup(), two.next_wakeup());
  RunMachine same(spec, "checkout-1", start);
  EXPECT_TRUE(same.due(start).empty());
  EXPECT_EQ(one.next_wakeup(), same.next_wakeup());
}

TEST(SafeRun, ProviderErrorsBackOffAndHold) {
  bool down = true;
  Bench bench(spec_of({safe_metric("m")}), [&](const Task&, int) {
    return down ? measured(Phase::error, "refused") : measured(Phase::successful);
  });
  bench.run_until(30min);
  EXPECT_EQ(bench.status().phase, Phase::running);
  EXPECT_LT(bench.looks().size(), 40U) << "30 minutes at 10 s would be 180";
  EXPECT_TRUE(bench.machine().findings().empty());
  EXPECT_TRUE(bench.machine().sources_sentence().ends_with("errors in a row: refused"));
  down = false;
  bench.run_until(32min);
  EXPECT_EQ(bench.machine().sources_sentence(), "");
  EXPECT_EQ(bench.status().find("m")->consecutive_error, 0);
}

TEST(SafeRun, WithoutDataNothingIsDecided) {
  Metric metric = safe_metric("m");
  metric.count = IntOrString(2);
  Bench bench(spec_of({metric}), [](const Task&, int look) {
    return measured(look < 20 ? Phase::no_data : Phase::successful);
  });
  bench.run_until(190s);
  EXPECT_EQ(bench.status().phase, Phase::running);
  EXPECT_EQ(bench.status().find("m")->count, 0);
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::successful);
}

TEST(SafeRun, AFailureDoesWhatItWasToldTo) {
  auto fails = [](const Task&, int) { return measured(Phase::failed); };
  Metric metric = safe_metric("m");
  Bench rollback(spec_of({metric}), fails);
  rollback.run_until(1min);
  EXPECT_EQ(rollback.status().phase, Phase::failed);
  EXPECT_EQ(rollback.machine().findings().at(0).action, OnFail::rollback);
  metric.options.on_fail = OnFail::pause;
  Bench pause(spec_of({metric}), fails);
  pause.run_until(1min);
  EXPECT_EQ(pause.status().phase, Phase::inconclusive);
  EXPECT_EQ(pause.machine().findings().at(0).action, OnFail::pause);
  metric.options.on_fail = OnFail::notify;
  Bench notify(spec_of({metric, safe_metric("other")}), [](const Task& task, int) {
    return measured(task.metric == 0 ? Phase::failed : Phase::successful);
  });
  notify.run_until(1min);
  EXPECT_EQ(notify.status().phase, Phase::running);
  EXPECT_EQ(notify.machine().findings().at(0).action, OnFail::notify);
}

TEST(SafeRun, OneSlowMetricDelaysNoOther) {
  const Now start{Instant(1h), WallTime(1'700'000'000s)};
  RunMachine machine(
      std::make_shared<const AnalysisRunSpec>(spec_of({safe_metric("slow"), safe_metric("quick")})),
      "run", start);
  int quick = 0;
  for (Duration at{}; at < 5min; at += 100ms) {
    const Now now{start.mono + at, start.wall + at};
    for (const Task& task : machine.due(now)) {
      if (task.metric == 0) continue;  // never answered
      ++quick;
      machine.on_measurement(task.metric, measured(Phase::successful), now);
    }
  }
  EXPECT_GE(quick, 29);
}

TEST(SafeRun, MixesWithMetricsOfTheOtherKind) {
  Metric argo = metric_named("argo");
  Metric safe = safe_metric("safe");
  safe.count = IntOrString(3);
  Bench bench(spec_of({argo, safe}), [](const Task&, int) { return measured(Phase::successful); });
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::successful);
  EXPECT_EQ(bench.looks().size(), 4U);
}

}  // namespace
}  // namespace serin::analysis
