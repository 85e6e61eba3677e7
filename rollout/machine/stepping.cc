// Progressing: one entry of the plan after another. A weight counts from its read-back; a step ends
// when its time was looked at, its data are covered and nothing is contested.
#include <fmt/format.h>

#include "rollout/machine/phases.h"
#include "rollout/machine/step_end.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

const ReleaseStep& current(const Context& c) {
  return c.spec.steps[static_cast<std::size_t>(c.state.step)];
}

void finish_step(Context& c) {
  log_step(c, c.state.step, StepOutcome::done);
  enter_step(c, c.state.step + 1);
}

// The step begins when the hook before it has succeeded: its time and what is judged of it count
// from there.
bool prepare(Context& c) {
  Timer& timer = c.state.timer;
  timer.prepared = hook_passed(c, HookPoint::before_step);
  if (timer.prepared && c.spec.hooks.before_step) {
    timer.looked = Duration{};
    c.state.judged_step = -1;
  }
  return timer.prepared;
}

// True where the entry is done.
bool set_weight(Context& c, const ReleaseStep& step) {
  if (!c.state.timer.begun) {
    if (!bring_up(c)) return false;
    if (c.spec.capacity && step.weight > *c.spec.capacity && !c.spec.has_workload) {
      pause(c, Reason::capacity,
            fmt::format("step {} wants {} and the canary slot can take {}: add instances, then "
                        "continue",
                        c.state.step + 1, step.weight.to_string(), c.spec.capacity->to_string()));
      return false;
    }
    bool follows = c.state.scale && c.state.scale->match_traffic && c.spec.has_workload;
    const int wanted = instances_for(c, step.weight);
    if (follows && !is_scaled(c, wanted, false)) {
      wait_for_instances(c, wanted);
      return false;
    }
    c.state.timer.begun = true;
    c.state.manual_weight.reset();
    want_traffic(c, step.weight, true);
  }
  return c.state.traffic.confirmed;
}

bool wait(Context& c, const ReleaseStep& step) {
  c.state.timer.begun = true;
  if (!c.state.traffic.confirmed) return false;
  if (!step.duration) {
    pause(c, Reason::step_wait,
          fmt::format("step {} waits for a person to continue", c.state.step + 1));
    return false;
  }
  if (*step.duration == Duration{} && !step.gate_pass) return true;  // Argo's `duration: 0`
  // Before the canary is there time alone counts.
  if (c.state.start.stage == StartStage::deferred) return c.state.timer.looked >= *step.duration;
  return may_end(c, *step.duration, step.gate_pass);
}

bool scale(Context& c, const ReleaseStep& step) {
  c.state.timer.begun = true;
  c.state.scale = step.scale;
  // Without a driver the numbers are somebody else's.
  if (!c.spec.has_workload || c.state.start.stage == StartStage::deferred) return true;
  const int wanted = instances_for(c, target_weight(c));
  if (is_scaled(c, wanted, true)) return true;
  wait_for_instances(c, wanted);
  return false;
}

bool approval(Context& c, const ReleaseStep& step) {
  if (!c.state.timer.begun) {
    c.state.timer.begun = true;
    c.state.timer.looked = Duration{};
  }
  if (!c.state.traffic.confirmed) return false;
  std::string sentence = fmt::format("step {} waits for an approval", c.state.step + 1);
  if (step.duration) sentence += fmt::format(", at most {}", format_duration(*step.duration));
  if (!step.text.empty()) sentence += ": " + step.text;
  c.state.log[static_cast<std::size_t>(c.state.step)].approval = ApprovalStatus::waiting;
  pause(c, Reason::approval, std::move(sentence));
  return false;
}

bool is_done(Context& c, const ReleaseStep& step) {
  Timer& timer = c.state.timer;
  switch (step.kind) {
    case StepKind::set_weight:
      return set_weight(c, step);
    case StepKind::pause:
      return wait(c, step);
    case StepKind::approval:
      return approval(c, step);
    case StepKind::hook:
      timer.begun = true;
      return c.state.traffic.confirmed && hook_passed(c, HookPoint::step);
    case StepKind::set_canary_scale:
      return scale(c, step);
    case StepKind::set_header_route:
    case StepKind::set_mirror_route:
      if (!step.content.empty() && !bring_up(c)) return false;
      timer.begun = true;
      return c.state.traffic.confirmed;
    case StepKind::deploy_start:
      timer.begun = true;
      return bring_up(c);
    case StepKind::deploy_rolling:
    case StepKind::cleanup:
      return true;  // only of meaning at the plan's end
    case StepKind::analysis:
      break;
  }
  if (!bring_up(c)) return false;
  timer.begun = true;
  return c.state.traffic.confirmed && c.state.judgement && c.state.judged_step == c.state.step &&
         c.state.judgement->step_analysis_done && may_end(c, Duration{}, step.gate_pass);
}

// How long the last weight was planned to be watched.
Duration watched_last(const Context& c) {
  Duration sum{};
  for (const ReleaseStep& step : c.spec.steps) {
    if (step.kind == StepKind::set_weight) sum = Duration{};
    if (step.kind == StepKind::pause && step.duration) sum += *step.duration;
  }
  return sum;
}

// Past the last step: promotion needs evidence, or a person's word.
void conclude(Context& c) {
  ReleaseState& state = c.state;
  state.timer.begun = true;
  if (is_held(state) || !bring_up(c)) return;
  if (state.promotion.word) {
    begin_promotion(c, true);
    return;
  }
  if (!state.judgement || state.judged_step != state.step || !state.traffic.confirmed) return;
  const analysis::Judgement& judged = *state.judgement;
  bool decided = judged.passed || c.spec.undecided == Undecided::promote;
  if (!judged.contested && judged.covered && decided) {
    begin_promotion(c, false);
    return;
  }
  if (!judged.contested && !decided && c.spec.undecided == Undecided::rollback) {
    return_to_stable(c, Cause::inconclusive,
                     fmt::format("undecided at the end: {}", judged.undecided_sentence));
    return;
  }
  // Extended by the time of the last weight once more, then a person decides.
  state.timer.extending = true;
  if (state.timer.looked < watched_last(c)) return;
  Reason reason = judged.contested  ? Reason::contested
                  : !judged.covered ? Reason::no_data
                                    : Reason::inconclusive;
  pause(c, reason, undecided_sentence(c, reason));
}

}  // namespace

std::string undecided_sentence(const Context& c, Reason reason) {
  const analysis::Judgement& judged = *c.state.judgement;
  std::string where = c.state.step < c.steps_count() ? fmt::format("step {}", c.state.step + 1)
                                                     : std::string("promotion");
  switch (reason) {
    case Reason::contested:
      return fmt::format("{} is contested: {}", where, judged.contested_sentence);
    case Reason::no_data:
      if (judged.covered) return fmt::format("{} has too few looks for the test at its end", where);
      return fmt::format("{} has seen less than 80 % of the expected scrapes", where);
    default: {
      std::string why = judged.undecided_sentence;
      if (!why.starts_with(judged.undecided_metric))
        why = fmt::format("{}: {}", judged.undecided_metric, why);
      return fmt::format("{} waits for more evidence: {}", where, why);
    }
  }
}

bool may_end(Context& c, Duration planned, bool gate_pass) {
  ReleaseState& state = c.state;
  if (is_held(state) || state.timer.looked < planned) return false;
  if (!state.judgement || state.judged_step != state.step) return false;
  const analysis::Judgement& judged = *state.judgement;
  const bool seen = judged.covered && judged.step_analysis_done;
  Reason reason = judged.contested              ? Reason::contested
                  : !seen                       ? Reason::no_data
                  : gate_pass && !judged.passed ? Reason::inconclusive
                                                : Reason::none;
  if (reason == Reason::none) return true;
  state.timer.extending = true;
  if (state.timer.looked >= 2 * planned) pause(c, reason, undecided_sentence(c, reason));
  return false;
}

void enter_step(Context& c, int index) {
  c.state.step = index;
  c.state.timer = Timer{};
  c.state.gate = {};
  log_step(c, index, StepOutcome::current);
}

void stepping(Context& c) {
  // Each round finishes an entry, so the plan's length bounds them.
  for (int round = 0; round <= c.steps_count(); ++round) {
    if (c.state.status != ReleaseStatus::progressing) return;
    if (c.state.step >= c.steps_count()) {
      if (!is_held(c.state)) want_content(c);
      conclude(c);
      return;
    }
    if (is_held(c.state)) return;
    const bool prepared = c.state.timer.prepared || prepare(c);
    want_content(c);  // also while the hook runs: an edit may have brought other rules, or none
    if (!prepared) return;
    if (!c.state.timer.finished) c.state.timer.finished = is_done(c, current(c));
    if (!c.state.timer.finished || !hook_passed(c, HookPoint::after_step)) return;
    finish_step(c);
  }
}

void check_approval_timeout(Context& c) {
  if (c.state.status != ReleaseStatus::paused || c.state.reason != Reason::approval) return;
  if (c.state.step >= c.steps_count() || c.state.store_failed || c.state.recovering) return;
  const ReleaseStep& step = current(c);
  if (!step.duration || c.mono() - c.state.since.mono < *step.duration) return;
  std::string late = fmt::format("step {}: nobody approved within {}", c.state.step + 1,
                                 format_duration(*step.duration));
  if (step.on_timeout != OnTimeout::hold) log_approval(c, ApprovalStatus::timed_out);
  switch (step.on_timeout) {
    case OnTimeout::hold:
      return;
    case OnTimeout::rollback:
      return_to_stable(c, Cause::deadline, std::move(late));
      return;
    case OnTimeout::promote:
      tell(c, Severity::warning, "approval-timeout", late + "; it goes on, as the plan says");
      set_status(c, ReleaseStatus::progressing, Reason::none, "");
      finish_step(c);
      return;
  }
}

}  // namespace serin::rollout::machine
