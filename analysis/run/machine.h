// One analysis run: says which metric to measure when, takes the measurements, and judges.
//
//   RunMachine machine(spec, "checkout-42", now);
//   for (const Task& task : machine.due(now)) …          // ask the provider
//   machine.on_measurement(task.metric, measurement, now);
//   machine.status().phase;                              // Running, then Successful, Failed, …
//   loop.call_at(*machine.next_wakeup(), …);
//
// argoproj.io metrics follow Argo Rollouts' controller: measurements are taken in passes, the
// interval counts from the end of the last one, which is kept in whole seconds, an error is tried
// again after 10 s whatever the interval, and a metric that ends badly ends the run. serin.dev
// metrics are looked at on a grid without drift, at a phase of their own; errors back off and hold;
// `onFail` says what a failure does.
//
// It does not ask and reads no secrets: placeholders of arguments that come from secrets stay in
// the metrics of spec().
// Thread: one at a time. A value: copies are independent.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "analysis/run/schedule.h"
#include "analysis/run/status.h"
#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/time.h"

namespace serin::analysis {

struct Task {
  enum class Kind : std::uint8_t {
    run,        // take a new measurement
    resume,     // ask again for the one under way
    terminate,  // end the one under way
  };
  Kind kind = Kind::run;
  std::size_t metric = 0;  // index into spec.metrics
  bool operator==(const Task&) const = default;
};

// Whether a spec's metrics still wait for its arguments. Those that a release pins have them, and
// what placeholders they still hold (of secrets) stay.
enum class Filling : std::uint8_t { needed, done };

// A metric that can't be counted as passed yet, and what it lacks.
struct Undecided {
  std::string metric;
  std::string sentence;
  bool operator==(const Undecided&) const = default;
};

class RunMachine {
 public:
  // After an error of an argoproj.io metric.
  static constexpr Duration kErrorRetry = std::chrono::seconds(10);

  // Puts the arguments of `spec` into its metrics. `name` spreads the looks of many runs. A spec
  // that is wrong gives a run that has ended in Error, as in the reference.
  RunMachine(std::shared_ptr<const AnalysisRunSpec> spec, std::string name, Now now,
             Filling filling = Filling::needed);

  // What to do now; each task is under way until on_measurement. Call it again after measurements
  // and at next_wakeup(): a run advances only when it is called.
  std::vector<Task> due(Now now);
  // The answer to a task: phase, message, value, metadata; resume_at while it is running. An answer
  // that nobody waits for is ignored. `stretch`: a serin.dev metric is looked at again so many of
  // its intervals later; one that failed is not put off.
  void on_measurement(std::size_t metric, Measurement measurement, Now now, int stretch = 1);
  // No new measurements; those under way are ended.
  void terminate(Now now);
  // A gap in which nobody looked has ended, or the run was loaded: tasks that were under way are
  // forgotten, to be asked again.
  void resumed(Now now);

  // When due() may next give something or change the status; nothing while only answers are
  // awaited, or where the run has ended.
  std::optional<Instant> next_wakeup() const;
  const RunStatus& status() const { return status_; }
  const AnalysisRunSpec& spec() const { return *spec_; }  // with arguments in
  bool completed() const { return is_completed(status_.phase); }

  // Metrics that have ended badly, with what is to be done: failed and error (argoproj.io) by
  // onFail or rollback, inconclusive pauses, dry runs and onFail notify only tell.
  std::vector<Finding> findings() const;
  // The first serin.dev metric that has not been judged often enough for promotion (at least once,
  // or minSamples times), or whose rule is broken without having failed yet; nothing where none
  // is. Metrics that decide nothing are left out.
  std::optional<Undecided> undecided() const;
  // Why nothing is concluded: metrics whose provider fails; "" where all answer.
  std::string sources_sentence() const;

  Json save() const;
  // Errors: data_loss. `spec` and `name` are those that the state was saved with.
  static Result<RunMachine> load(const Json& state, std::shared_ptr<const AnalysisRunSpec> spec,
                                 std::string name, Now now, Filling filling = Filling::needed);

 private:
  struct Slot {
    bool under_way = false;
    Task::Kind kind = Task::Kind::run;
    std::optional<WallTime> asked_at{};
    std::optional<Schedule> schedule{};  // serin.dev metrics
    bool dry_run = false;
    std::int64_t retention = MeasurementRetention::kLimitDefault;
  };

  Status resolve_arguments();
  void apply_rules();
  bool is_dry_run(std::size_t metric) const { return slots_[metric].dry_run; }
  bool terminating() const;
  bool pass_under_way() const;
  std::optional<Task> task_of(std::size_t metric, Now now, bool terminating) const;
  bool is_argo_due(const Metric& metric, const MetricResult* result, Now now) const;
  std::optional<Instant> wakeup_of(std::size_t metric) const;
  std::optional<WallTime> argo_wakeup(const Metric& metric, const MetricResult* result) const;
  void assess(Now now);
  // Updates one metric's phase; true once it has completed.
  bool assess_result(std::size_t metric, MetricResult& result, bool terminating);
  void trim_measurements();
  Instant on_loop(WallTime time) const;

  std::shared_ptr<const AnalysisRunSpec> spec_;
  std::string name_;
  RunStatus status_;
  std::vector<Slot> slots_;  // one a metric
  bool terminate_ = false;
  bool pass_ = true;  // due() would do something at once
  Now last_;          // when it was last called
};

}  // namespace serin::analysis
