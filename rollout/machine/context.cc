#include "rollout/machine/context.h"

#include <algorithm>

#include "base/assert.h"
#include "rollout/machine/phases.h"

namespace serin::rollout::machine {

void tell(Context& c, Severity severity, std::string event, std::string sentence) {
  c.effects.push_back(
      {When::at_once, effect::Notify{severity, std::move(event), std::move(sentence)}});
}

void set_status(Context& c, ReleaseStatus status, Reason reason, std::string sentence) {
  SERIN_ASSERT(!is_terminal(c.state.status));
  if (c.state.status != status) c.state.since = c.now;
  c.state.status = status;
  c.state.reason = reason;
  c.state.sentence = std::move(sentence);
}

void pause(Context& c, Reason reason, std::string sentence) {
  SERIN_ASSERT(is_active(c.state) && c.state.status != ReleaseStatus::rolling_back);
  if (c.state.status != ReleaseStatus::paused) c.state.resume_to = c.state.status;
  bool planned =
      reason == Reason::step_wait || reason == Reason::approval || reason == Reason::manual;
  tell(c, planned ? Severity::info : Severity::warning, "paused", sentence);
  set_status(c, ReleaseStatus::paused, reason, std::move(sentence));
}

bool is_active(const ReleaseState& state) {
  return !is_terminal(state.status);
}

bool is_judged(const ReleaseState& state) {
  switch (state.status) {
    case ReleaseStatus::progressing:
    case ReleaseStatus::paused:
    case ReleaseStatus::starting:
      return true;
    case ReleaseStatus::promoting:
      return !is_exchanging(state);
    default:
      return false;
  }
}

bool is_exchanging(const ReleaseState& state) {
  return state.status == ReleaseStatus::promoting &&
         state.promotion.stage == PromotionStage::exchange;
}

bool is_held(const ReleaseState& state) {
  return state.store_failed || state.recovering || state.sources_down_since.has_value() ||
         state.traffic.unreachable_since.has_value();
}

int instances_needed(const Context& c) {
  return std::max(c.spec.canary_instances, stable_own(c.state));
}

Weight target_weight(const Context& c) {
  const ReleaseState& state = c.state;
  bool promoting =
      state.status == ReleaseStatus::promoting ||
      (state.status == ReleaseStatus::paused && state.resume_to == ReleaseStatus::promoting);
  bool handed_over =
      c.spec.promotion == PromoteBy::copy && state.promotion.stage >= PromotionStage::hand_over;
  if (promoting && handed_over) return {};
  if (promoting && state.promotion.stage >= PromotionStage::full) return Weight::full();
  if (state.manual_weight) return *state.manual_weight;
  Weight weight;
  for (int i = 0; i < c.steps_count() && i <= state.step; ++i) {
    const ReleaseStep& step = c.spec.steps[static_cast<std::size_t>(i)];
    if (step.kind == StepKind::set_weight) weight = step.weight;
  }
  return weight;
}

namespace {

void note_outcome(Context& c, int index, StepOutcome outcome) {
  StepLog& log = c.state.log[static_cast<std::size_t>(index)];
  log.outcome = outcome;
  if (outcome == StepOutcome::current) {
    log.entered = c.now.wall;
  } else if (outcome != StepOutcome::pending) {
    log.ended = c.now.wall;
  }
}

}  // namespace

void log_step(Context& c, int index, StepOutcome outcome) {
  if (index < 0 || index >= c.steps_count()) return;
  note_outcome(c, index, outcome);
}

void log_own_step(Context& c, StepKind kind, StepOutcome outcome) {
  auto index = step_of_promotion(c.spec, kind);
  if (!index) return;
  const StepOutcome before = c.state.log[static_cast<std::size_t>(*index)].outcome;
  if (before != outcome) note_outcome(c, *index, outcome);
}

void log_approval(Context& c, ApprovalStatus status) {
  if (c.state.step >= c.steps_count()) return;
  StepLog& log = c.state.log[static_cast<std::size_t>(c.state.step)];
  if (log.approval == ApprovalStatus::waiting) log.approval = status;
}

std::string next_key(Context& c, std::string prefix) {
  return std::move(prefix) + std::to_string(++c.state.effects);
}

Duration backoff(std::uint64_t attempt, Duration max) {
  std::uint64_t doublings = std::min<std::uint64_t>(attempt == 0 ? 0 : attempt - 1, 20);
  return std::min(kRetryFirst * (std::int64_t{1} << doublings), max);
}

}  // namespace serin::rollout::machine
