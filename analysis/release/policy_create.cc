// What a policy becomes when its release begins: which metrics are judged how, and their parts of
// the error budget.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "analysis/release/policy_analysis.h"
#include "base/assert.h"

namespace serin::analysis {
namespace {

// Looks that a plan may take, at least a few so that the start mixture has something to spread.
int polls_over(Duration planned, Duration interval) {
  constexpr std::int64_t kPollsMax = 1'000'000;
  return static_cast<int>(std::clamp<std::int64_t>(planned / interval, 10, kPollsMax));
}

Duration interval_of(const PolicyMetric& metric) {
  Duration interval = metric.metric.interval.value_or(ReleasePolicy::kIntervalDefault);
  return interval > Duration::zero() ? interval : ReleasePolicy::kIntervalDefault;
}

// While only matched requests reach the canary, its users differ from stable's.
bool judged(const ReleasePolicy& policy, const PolicyMetric& metric) {
  if (!metric.metric.compare) return false;
  return !policy.matched_only || rules_of(metric.metric).slo.has_value();
}

bool by_kayenta(const PolicyMetric& metric) {
  return metric.metric.options.judge == JudgeKind::kayenta;
}

// Not at every look, but at the end of steps.
bool at_step_ends(const PolicyMetric& metric) {
  return by_kayenta(metric) || rules_of(metric.metric).mode == JudgeMode::fixed;
}

// The parts of the error budget, before they are divided by their sum.
struct Shares {
  double sequential = 0;
  double tested = 0;
};

Shares shares_of(const ReleasePolicy& policy) {
  Shares shares;
  if (policy.edge_errors && !policy.matched_only) shares.sequential = policy.edge_share;
  for (const PolicyMetric& metric : policy.metrics) {
    // Kayenta's algorithm has no error rate, and takes no part of the budget.
    if (!judged(policy, metric) || by_kayenta(metric)) continue;
    const MetricRules rules = rules_of(metric.metric);
    if (rules.on_fail == OnFail::notify) continue;
    (at_step_ends(metric) ? shares.tested : shares.sequential) += rules.share;
  }
  return shares;
}

}  // namespace

SequentialPlan sequential_plan(const ReleasePolicy& policy) {
  SequentialPlan plan;
  plan.alpha = policy.false_rollback_rate;
  plan.beta = policy.false_pass_rate;
  plan.boundary = policy.boundary;
  plan.polls_planned = 0;
  const auto [sequential, tested] = shares_of(policy);
  if (sequential > 0 && tested > 0) plan.alpha *= sequential / (sequential + tested);
  for (const PolicyMetric& metric : policy.metrics) {
    if (!judged(policy, metric) || at_step_ends(metric)) continue;
    plan.metrics.push_back({.name = metric.metric.name,
                            .rules = rules_of(metric.metric),
                            .polls_planned = polls_over(policy.planned, interval_of(metric))});
    plan.polls_planned = std::max(plan.polls_planned, plan.metrics.back().polls_planned);
  }
  return plan;
}

Result<std::unique_ptr<PolicyAnalysis>> PolicyAnalysis::create(
    std::shared_ptr<const ReleasePolicy> policy, Now now, conditions::ZoneSource zones) {
  SERIN_ASSERT(policy != nullptr);
  std::unique_ptr<PolicyAnalysis> analysis(new PolicyAnalysis(policy));
  analysis->last_ = now;
  analysis->rules_ = RuleRuns(*policy, std::move(zones));
  SequentialPlan plan = sequential_plan(*policy);
  SERIN_CHECK(analysis->add_compared(now));
  if (policy->edge_errors) {
    Duration interval = kEdgeIntervalMax;
    for (const Compared& compared : analysis->compared_)
      interval = std::min(interval, compared.interval());
    interval = std::max(kEdgeIntervalMin, interval);
    analysis->edge_ = EdgeWatch(interval);
    if (!policy->matched_only) {
      MetricRules rules = rules_for(CompareKind::errors, {});
      rules.share = policy->edge_share;
      rules.required = false;
      plan.metrics.push_back({.name = std::string(kEdgeMetric),
                              .rules = rules,
                              .polls_planned = polls_over(policy->planned, interval)});
      plan.polls_planned = std::max(plan.polls_planned, plan.metrics.back().polls_planned);
      analysis->edge_metric_ = plan.metrics.size() - 1;
    }
  }
  analysis->add_baseline(now);
  analysis->silences_.resize(analysis->compared_.size());
  analysis->forecasts_.resize(analysis->compared_.size());
  if (!plan.metrics.empty()) {
    SERIN_TRY(judge, SequentialJudge::create(std::move(plan)));
    analysis->judge_ = std::move(judge);
  }
  return analysis;
}

// In the sequential judge's order, then in that of the step tests, which learn nothing of history.
Status PolicyAnalysis::add_compared(Now now) {
  const auto [sequential, tested] = shares_of(*policy_);
  StepTestPlan plan{.steps = policy_->step_times,
                    .alpha = policy_->false_rollback_rate,
                    .shares = sequential + tested,
                    .beta = policy_->false_pass_rate,
                    .scoring = policy_->kayenta};
  ReleasePolicy without_history = *policy_;
  without_history.history = Duration::zero();
  std::vector<Compared> at_ends;
  for (const PolicyMetric& metric : policy_->metrics) {
    if (!judged(*policy_, metric)) continue;
    if (!at_step_ends(metric)) {
      SERIN_TRY(compared, Compared::create(*policy_, metric, now));
      compared_.push_back(std::move(compared));
      continue;
    }
    SERIN_TRY(compared, Compared::create(without_history, metric, now));
    at_ends.push_back(std::move(compared));
    StepTestMetric test{.name = metric.metric.name,
                        .rules = rules_of(metric.metric),
                        .interval = interval_of(metric)};
    if (by_kayenta(metric))
      test.kayenta = metric.metric.options.kayenta.value_or(KayentaMetricOptions{});
    plan.metrics.push_back(std::move(test));
  }
  sequential_ = compared_.size();
  std::move(at_ends.begin(), at_ends.end(), std::back_inserter(compared_));
  for (const Compared& each : compared_) paces_[each.source()].asks_every(each.interval());
  for (const PacedRule& each : rules_.paced()) paces_[each.source].asks_every(each.interval);
  if (plan.metrics.empty()) return {};
  SERIN_TRY(tests, StepTests::create(std::move(plan)));
  tests_ = std::move(tests);
  return {};
}

// People are told which of their metrics judge nothing.
void PolicyAnalysis::add_left_out(Json& report) const {
  if (!policy_->matched_only) return;
  Json names = Json::array();
  std::string text;
  for (const PolicyMetric& metric : policy_->metrics) {
    if (!metric.metric.compare || judged(*policy_, metric)) continue;
    names.push(metric.metric.name);
    text += (text.empty() ? "" : ", ") + metric.metric.name;
  }
  if (text.empty()) return;
  report.set("notCompared", std::move(names))
      .set(
          "notComparedSentence",
          fmt::format("{}: rules on content choose the canary's users, so nothing is compared with "
                      "stable; a target (slo) would be judged",
                      text));
}

}  // namespace serin::analysis
