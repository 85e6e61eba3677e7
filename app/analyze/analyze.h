// One analysis, without a release: the metrics of a template over a span of the past, or from now
// on.
//
//   SERIN_TRY(outcome, analyze(pinned, {.from = from, .to = to}, ask, sleep));
//   outcome.verdict                    // promote, rollback, inconclusive
//
// Compared metrics are judged as in a release whose canary has had traffic since the start,
// threshold rules as a run of their own. The past is asked query by query as it would have been
// live, each with its time. It moves no traffic.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "analysis/run/status.h"
#include "base/json.h"
#include "queries/metric_source.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

enum class AnalyzeVerdict { promote, rollback, inconclusive };
std::string_view to_string(AnalyzeVerdict verdict);

struct AnalyzePlan {
  std::string name;  // spreads the looks of live analyses
  bool past = false;
  Now start;          // of the past: mono is any instant
  Duration length{};  // at most; a run whose metrics have all ended is not waited for
};

struct AnalyzeOutcome {
  AnalyzeVerdict verdict = AnalyzeVerdict::inconclusive;
  double t_s = 0;      // since the start
  std::string metric;  // that decided, or is undecided; "" where none
  std::string sentence;
  Json report;                     // of the compared metrics
  analysis::RunStatus thresholds;  // of the others
  int looks = 0;
  // {"verdict":…,"t_s":…,"metric":…,"sentence":…,"looks":…,"metrics":[…],"run":{…}}
  Json to_json() const;
};

struct AnalyzePorts {
  // Asks and waits. Of the past, the request has its time.
  std::function<Result<queries::Answer>(const analysis::Provider& provider,
                                        const queries::Request& request, Duration timeout)>
      ask;
  // Waits until then and gives the time; of the past it returns at once.
  std::function<Now(Now until)> wait_until;
  // Asked between looks: a person wants it to end now. Unset: never.
  std::function<bool()> stop{};
};

// Errors: invalid_argument (a metric that can't be asked).
Result<AnalyzeOutcome> analyze(const rollout::PinnedAnalysis& pinned, const AnalyzePlan& plan,
                               const AnalyzePorts& ports);

}  // namespace serin::app
