// Runs of argoproj.io metrics: passes, intervals in whole seconds, ends.
#include "analysis/run/machine.h"

#include "analysis/templates/read.h"
#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using config::IntOrString;

Bench::Answer always(Phase phase, std::string message = "") {
  return [=](const Task&, int) { return measured(phase, message); };
}

TEST(RunMachine, OneMeasurementIsARun) {
  Bench bench(spec_of({metric_named("m")}), always(Phase::successful));
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::successful);
  EXPECT_EQ(bench.looks().size(), 1U);
  EXPECT_EQ(bench.status().summary, (RunSummary{.count = 1, .successful = 1}));
  EXPECT_FALSE(bench.machine().next_wakeup().has_value());
  EXPECT_TRUE(bench.machine().due(bench.now()).empty());
}

TEST(RunMachine, TheIntervalCountsFromTheEndOfTheLastMeasurementInWholeSeconds) {
  Metric metric = metric_named("m", "10s");
  metric.count = IntOrString(3);
  Bench bench(spec_of({metric}), always(Phase::successful));
  bench.latency = 1700ms;
  bench.run_until(1h);
  ASSERT_EQ(bench.looks().size(), 3U);
  EXPECT_EQ(bench.looks()[1].at, 11s + 1ms);  // ended at 1.7 s, which counts as 1 s
  EXPECT_EQ(bench.looks()[2].at, 22s + 1ms);  // ended at 12.701 s
}

TEST(RunMachine, AnErrorIsTriedAgainAfterTenSecondsWhateverTheInterval) {
  Bench bench(spec_of({metric_named("m", "5m")}), always(Phase::error, "refused"));
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::error);
  ASSERT_EQ(bench.looks().size(), 5U);
  EXPECT_EQ(bench.elapsed(), 40s + 1ms);
  EXPECT_EQ(bench.status().message,
            "Metric \"m\" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "
            "\"Error Message: refused\"");
}

TEST(RunMachine, AnInitialDelayCountsFromTheStart) {
  Metric metric = metric_named("m");
  metric.initial_delay = config::DurationText("30s");
  Bench bench(spec_of({metric}), always(Phase::successful));
  EXPECT_TRUE(bench.machine().due(bench.now()).empty());
  bench.run_until(1h);
  ASSERT_EQ(bench.looks().size(), 1U);
  EXPECT_EQ(bench.looks()[0].at, 30s + 1ms);
}

TEST(RunMachine, AFailureEndsTheOthersWhichAreSuccessful) {
  Bench bench(spec_of({metric_named("bad", "10s"), metric_named("good", "10s")}),
              [](const Task& task, int) {
                return measured(task.metric == 0 ? Phase::failed : Phase::successful);
              });
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::failed);
  EXPECT_EQ(bench.elapsed(), 0s);
  EXPECT_EQ(bench.status().find("good")->phase, Phase::successful);
  ASSERT_EQ(bench.machine().findings().size(), 1U);
  EXPECT_EQ(bench.machine().findings()[0].sentence,
            "bad Failed: 1 of 1 measurements failed, failed (1) > failureLimit (0)");
  EXPECT_EQ(bench.machine().findings()[0].action, OnFail::rollback);
}

TEST(RunMachine, ADryRunEndsNothing) {
  AnalysisRunSpec spec = spec_of({metric_named("bad"), metric_named("good")});
  spec.dry_run.push_back({"^b"});
  Bench bench(std::move(spec), [](const Task& task, int) {
    return measured(task.metric == 0 ? Phase::failed : Phase::successful);
  });
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::successful);
  EXPECT_EQ(bench.status().find("bad")->message,
            "Metric assessed Failed due to failed (1) > failureLimit (0)");
  EXPECT_EQ(bench.status().dry_run_summary, (RunSummary{.count = 1, .failed = 1}));
  EXPECT_EQ(bench.machine().findings()[0].action, OnFail::notify);
}

TEST(RunMachine, TheSummaryCountsWhatExceededNoLimitAsSuccessful) {
  Metric metric = metric_named("m", "10s");
  metric.count = config::IntOrString(3);
  metric.consecutive_success_limit = config::IntOrString(2);
  metric.failure_limit = config::IntOrString(1);
  Bench bench(spec_of({metric}), [](const Task&, int i) {
    return measured(i == 1 ? Phase::failed : Phase::successful);
  });
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::inconclusive);
  EXPECT_EQ(bench.status().find("m")->phase, Phase::inconclusive);
  EXPECT_EQ(bench.status().summary, (RunSummary{.count = 1, .successful = 1}));
}

TEST(RunMachine, RulesThatMeanNoMetricAreErrors) {
  for (const char* rule : {"other", "*", "["}) {
    AnalysisRunSpec spec = spec_of({metric_named("m")});
    spec.dry_run.push_back({rule});
    Bench bench(std::move(spec), always(Phase::successful));
    EXPECT_EQ(bench.status().phase, Phase::error) << rule;
    EXPECT_EQ(bench.status().message,
              "Analysis spec invalid: dryRun[0]: Rule didn't match any metric name(s)");
    EXPECT_TRUE(bench.machine().due(bench.now()).empty());
    EXPECT_FALSE(bench.status().completed_at.has_value());
  }
  AnalysisRunSpec none;
  Bench bench(std::move(none), always(Phase::successful));
  EXPECT_EQ(bench.status().message, "Analysis spec invalid: no metrics specified");
}

TEST(RunMachine, KeepsTheLastMeasurements) {
  Metric metric = metric_named("m", "1s");
  metric.count = IntOrString(25);
  AnalysisRunSpec spec = spec_of({metric});
  Bench ten(spec, always(Phase::successful));
  ten.run_until(1h);
  EXPECT_EQ(ten.status().find("m")->measurements.size(), 10U);
  EXPECT_EQ(ten.status().find("m")->count, 25);
  spec.measurement_retention.push_back({".*", 3});
  Bench three(spec, always(Phase::successful));
  three.run_until(1h);
  EXPECT_EQ(three.status().find("m")->measurements.size(), 3U);
  spec.measurement_retention.push_back({"^m$", 0});  // the last rule that means it counts
  Bench default_again(spec, always(Phase::successful));
  default_again.run_until(1h);
  EXPECT_EQ(default_again.status().find("m")->measurements.size(), 10U);
}

TEST(RunMachine, TerminationEndsWhatIsUnderWay) {
  Bench bench(spec_of({metric_named("job"), metric_named("other", "10s")}),
              [&](const Task& task, int) {
                if (task.kind == Task::Kind::terminate) return measured(Phase::inconclusive, "x");
                if (task.metric == 1) return measured(Phase::successful);
                Measurement running = measured(Phase::running);
                running.resume_at = WallTime(1'700'000'600s);
                return running;
              });
  bench.run_until(25s);
  EXPECT_EQ(bench.status().phase, Phase::running);
  bench.machine().terminate(bench.now());
  bench.run_until(26s);
  EXPECT_EQ(bench.status().phase, Phase::inconclusive);
  EXPECT_EQ(bench.status().find("job")->measurements[0].message, "Metric Terminated");
  EXPECT_EQ(bench.status().find("other")->phase, Phase::successful);
  EXPECT_EQ(bench.status().message,
            "Metric \"job\" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0): "
            "\"Error Message: Metric Terminated\"");
}

TEST(RunMachine, AMeasurementUnderWayIsAskedAgainWhenItSaysSo) {
  int asked = 0;
  Bench bench(spec_of({metric_named("job")}), [&](const Task& task, int) {
    ++asked;
    EXPECT_EQ(task.kind, asked == 1 ? Task::Kind::run : Task::Kind::resume);
    Measurement measurement = measured(asked < 3 ? Phase::running : Phase::successful);
    measurement.resume_at = WallTime(1'700'000'000s) + asked * 20s;
    return measurement;
  });
  bench.run_until(1h);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(bench.elapsed(), 40s + 1ms);
  EXPECT_EQ(bench.status().phase, Phase::successful);
  EXPECT_EQ(bench.status().find("job")->measurements.size(), 1U);
}

TEST(RunMachine, AnAnswerNobodyWaitsForIsIgnored) {
  Bench bench(spec_of({metric_named("m", "10s")}), always(Phase::successful));
  bench.run_until(5s);
  const RunStatus before = bench.status();
  bench.machine().on_measurement(0, measured(Phase::failed), bench.now());
  EXPECT_EQ(bench.status(), before);
}

TEST(RunMachine, PutsArgumentsIn) {
  const auto json =
      Json::parse(R"({"metrics":[{"name":"m","interval":"{{args.every}}","count":"{{args.n}}",)"
                  R"("provider":{"web":{"url":"http://x"}}}],)"
                  R"("args":[{"name":"every","value":"20s"},{"name":"n","value":"2"}]})");
  ASSERT_TRUE(json.has_value());
  auto spec = run_spec_from_json(*json, config::Dialect::argo);
  ASSERT_TRUE(spec.has_value());
  Bench bench(*spec, always(Phase::successful));
  bench.run_until(1h);
  EXPECT_EQ(bench.status().phase, Phase::successful);
  ASSERT_EQ(bench.looks().size(), 2U);
  EXPECT_EQ(bench.looks()[1].at, 20s + 1ms);
  spec->args.pop_back();
  Bench missing(*spec, always(Phase::successful));
  EXPECT_EQ(missing.status().phase, Phase::error);
  EXPECT_EQ(missing.status().message,
            "Unable to resolve metric arguments: failed to resolve {{args.n}}");
  spec->args.clear();
  Bench none(*spec, always(Phase::successful));
  EXPECT_EQ(none.status().message,
            "Unable to resolve metric arguments: failed to resolve {{args.n}}")
      << "the last one, as Argo";
  // What a release pins has its arguments: placeholders that are left are secrets'.
  RunMachine pinned(std::make_shared<const AnalysisRunSpec>(*spec), "run",
                    {Instant(1h), WallTime(1h)}, Filling::done);
  EXPECT_EQ(pinned.spec().metrics[0].interval.text(), "{{args.every}}");
}

}  // namespace
}  // namespace serin::analysis
