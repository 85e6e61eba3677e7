// A run of threshold rules with its questions: what to ask and when, and what the answers mean.
//
//   ThresholdRun run(spec, "checkout-42", now);
//   for (const ThresholdAsk& ask : run.due(now, zones)) …        // give to the metric's source
//   run.answered(ask.metric, answer, now, zones);
//   run.machine().status();
//
// It joins the run machine (when), requests (what) and rules (the verdict of one look) and adds
// nothing to them; it asks nobody itself. Metrics that are compared do not belong here.
// Thread: one at a time. A value: copies are independent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analysis/judges/threshold/threshold.h"
#include "analysis/run/machine.h"
#include "queries/metric_source.h"

namespace serin::analysis {

struct ThresholdAsk {
  std::size_t metric = 0;  // index into machine().spec().metrics
  queries::Request request;
  Duration timeout{};
};

class ThresholdRun {
 public:
  // `filling`: done for metrics that a release pins.
  ThresholdRun(std::shared_ptr<const AnalysisRunSpec> spec, std::string name, Now now,
               Filling filling = Filling::done);

  // What is due; a question that can't be put (a range without a start) is answered with its error
  // at once. Each needs an answer, if only an error, before the metric is asked again.
  std::vector<ThresholdAsk> due(Now now, const conditions::ZoneSource& zones);
  // `stretch`: as in RunMachine::on_measurement.
  void answered(std::size_t metric, const Result<queries::Answer>& answer, Now now,
                const conditions::ZoneSource& zones, int stretch = 1);

  const RunMachine& machine() const { return machine_; }
  void terminate(Now now) { machine_.terminate(now); }
  void resumed(Now now) { machine_.resumed(now); }

  Json save() const { return machine_.save(); }
  // Errors: data_loss. `spec` and `name` are those that the state was saved with.
  static Result<ThresholdRun> load(const Json& state, std::shared_ptr<const AnalysisRunSpec> spec,
                                   std::string name, Now now, Filling filling = Filling::done);

 private:
  explicit ThresholdRun(RunMachine machine);

  RunMachine machine_;
  std::vector<ThresholdRule> rules_;  // one a metric
};

}  // namespace serin::analysis
