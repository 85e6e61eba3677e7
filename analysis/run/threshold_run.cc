#include "analysis/run/threshold_run.h"

#include "analysis/judges/threshold/measure.h"
#include "analysis/judges/threshold/request.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

// As the reference writes a server's warnings: "a", "b".
std::string warnings_text(const std::vector<std::string>& warnings) {
  std::string text;
  for (const std::string& warning : warnings) {
    text += (text.empty() ? "\"" : ", \"") + warning + "\"";
  }
  return text;
}

}  // namespace

ThresholdRun::ThresholdRun(std::shared_ptr<const AnalysisRunSpec> spec, std::string name, Now now,
                           Filling filling)
    : ThresholdRun(RunMachine(std::move(spec), std::move(name), now, filling)) {}

ThresholdRun::ThresholdRun(RunMachine machine) : machine_(std::move(machine)) {
  for (const Metric& metric : machine_.spec().metrics) rules_.emplace_back(metric);
}

std::vector<ThresholdAsk> ThresholdRun::due(Now now, const conditions::ZoneSource& zones) {
  std::vector<ThresholdAsk> asks;
  for (const Task& task : machine_.due(now)) {
    if (task.kind == Task::Kind::terminate) {
      Measurement ended;  // a query that is under way has nothing to be ended at the server
      ended.phase = Phase::successful;
      machine_.on_measurement(task.metric, std::move(ended), now);
      continue;
    }
    const Provider& provider = machine_.spec().metrics[task.metric].provider;
    auto request = request_of(provider, {.now = now.wall, .zones = zones});
    if (!request) {
      answered(task.metric, std::unexpected(request.error()), now, zones);
      continue;
    }
    asks.push_back({task.metric, *std::move(request), timeout_of(provider)});
  }
  return asks;
}

void ThresholdRun::answered(std::size_t metric, const Result<queries::Answer>& answer, Now now,
                            const conditions::ZoneSource& zones, int stretch) {
  SERIN_ASSERT(metric < rules_.size());
  MeasureOutcome outcome = measure(rules_[metric], answer, {.now = now.wall, .zones = zones});
  Measurement measurement;
  measurement.phase = outcome.phase;
  measurement.message = std::move(outcome.message);
  measurement.value = std::move(outcome.value);
  if (answer && !answer->warnings.empty()) {
    measurement.metadata["warnings"] = warnings_text(answer->warnings);
  }
  machine_.on_measurement(metric, std::move(measurement), now, stretch);
}

Result<ThresholdRun> ThresholdRun::load(const Json& state,
                                        std::shared_ptr<const AnalysisRunSpec> spec,
                                        std::string name, Now now, Filling filling) {
  SERIN_TRY(machine, RunMachine::load(state, std::move(spec), std::move(name), now, filling));
  return ThresholdRun(std::move(machine));
}

}  // namespace serin::analysis
