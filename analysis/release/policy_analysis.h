// The analysis of a release by its pinned policy: compared metrics under one error budget, the
// router's own counters, guards, and threshold rules, joined into one judgement.
//
//   SERIN_TRY(analysis, PolicyAnalysis::create(policy, now));
//   for (Ask& ask : analysis->due(now)) …
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/judges/sequential/guards.h"
#include "analysis/judges/sequential/judge.h"
#include "analysis/release/compared.h"
#include "analysis/release/edge.h"
#include "analysis/release/pace.h"
#include "analysis/release/policy.h"
#include "analysis/release/rule_runs.h"
#include "analysis/release/step_tests.h"
#include "analysis/release_analysis.h"

namespace serin::analysis {

// What the sequential judge of a policy's compared metrics is told, in the policy's order; without
// the router's own counters. Metrics that the policy does not judge, or judges at the end of steps,
// are left out; the budget is less by what the latter have of it.
SequentialPlan sequential_plan(const ReleasePolicy& policy);

// Thread: one owner. Copies by clone().
class PolicyAnalysis final : public ReleaseAnalysis {
 public:
  static constexpr std::string_view kEdgeMetric = "edge-errors";
  // The router's counters are judged as often as the quickest metric, within these bounds.
  static constexpr Duration kEdgeIntervalMin = std::chrono::seconds(1);
  static constexpr Duration kEdgeIntervalMax = std::chrono::seconds(10);
  // Looks in a row without an answer before a source counts as down.
  static constexpr int kFailuresDown = 2;
  // Looks without a sample of the canary, while the router counts requests to it, before a person
  // is asked.
  static constexpr int kSilentLooksMax = 3;
  // Stable instances count as started for the release from so long before they were asked for:
  // clocks differ, and starts are known by scrapes.
  static constexpr Duration kBaselineSlack = std::chrono::seconds(5);
  // A replay begins about when the canary was first scraped, which may be later.
  static constexpr Duration kReplayedBaselineSlack = std::chrono::seconds(60);
  // And so long at least: series of a new instance take some scrapes to appear.
  static constexpr Duration kSilenceMin = std::chrono::seconds(20);

  // `zones`: the rules of time zones, for conditions that name one; empty: only UTC is known.
  // Errors: invalid_argument, naming metric and field.
  static Result<std::unique_ptr<PolicyAnalysis>> create(std::shared_ptr<const ReleasePolicy> policy,
                                                        Now now, conditions::ZoneSource zones = {});

  std::vector<Ask> due(Now now) override;
  std::optional<Instant> next_wakeup() const override;
  void answered(AskId id, const Result<queries::Answer>& answer, Now now) override;
  // Of history what it taught is kept. {"held":true}: of a part, beside others that are waited for;
  // {"learned":…}: with the last part; {"error":{…}}: it can't be used.
  std::optional<Json> digest(AskId id, const Result<queries::Answer>& answer) override;
  Status learned(AskId id, const Json& what, Now now) override;
  void baseline_asked(Now now) override;
  void traffic_commanded(double canary_fraction, Now now) override;
  void traffic_confirmed(int step, double canary_fraction, Now now) override;
  void edge_counts(const EdgeCounts& counts, double canary_fraction, Now now) override;
  void resumed(Now now) override;
  Judgement judgement(Now now) const override;
  // Whether judgement() has findings or pauses that its own evidence or rules make. Cheap: for
  // those who judge very often.
  bool calls_for_action() const;
  Json report(Now now) const override;
  // An edit of metrics, shares or margins opens an epoch with its own part of the error budget,
  // alpha · 2^−epoch. Metrics that are asked and judged as before keep what was learned, and their
  // evidence for passing; changed threshold rules begin anew.
  Status take_over(const ReleaseAnalysis& before, Now now) override;
  Json save() const override;
  Status load(const Json& state) override;
  std::unique_ptr<ReleaseAnalysis> clone() const override {
    return std::make_unique<PolicyAnalysis>(*this);
  }

  PolicyAnalysis(const PolicyAnalysis&) = default;

 private:
  struct Pending {
    // Of a compared metric: index into compared_, and which part of its look. Of a threshold rule:
    // its place in the run.
    std::size_t metric = 0;
    int part = 0;
    std::optional<std::size_t> run{};  // set for threshold rules
    Instant deadline{};
    Instant asked{};
  };
  // Looks in which the canary yielded nothing, beside what the router had counted by then.
  struct Silence {
    int looks = 0;
    double canary_requests = 0;  // at the first of them
    Duration since{};            // running time then
  };

  // Of a metric that is compared with fresh instances of stable.
  struct Baseline {
    bool used = false;     // not of one that has a target (slo)
    std::size_t seen = 0;  // fresh instances in the latest look
    EdgeGuard guard{};     // the canary against all of stable's instances
  };

  Status add_compared(Now now);
  void add_baseline(Now now);
  void count_baseline_from(std::int64_t from_ms);
  // The window without stable instances that are older than the release's fresh ones.
  void keep_fresh(std::size_t metric, queries::ComparisonWindow& window);
  std::optional<Finding> baseline_guard(std::size_t metric) const;
  // What is said of a metric, with what it is compared with; nothing is added to others.
  std::string with_baseline(std::size_t metric, std::string sentence) const;
  void add_baseline_to(Json& metric, std::size_t index) const;
  Json save_baseline() const;
  Status load_baseline(const Json& json);
  Status take_judge(const PolicyAnalysis& before, bool same, const std::set<std::string>& anew);
  void take_compared(const PolicyAnalysis& before, Now now, std::set<std::string>& anew);
  explicit PolicyAnalysis(std::shared_ptr<const ReleasePolicy> policy)
      : policy_(std::move(policy)) {}
  void move_on(Now now);
  void take(std::size_t metric, Now now);
  std::uint64_t expect(Pending pending);
  // The pace of the server that was asked; null where that answer says nothing of it.
  Pace* pace_of(const Pending& pending);
  // A look at a metric ended: what its server's pace learns of that.
  void learn_pace(const Pending& pending, const Result<queries::Answer>& answer, Now now);
  // By how much the next look at what asks that source is later than planned.
  int stretch_of(const std::string& source) const;
  // The release may be about to fail: its looks are not put off.
  bool near_failure() const;
  bool degraded() const;  // a metrics server can't keep up
  void add_pace(Json& report) const;
  void add_left_out(Json& report) const;
  // What the metric can show in the planned time, once its history is known.
  void foretell(std::size_t metric);
  void add_guards(Judgement& judgement) const;
  void watch_ratio(const std::optional<queries::ComparisonWindow>& window, double canary_fraction);
  void watch_silence(std::size_t metric, const queries::ComparisonWindow& window);
  void add_silence(Judgement& judgement) const;
  void add_combined(Judgement& judgement) const;
  void add_coverage(Judgement& judgement) const;
  void add_sources(Judgement& judgement) const;
  void add_unjudged(Judgement& judgement) const;

  std::shared_ptr<const ReleasePolicy> policy_;
  // First the sequential ones in the judge's order, then those of the step tests in theirs.
  std::vector<Compared> compared_;
  std::size_t sequential_ = 0;  // how many of them the sequential judge has
  std::vector<Silence> silences_;
  std::vector<Baseline> baselines_;  // as compared_
  std::optional<std::int64_t> baseline_from_ms_;
  std::vector<std::optional<Forecast>> forecasts_;  // as compared_; follows from the judge's state
  std::optional<SequentialJudge> judge_;
  StepTests tests_;
  std::optional<EdgeWatch> edge_;
  std::optional<std::size_t> edge_metric_;  // nothing: compared with nothing, only guarded
  EdgeGuard edge_guard_;
  SampleRatioGuard ratio_;
  double ratio_fraction_ = 0;  // the split since the last window of the edge
  bool ratio_mixed_ = false;   // it changed within
  RuleRuns rules_;
  std::map<std::string, Pace> paces_;  // of the servers that are asked at intervals, by source
  int epoch_ = 0;                      // how often metrics, shares or margins were edited

  std::map<std::uint64_t, Pending> pending_;
  std::uint64_t last_ask_ = 0;
  bool exposed_ = false;  // the canary may have had traffic
  Duration running_{};    // looked-at time since then
  Now last_{};
  int step_ = -1;
};

}  // namespace serin::analysis
