// A run, its clock, and a provider that answers by a script.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/run/machine.h"

namespace serin::analysis {

struct Look {
  Duration at{};
  std::string metric;
  Task::Kind kind = Task::Kind::run;
};

// Virtual time from 0; every task is answered at once unless `latency` says otherwise.
class Bench {
 public:
  using Answer = std::function<Measurement(const Task&, int look)>;

  Bench(AnalysisRunSpec spec, Answer answer)
      : answer_(std::move(answer)),
        machine_(std::make_shared<const AnalysisRunSpec>(std::move(spec)), "run", now()) {}

  Now now() const {
    return {Instant(std::chrono::hours(1)) + elapsed_,
            WallTime(std::chrono::seconds(1'700'000'000)) + elapsed_};
  }
  RunMachine& machine() { return machine_; }
  const RunStatus& status() const { return machine_.status(); }
  const std::vector<Look>& looks() const { return looks_; }
  Duration elapsed() const { return elapsed_; }
  Duration latency{};

  // Runs until the run has ended, nothing more is due, or `end`.
  void run_until(Duration end) {
    while (!machine_.completed()) {
      for (const Task& task : machine_.due(now())) {
        looks_.push_back({elapsed_, machine_.spec().metrics[task.metric].name, task.kind});
        Measurement measurement = answer_(task, static_cast<int>(looks_.size()) - 1);
        elapsed_ += latency;
        machine_.on_measurement(task.metric, std::move(measurement), now());
      }
      const auto wakeup = machine_.next_wakeup();
      if (machine_.completed() || !wakeup) return;
      const Duration at = *wakeup - Instant(std::chrono::hours(1));
      if (at > end) {
        elapsed_ = std::max(elapsed_, end);
        return;
      }
      elapsed_ = std::max(elapsed_, at);
    }
  }
  void move_to(Duration elapsed) { elapsed_ = elapsed; }
  void swap_machine(RunMachine machine) { machine_ = std::move(machine); }

 private:
  Duration elapsed_{};
  Answer answer_;
  RunMachine machine_;
  std::vector<Look> looks_;
};

inline Measurement measured(Phase phase, std::string message = "") {
  Measurement measurement;
  measurement.phase = phase;
  measurement.message = std::move(message);
  return measurement;
}

inline Metric metric_named(std::string name, std::string interval = "",
                           config::Dialect dialect = config::Dialect::argo) {
  Metric metric;
  metric.name = std::move(name);
  if (!interval.empty()) metric.interval = config::DurationText(std::move(interval));
  metric.success_condition = "true";
  metric.dialect = dialect;
  metric.provider.web.emplace();
  return metric;
}

inline AnalysisRunSpec spec_of(std::vector<Metric> metrics) {
  AnalysisRunSpec spec;
  spec.metrics = std::move(metrics);
  return spec;
}

}  // namespace serin::analysis
