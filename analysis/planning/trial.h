// A release as the judge of compared metrics lives it, on windows that somebody makes: from
// history, or drawn at random. Planning and back-testing run many.
//
//   TrialOutcome outcome = run_trial(judge, steps, intervals, [&](const TrialLook& look, auto&
//   window) {
//     …                                              // what happened between the two looks
//   });
//
// Compared metrics, their error budget and the guard of gross errors judge as in a release; there
// are no threshold rules, no router's counters, no extensions of steps.
#pragma once

#include <functional>
#include <span>

#include "analysis/judges/sequential/judge.h"

namespace serin::analysis::planning {

struct TrialStep {
  double weight = 0;  // the canary's share of traffic, in (0, 1]
  Duration duration{};
  bool operator==(const TrialStep&) const = default;
};

struct TrialLook {
  std::size_t metric = 0;
  Duration from{};  // since the release began
  Duration until{};
  double weight = 0;
};

struct TrialOutcome {
  bool rolled_back = false;
  bool guard = false;
  std::size_t metric = 0;  // that is blamed, where it is rolled back
  Duration time{};         // of the rollback, or of the end
  int step = 0;            // from 0
  bool passed = false;     // at the end: every required metric has, and it is not contested
  Duration passed_at{};    // since when; where it has
};

struct TrialOptions {
  bool stop_when_passed = false;
};

// `judge`: has learned what it is to know. `intervals`: between looks, one a metric, above zero.
// `window_of` fills an empty window.
TrialOutcome run_trial(
    SequentialJudge& judge, std::span<const TrialStep> steps, std::span<const Duration> intervals,
    const std::function<void(const TrialLook&, queries::ComparisonWindow&)>& window_of,
    const TrialOptions& options = {});

}  // namespace serin::analysis::planning
