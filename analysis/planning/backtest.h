// How a policy would have fared on a service's own past: releases in which nothing changed, and
// releases that were made worse.
//
//   Backtester backtester(plan, steps, intervals, pasts, {.releases = 400});
//   while (backtester.step()) progress(backtester.done());
//   BacktestResult result = backtester.result();
//   result.false_rollbacks, result.releases;
//
// A harmless release: at a random time one instance of those that ran throughout counts as the
// canary, with its requests thinned to the step's share; nothing else is changed. Its
// false-rollback rate is the policy's. A worse one: the same, with the canary's windows worsened by
// a known factor from the start. Releases overlap in time: a short past holds few independent
// hours, which `independent` says.
#pragma once

#include <memory>
#include <vector>

#include "analysis/planning/harm.h"
#include "analysis/planning/past.h"
#include "analysis/planning/trial.h"

namespace serin::analysis::planning {

struct BacktestOptions {
  int releases = 400;
  int harmed = 60;  // of each size
  std::uint64_t seed = 1;
  Duration history = std::chrono::hours(6);  // learned from before each
  // Left out: nothing begins, ends or is learned within.
  std::vector<std::pair<WallTime, WallTime>> except{};
};

struct FalseRollback {
  WallTime start;
  Duration after{};
  std::size_t metric = 0;
  bool guard = false;
  std::string instance;
};

struct HarmResult {
  std::size_t metric = 0;
  Harm harm;
  int releases = 0;
  int found = 0;
  int promoted = 0;
  std::vector<double> seconds{};  // to the rollback, ascending
};

struct BacktestResult {
  int releases = 0;
  int promoted = 0;  // of the harmless ones
  std::vector<FalseRollback> false_rollbacks;
  std::vector<int> by_metric;  // false rollbacks that each is blamed for
  std::vector<HarmResult> harms;
  WallTime from;
  WallTime until;
  double independent = 0;         // how often a release fits into the past
  std::size_t instances_min = 0;  // instances at once, over the releases
  std::size_t instances_max = 0;
};

// Thread: one owner.
class Backtester {
 public:
  // Tries of finding a time at which the past suffices.
  static constexpr int kTriesMax = 200;

  // `pasts`: one a metric of the plan, in its order. Errors: invalid_argument (the past is shorter
  // than two hours and a release, fewer than two instances at once, a plan that is not valid).
  static Result<Backtester> create(SequentialPlan plan, std::vector<TrialStep> steps,
                                   std::vector<Duration> intervals,
                                   std::shared_ptr<const std::vector<PastMetric>> pasts,
                                   BacktestOptions options);

  // The next harmless release, with its worse ones. False when all are done.
  bool step();
  double done() const;
  const BacktestResult& result() const { return result_; }

  // The harmless releases that were rolled back once more, with other rules: how many still are.
  int again(const SequentialPlan& plan) const;

 private:
  struct Start {
    WallTime at;
    std::string canary;
    std::vector<std::string> instances;
    std::uint64_t seed = 0;
  };
  Backtester() = default;
  std::optional<Start> draw();
  bool suits(std::int64_t start_ms, Start& start);
  SequentialJudge learned(const SequentialPlan& plan, const Start& start) const;
  TrialOutcome play(SequentialJudge judge, const Start& start, std::size_t metric,
                    const Harm* harm) const;
  bool excepted(std::int64_t from_ms, std::int64_t until_ms) const;

  SequentialPlan plan_;
  std::vector<TrialStep> steps_;
  std::vector<Duration> intervals_;
  std::shared_ptr<const std::vector<PastMetric>> pasts_;
  BacktestOptions options_;
  Duration length_{};
  Rng rng_{1};
  std::vector<Start> rolled_back_;
  BacktestResult result_;
};

}  // namespace serin::analysis::planning
