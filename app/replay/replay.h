// What a policy would have decided over recorded metrics: the same analysis as live, on recorded
// time.
//
//   SERIN_TRY(outcome, replay(recording, {.policy = policy, .steps = steps}, start));
//   outcome.verdict                    // promote, rollback, inconclusive
//
// The recorded plan is never changed: nothing is extended, paused or promoted early, and FAIL stays
// armed to the end. At each look only what was scraped by then is seen.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/release/policy.h"
#include "analysis/release_analysis.h"
#include "base/json.h"
#include "providers/recordings/recording.h"
#include "rollout/plan/weight.h"

namespace serin::app {

struct ReplayStep {
  rollout::Weight weight;
  Duration duration{};
  bool operator==(const ReplayStep&) const = default;
};

struct ReplayPlan {
  std::shared_ptr<const analysis::ReleasePolicy> policy;
  std::vector<ReplayStep> steps;
  std::optional<Duration> until{};  // no further than that after the start
  bool step_reports = false;        // keep the metrics as they stood at each step's end
  // Told of each moment at which something was asked; false ends the replay there.
  std::function<bool(Duration since, int step, const analysis::ReleaseAnalysis&)> on_look{};
};

enum class ReplayVerdict { promote, rollback, inconclusive };
std::string_view to_string(ReplayVerdict verdict);

struct ReplayOutcome {
  ReplayVerdict verdict = ReplayVerdict::inconclusive;
  double t_s = 0;      // of the newest sample that decided, since the start
  std::string metric;  // that rolls back or is undecided; "" where none
  std::string sentence;
  bool guard = false;
  int step = 0;  // in which it ended, from 0
  int looks = 0;
  Json report;                     // of the analysis, at the end
  std::vector<Json> step_reports;  // where they are kept
  std::vector<ReplayStep> steps;
  // {"verdict":…,"t_s":…,"metric":…,"sentence":…,"steps":[…],"metrics":[…]}
  Json to_json() const;
};

// The finding that rolls back; null where none does.
const analysis::Finding* rollback_in(const analysis::Judgement& judgement);
// At the end of the plan, where nothing rolls back: promotion's condition, or what it lacks.
void conclude(const analysis::Judgement& judgement, ReplayOutcome& outcome);

// Errors: invalid_argument (a metric that can't be asked of a recording; no steps; the start is
// outside the recording).
Result<ReplayOutcome> replay(const providers::Recording& recording, const ReplayPlan& plan,
                             WallTime start);

}  // namespace serin::app
