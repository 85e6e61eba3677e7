#include "analysis/planning/trial.h"

#include <algorithm>

#include "base/assert.h"

namespace serin::analysis::planning {
namespace {

bool acts(const SequentialJudge& judge, std::size_t metric) {
  return judge.plan().metrics[metric].rules.on_fail == OnFail::rollback;
}

}  // namespace

TrialOutcome run_trial(
    SequentialJudge& judge, std::span<const TrialStep> steps, std::span<const Duration> intervals,
    const std::function<void(const TrialLook&, queries::ComparisonWindow&)>& window_of,
    const TrialOptions& options) {
  SERIN_ASSERT(intervals.size() == judge.size());
  TrialOutcome outcome;
  std::vector<Duration> last(judge.size(), Duration::zero());
  Duration begin{};
  queries::ComparisonWindow window;
  bool passed = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    outcome.step = static_cast<int>(i);
    judge.start_step(outcome.step);
    const Duration end = begin + steps[i].duration;
    while (true) {
      // The metric whose look is next; those of one time in their order.
      std::size_t metric = 0;
      for (std::size_t m = 1; m < judge.size(); ++m) {
        if (last[m] + intervals[m] < last[metric] + intervals[metric]) metric = m;
      }
      const Duration now = last[metric] + intervals[metric];
      if (now > end) break;
      window = {};
      window_of({metric, last[metric], now, steps[i].weight}, window);
      last[metric] = now;
      judge.update(metric, window, now);
      outcome.time = now;
      outcome.guard = acts(judge, metric) && judge.guard(metric).has_value();
      const CombinedEvidence combined = judge.combined();
      if (combined.fail || outcome.guard) {
        outcome.rolled_back = true;
        outcome.metric = outcome.guard ? metric : combined.blame.front();
        return outcome;
      }
      if (combined.passed && !combined.contested && !passed) outcome.passed_at = now;
      passed = combined.passed && !combined.contested;
      if (passed && options.stop_when_passed) {
        outcome.passed = true;
        return outcome;
      }
    }
    begin = end;
  }
  outcome.time = begin;
  outcome.passed = passed;
  return outcome;
}

}  // namespace serin::analysis::planning
