// Families metric_status and analysis_run: the counters of one metric, and whole runs by a script.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "analysis/run/assess.h"
#include "analysis/run/machine.h"
#include "analysis/templates/read.h"
#include "conformance/registry.h"

namespace serin::conformance {
namespace {

using analysis::Measurement;
using analysis::MetricResult;
using analysis::Phase;
using analysis::RunMachine;
using analysis::Task;

constexpr int kPassesMax = 100'000;

Json problem(const Error& error) {
  return Json::object().set("error", error.to_string());
}

Json answer_metric_status(const Json& input) {
  const auto metric = analysis::metric_from_json(input["metric"], config::Dialect::argo);
  if (!metric) return problem(metric.error());
  const Json& counters = input["result"];
  MetricResult result;
  result.phase = analysis::phase_from(counters["phase"].string()).value_or(Phase::running);
  result.count = counters["count"].integer();
  result.successful = counters["successful"].integer();
  result.failed = counters["failed"].integer();
  result.inconclusive = counters["inconclusive"].integer();
  result.error = counters["error"].integer();
  result.consecutive_error = counters["consecutiveError"].integer();
  result.consecutive_success = counters["consecutiveSuccess"].integer();
  for (const Json& phase : counters["measurementPhases"].items()) {
    Measurement measurement;
    measurement.phase = analysis::phase_from(phase.string()).value_or(Phase::running);
    result.measurements.push_back(std::move(measurement));
  }
  const Phase phase = assess_metric(*metric, result, input["terminating"].boolean());
  return Json::object().set("phase", to_string(phase));
}

// Answers a run's tasks by its script and moves the clock from wake-up to wake-up.
class Play {
 public:
  Play(const Json& input, std::shared_ptr<const analysis::AnalysisRunSpec> spec)
      : input_(input), machine_(std::move(spec), "run", now()) {
    if (const Json* at = input.find("terminateAtSeconds"))
      terminate_at_ = from_seconds(at->number());
  }

  Json run() {
    bool stalled = false;
    for (int pass = 0; pass < kPassesMax && !machine_.completed(); ++pass) {
      for (const Task& task : machine_.due(now())) perform(task);
      if (machine_.completed()) break;
      const auto wakeup = machine_.next_wakeup();
      std::optional<Duration> next;
      if (wakeup) next = std::max(elapsed_, *wakeup - Instant{});
      if (terminate_at_ && (!next || *terminate_at_ <= *next)) {
        elapsed_ = std::max(elapsed_, *terminate_at_);
        terminate_at_.reset();
        machine_.terminate(now());
        continue;
      }
      if (!next) {
        stalled = true;
        break;
      }
      elapsed_ = *next;
    }
    return report(stalled);
  }

 private:
  Now now() const { return {Instant{} + elapsed_, WallTime{} + elapsed_}; }

  void perform(const Task& task) {
    const std::string& name = machine_.spec().metrics[task.metric].name;
    Measurement measurement;
    std::string_view action = task.kind == Task::Kind::resume ? "resume" : "run";
    if (task.kind == Task::Kind::terminate) {
      action = "terminate";
      const std::string_view outcome = input_["terminateOutcome"][name].string("Successful");
      measurement.phase = analysis::phase_from(outcome).value_or(Phase::successful);
    } else {
      const Json& script = input_["script"][name];
      const std::size_t step = std::min(steps_[name]++, script.size() - 1);
      const Json& given = script.at(step);
      measurement.message = given["message"].string();
      if (const Json* error = given.find("providerError")) {
        action = "providerError";
        measurement.phase = Phase::error;
        measurement.message = error->string();
      } else {
        measurement.phase = analysis::phase_from(given["phase"].string()).value_or(Phase::error);
        // The peer's stand-in for a provider gives every error this message.
        if (measurement.phase == Phase::error && measurement.message.empty()) {
          measurement.message = "some error";
        }
      }
      if (const Json* seconds = given.find("resumeAfterSeconds")) {
        measurement.resume_at = now().wall + from_seconds(seconds->number());
      }
    }
    trace_.push(Json::object()
                    .set("t", to_seconds(elapsed_))
                    .set("metric", name)
                    .set("action", action)
                    .set("phase", to_string(measurement.phase)));
    machine_.on_measurement(task.metric, std::move(measurement), now());
  }

  Json report(bool stalled) const {
    const analysis::RunStatus& status = machine_.status();
    Json results = Json::array();
    for (const MetricResult& result : status.results) {
      Json phases = Json::array();
      Json messages = Json::array();
      for (const Measurement& measurement : result.measurements) {
        phases.push(to_string(measurement.phase));
        messages.push(measurement.message);
      }
      results.push(Json::object()
                       .set("name", result.name)
                       .set("phase", to_string(result.phase))
                       .set("message", result.message)
                       .set("count", result.count)
                       .set("successful", result.successful)
                       .set("failed", result.failed)
                       .set("inconclusive", result.inconclusive)
                       .set("error", result.error)
                       .set("consecutiveError", result.consecutive_error)
                       .set("consecutiveSuccess", result.consecutive_success)
                       .set("dryRun", result.dry_run)
                       .set("retainedMeasurementPhases", std::move(phases))
                       .set("retainedMeasurementMessages", std::move(messages)));
    }
    Json completed;
    if (status.completed_at) completed = to_seconds(status.completed_at->time_since_epoch());
    return Json::object()
        .set("phase", to_string(status.phase))
        .set("message", status.message)
        .set("completedAtSeconds", completed)
        .set("metricResults", std::move(results))
        .set("runSummary", to_json(status.summary))
        .set("dryRunSummary", to_json(status.dry_run_summary))
        .set("trace", trace_)
        .set("stalledWithoutRequeue", stalled);
  }

  const Json& input_;
  Duration elapsed_{};
  RunMachine machine_;
  std::optional<Duration> terminate_at_;
  std::map<std::string, std::size_t> steps_;
  Json trace_ = Json::array();
};

Json answer_analysis_run(const Json& input) {
  auto spec = analysis::run_spec_from_json(input["spec"], config::Dialect::argo);
  if (!spec) return problem(spec.error());
  return Play(input, std::make_shared<const analysis::AnalysisRunSpec>(std::move(*spec))).run();
}

constexpr Family kFamilies[] = {{"metric_status", answer_metric_status},
                                {"analysis_run", answer_analysis_run}};

}  // namespace

std::span<const Family> run_families() {
  return kFamilies;
}

}  // namespace serin::conformance
