// The threshold rules of a release: one run in the background, and one for each step that has an
// analysis of its own.
//
//   rules.start_background(now);                    // once the canary may have traffic
//   for (const RuleAsk& ask : rules.due(now)) …     // give to ask.source
//   rules.answered(ask.run, ask.metric, answer, now);
//   rules.add_to(judgement);
//
// It joins runs to the release; when to measure and what a measurement means is analysis/run's.
// Thread: one owner. A value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analysis/judgement.h"
#include "analysis/release/policy.h"
#include "analysis/run/threshold_run.h"

namespace serin::analysis {

// A rule that is looked at at intervals, and whose server's pace it follows.
struct PacedRule {
  std::string name;
  std::string source;
  Duration interval{};
};

struct RuleAsk {
  std::size_t run = 0;
  std::size_t metric = 0;
  std::string source;
  queries::Request request;
  Duration timeout{};
};

class RuleRuns {
 public:
  RuleRuns() = default;
  RuleRuns(const ReleasePolicy& policy, conditions::ZoneSource zones);

  // Later calls do nothing.
  void start_background(Now now);
  // The step's own run begins; those of other steps end.
  void start_step(int step, Now now);
  // Runs of the same rules go on where they stand.
  void take_over(const RuleRuns& before);
  std::vector<RuleAsk> due(Now now);
  // `stretch`: a rule that is not broken is looked at again so many of its intervals later.
  void answered(std::size_t run, std::size_t metric, const Result<queries::Answer>& answer, Now now,
                int stretch = 1);
  std::optional<Instant> next_wakeup() const;
  void resumed(Now now);
  // Whether that run has started and has such a metric.
  bool knows(std::size_t run, std::size_t metric) const;
  // Nothing for argoproj.io metrics, which keep to Argo's times, for those measured once, and for
  // what asks no metrics server.
  std::optional<PacedRule> paced(std::size_t run, std::size_t metric) const;
  std::vector<PacedRule> paced() const;

  // Findings, pauses, what lacks for promotion, sources that fail, whether the step's run is done.
  void add_to(Judgement& judgement, int step) const;
  // One object a metric, as in the report of compared ones: name, kind "threshold", verdict,
  // sentence, value, counts.
  void add_to(Json& metrics) const;

  Json save() const;
  // `saved_at`: when save() was called. Errors: data_loss.
  Status load(const Json& state, Now saved_at);

 private:
  static constexpr int kBackground = -1;
  struct Run {
    int step = kBackground;
    std::string name;
    std::shared_ptr<const AnalysisRunSpec> spec;
    std::vector<std::string> sources;   // one a metric
    std::optional<ThresholdRun> run{};  // once started
  };
  void add(int step, const PolicyRules& rules, const std::string& release);

  std::vector<Run> runs_;
  conditions::ZoneSource zones_;
};

}  // namespace serin::analysis
