// What an analysis keeps where its release was edited.
#include <fmt/format.h>

#include <algorithm>

#include "analysis/release/policy_analysis.h"

namespace serin::analysis {
namespace {

// Nothing that evidence rests on differs. How long is looked, and rules, may.
bool same_evidence(const ReleasePolicy& a, const ReleasePolicy& b) {
  return a.metrics == b.metrics && a.false_rollback_rate == b.false_rollback_rate &&
         a.false_pass_rate == b.false_pass_rate && a.boundary == b.boundary &&
         a.kayenta == b.kayenta && a.edge_errors == b.edge_errors && a.edge_share == b.edge_share &&
         a.matched_only == b.matched_only;
}

// The same question with the same margins; the metric's part of the budget may differ.
bool asked_and_judged_alike(const PolicyMetric& a, PolicyMetric b) {
  b.metric.options.share = a.metric.options.share;
  return a == b;
}

const PolicyMetric* find(const ReleasePolicy& policy, const std::string& name) {
  auto found = std::ranges::find(policy.metrics, name,
                                 [](const PolicyMetric& each) { return each.metric.name; });
  return found == policy.metrics.end() ? nullptr : &*found;
}

}  // namespace

Status PolicyAnalysis::take_over(const ReleaseAnalysis& before_any, Now now) {
  const auto* before = dynamic_cast<const PolicyAnalysis*>(&before_any.core());
  if (before == nullptr) return fail(Code::internal, "an analysis of another kind was edited");
  // What a step test spends is split over the steps: another number of them is another split.
  bool same = same_evidence(*policy_, *before->policy_) &&
              (tests_.size() == 0 || tests_.steps() == before->tests_.steps());
  epoch_ = before->epoch_ + (same ? 0 : 1);
  exposed_ = before->exposed_;
  running_ = before->running_;
  last_ = now;
  step_ = before->step_;
  last_ask_ = before->last_ask_;
  std::set<std::string> anew;
  take_compared(*before, now, anew);
  if (before->baseline_from_ms_) count_baseline_from(*before->baseline_from_ms_);
  SERIN_CHECK(take_judge(*before, same, anew));
  tests_.enter_epoch(epoch_);
  if (same && tests_.size() > 0) {
    tests_.take_over(before->tests_);
  } else {
    tests_.start_step(step_, running_, to_unix_ms(now.wall));
  }
  if (edge_ && before->edge_) edge_ = before->edge_;
  edge_guard_ = before->edge_guard_;
  ratio_ = before->ratio_;
  ratio_fraction_ = before->ratio_fraction_;
  ratio_mixed_ = true;
  for (auto& [source, pace] : paces_) {
    auto known = before->paces_.find(source);
    if (known != before->paces_.end()) pace = known->second;
  }
  rules_.take_over(before->rules_);
  rules_.resumed(now);
  if (exposed_) rules_.start_background(now);
  if (step_ >= 0) rules_.start_step(step_, now);
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    if (!forecasts_[i]) foretell(i);
  }
  return {};
}

// Looks that are under way are asked again.
void PolicyAnalysis::take_compared(const PolicyAnalysis& before, Now now,
                                   std::set<std::string>& anew) {
  bool same_users = policy_->matched_only == before.policy_->matched_only;
  for (std::size_t i = 0; i < compared_.size(); ++i) {
    const PolicyMetric* here = find(*policy_, compared_[i].name());
    const PolicyMetric* there = find(*before.policy_, compared_[i].name());
    auto old = std::ranges::find(before.compared_, compared_[i].name(), &Compared::name);
    bool was_tested =
        static_cast<std::size_t>(old - before.compared_.begin()) >= before.sequential_;
    bool kept = same_users && there != nullptr && old != before.compared_.end() &&
                was_tested == (i >= sequential_) && asked_and_judged_alike(*here, *there);
    if (kept) {
      compared_[i] = *old;
      silences_[i] = before.silences_[static_cast<std::size_t>(old - before.compared_.begin())];
      baselines_[i] = before.baselines_[static_cast<std::size_t>(old - before.compared_.begin())];
    } else {
      anew.insert(compared_[i].name());
    }
    compared_[i].resumed(now);
  }
}

Status PolicyAnalysis::take_judge(const PolicyAnalysis& before, bool same,
                                  const std::set<std::string>& anew) {
  if (!judge_) return {};
  SequentialPlan plan = judge_->plan();
  if (same && before.judge_) {
    judge_ = before.judge_;
    judge_->change_polls(plan.polls_planned);
    return {};
  }
  if (before.judge_) {
    judge_ = before.judge_;
    SERIN_CHECK(judge_->change_plan(std::move(plan), anew));
  } else {
    plan.epoch = epoch_;
    SERIN_TRY(judge, SequentialJudge::create(std::move(plan)));
    judge_ = std::move(judge);
  }
  if (step_ >= 0) judge_->start_step(step_);
  return {};
}

}  // namespace serin::analysis
