#include "unit/analysis/run/support.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

Bench::Answer scripted() {
  return [](const Task& task, int look) {
    if (task.metric == 2 && task.kind == Task::Kind::run) {
      Measurement running = measured(Phase::running);
      running.resume_at = WallTime(1'700'000'090s);
      running.metadata["job"] = "x-1";
      return running;
    }
    const Phase phases[] = {Phase::successful, Phase::error, Phase::failed, Phase::no_data};
    return measured(task.metric == 0 && look % 3 == 1 ? Phase::error
                    : task.metric == 1                ? phases[look % 4]
                                                      : Phase::successful,
                    "look " + std::to_string(look));
  };
}

AnalysisRunSpec three_metrics() {
  Metric argo = metric_named("argo", "7s");
  argo.count = config::IntOrString(20);
  Metric safe = metric_named("safe", "5s", config::Dialect::serin);
  safe.options.consecutive_failure_limit = 3;
  AnalysisRunSpec spec = spec_of({argo, safe, metric_named("job")});
  spec.dry_run.push_back({"job"});
  return spec;
}

TEST(RunState, ReadsBackByteForByteAndGoesOnTheSame) {
  for (Duration cut : {0s, 3s, 11s, 40s, 95s}) {
    Bench straight(three_metrics(), scripted());
    straight.run_until(cut);
    auto loaded = RunMachine::load(straight.machine().save(),
                                   std::make_shared<const AnalysisRunSpec>(three_metrics()), "run",
                                   straight.now());
    ASSERT_TRUE(loaded.has_value()) << loaded.error().to_string();
    EXPECT_EQ(loaded->save().dump(), straight.machine().save().dump());

    Bench other(three_metrics(), scripted());
    other.run_until(cut);
    other.swap_machine(std::move(*loaded));
    straight.run_until(3min);
    other.run_until(3min);
    EXPECT_EQ(other.machine().save().dump(), straight.machine().save().dump());
    EXPECT_EQ(other.status(), straight.status());
  }
}

TEST(RunState, DamagedStatesAreRefused) {
  Bench bench(three_metrics(), scripted());
  bench.run_until(20s);
  const Json good = bench.machine().save();
  auto spec = std::make_shared<const AnalysisRunSpec>(three_metrics());
  auto loads = [&](const Json& state) {
    return RunMachine::load(state, spec, "run", bench.now()).has_value();
  };
  ASSERT_TRUE(loads(good));
  EXPECT_FALSE(loads(Json()));
  EXPECT_FALSE(loads(Json(good).set("version", 9)));
  EXPECT_FALSE(loads(Json(good).set("slots", Json::array())));
  EXPECT_FALSE(loads(Json(good).set("status", "x")));
  Json status = good["status"];
  EXPECT_FALSE(loads(Json(good).set("status", Json(status).set("phase", "Fine"))));
  EXPECT_FALSE(loads(Json(good).set("status", Json(status).set("startedAt", "noon"))));
  EXPECT_FALSE(
      loads(Json(good).set("status", Json(status).set("metricResults", Json::array().push(1)))));
}

}  // namespace
}  // namespace serin::analysis
