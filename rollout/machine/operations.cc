#include "rollout/machine/operations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rollout/machine/phases.h"
#include "rollout/machine/traffic.h"

namespace serin::rollout::machine {
namespace {

constexpr std::size_t kOperations = names(std::type_identity<Operation>{}).size();
constexpr std::size_t kStatuses = names(std::type_identity<ReleaseStatus>{}).size();

// Rows as ReleaseStatus, columns as Operation:
// continue promoteFully pause resume abort rollback undo retry approve setWeight mute.
// y: allowed; c: only until 100 % is confirmed; a: only while an approval is waited for;
// h: only while the return waits for stable's capacity (with hard: true, it goes at once).
constexpr std::array<std::string_view, kStatuses> kTable{
    "--y-yy-----",  // Pending
    "--y-yy-----",  // Starting
    "yyy-yy---yy",  // Progressing
    "yy-yyy--ayy",  // Paused
    "----cy-----",  // Promoting
    "----h------",  // RollingBack
    "-----yy----",  // Succeeded
    "-----yyy---",  // Failed
    "-----yyy---",  // Terminated
};

bool raises_or_advances(Operation operation) {
  switch (operation) {
    case Operation::abort:
    case Operation::rollback:
    case Operation::pause:
    case Operation::mute:
      return false;
    default:
      return true;
  }
}

// Why the operation can't be done although its status allows it; "" where it can.
std::string objection(const Context& c, const event::Operated& event) {
  const ReleaseState& state = c.state;
  if (raises_or_advances(event.operation) && state.store_failed) {
    return "the store can't write now: nothing advances until it can; abort and rollback work";
  }
  if (raises_or_advances(event.operation) && state.recovering) {
    return "the route is being read after a restart; ask again in a moment";
  }
  switch (event.operation) {
    case Operation::abort:
      if (state.status == ReleaseStatus::rolling_back && !event.hard) {
        return "it is on the way back, and waits for stable's capacity; only hard: true is more";
      }
      return "";
    case Operation::set_weight:
      if (state.start.stage != StartStage::started) {
        return state.start.stage < StartStage::deferred
                   ? "the release has not started: nothing is known of the route yet; continue it "
                     "first"
                   : "the canary's instances are not up yet: a step that comes starts them";
      }
      if (state.promotion.copying) {
        return fmt::format(
            "stable's instances are being brought to {}: they get no traffic before "
            "all of them are; abort brings them back to {}",
            c.spec.version, c.spec.stable_version);
      }
      if (c.spec.capacity && event.weight > *c.spec.capacity && !c.spec.has_workload) {
        return fmt::format("the canary slot can take {} and not {}", c.spec.capacity->to_string(),
                           event.weight.to_string());
      }
      return "";
    case Operation::mute:
      if (event.metric.empty()) return "mute needs the metric's name";
      if (state.muted.size() >= ReleaseState::kMutedMax) {
        return fmt::format("{} metrics are muted, which is the limit", ReleaseState::kMutedMax);
      }
      return "";
    case Operation::undo:
      if (event.version.empty()) return "undo needs the version to go back to";
      return "";
    case Operation::retry:
      if (event.from_step < event::Operated::kWhereItEnded || event.from_step > c.steps_count()) {
        return fmt::format("there is no step {}: the plan has {}", event.from_step,
                           c.steps_count());
      }
      return "";
    default:
      return "";
  }
}

void acknowledge(Context& c) {
  ReleaseState& state = c.state;
  if (!state.judgement) return;
  for (const auto* list : {&state.judgement->findings, &state.judgement->pauses}) {
    for (const analysis::Finding& finding : *list) {
      if (std::find(state.acknowledged.begin(), state.acknowledged.end(), finding.metric) ==
          state.acknowledged.end()) {
        state.acknowledged.push_back(finding.metric);
      }
    }
  }
}

// The share that the plan has here; before its instances are up the canary has none to get back.
void give_back(Context& c) {
  bool started = c.state.start.stage == StartStage::started;
  want_traffic(c, started ? target_weight(c) : Weight(), c.state.start.stage >= StartStage::ready);
}

// What the step waits for is waited for anew.
void restart_timer(Timer& timer) {
  timer.looked = Duration{};
  timer.extending = false;
  timer.scaling_from.reset();
  timer.scaling_told = false;
}

// Back to where the pause came from; the person's word gives back what was taken away.
void leave_pause(Context& c) {
  ReleaseState& state = c.state;
  // A share set by hand while the promotion was paused, too: it goes on with all traffic.
  const bool by_hand = state.manual_weight && state.resume_to == ReleaseStatus::promoting &&
                       state.promotion.stage >= PromotionStage::full;
  bool restore = state.traffic.drained || by_hand;
  acknowledge(c);
  set_status(c, state.resume_to, Reason::none, "");
  if (by_hand) state.manual_weight.reset();
  state.traffic.drained = false;
  state.traffic.foreign_raises = 0;
  const bool steps_wait =
      state.status == ReleaseStatus::starting || state.status == ReleaseStatus::pending;
  if (steps_wait || state.start.stage < StartStage::started) {
    state.start.since = c.mono();
    state.start.late_told = false;
  }
  if (steps_wait) return;  // starting() wants what its stage wants
  restart_timer(state.timer);
  if (restore) give_back(c);
  // After traffic was taken away the watch at 100 % begins again.
  const bool copying =
      state.status == ReleaseStatus::promoting && state.promotion.stage == PromotionStage::copy;
  if (restore && copying) state.promotion.stage = PromotionStage::verify;
}

// A pause that asks for a decision: who continues has decided.
bool asks_for_decision(Reason reason) {
  switch (reason) {
    case Reason::step_wait:
    case Reason::approval:
    case Reason::inconclusive:
    case Reason::no_data:
    case Reason::contested:
    case Reason::traffic_missing:
    case Reason::metric_failed:
    case Reason::capacity:
      return true;
    default:
      return false;
  }
}

void next_step(Context& c, bool word) {
  ReleaseState& state = c.state;
  if (state.step < c.steps_count()) {
    log_step(c, state.step, word ? StepOutcome::done : StepOutcome::skipped);
    enter_step(c, state.step + 1);
  }
  if (state.step >= c.steps_count() && word) state.promotion.word = true;
}

void continue_release(Context& c) {
  ReleaseState& state = c.state;
  bool word = state.status == ReleaseStatus::paused && asks_for_decision(state.reason);
  bool capacity = state.status == ReleaseStatus::paused && state.reason == Reason::capacity;
  bool restore = state.traffic.drained;
  if (state.status == ReleaseStatus::paused) leave_pause(c);
  if (state.status == ReleaseStatus::promoting) {
    state.promotion.word = true;
    return;
  }
  if (state.status != ReleaseStatus::progressing) return;
  const ReleaseStep* step =
      state.step < c.steps_count() ? &c.spec.steps[static_cast<std::size_t>(state.step)] : nullptr;
  if (capacity && step != nullptr && step->kind == StepKind::set_weight) {
    // The person says that there is room: this very step is done now.
    state.timer.begun = true;
    state.manual_weight.reset();
    want_traffic(c, step->weight, true);
    return;
  }
  next_step(c, word);
  if (restore) give_back(c);
}

// What the operation answers to an approval that is waited for.
ApprovalStatus answer_of(Operation operation) {
  switch (operation) {
    case Operation::approve:
    case Operation::continue_:
    case Operation::promote_fully:
      return ApprovalStatus::approved;
    case Operation::abort:
    case Operation::rollback:
      return ApprovalStatus::rejected;
    default:
      return ApprovalStatus::waiting;
  }
}

// Whose word ends a step that waits for one.
void note_word(Context& c, const event::Operated& event) {
  ReleaseState& state = c.state;
  if (state.status != ReleaseStatus::paused || state.step >= c.steps_count()) return;
  ApprovalStatus answer = answer_of(event.operation);
  bool goes_on = event.operation == Operation::continue_ || event.operation == Operation::resume;
  bool answered = state.reason == Reason::approval && answer != ApprovalStatus::waiting;
  if (!answered && !(state.reason == Reason::step_wait && goes_on)) return;
  StepLog& log = state.log[static_cast<std::size_t>(state.step)];
  log.by = event.user;
  log.comment = event.comment;
  log_approval(c, answer);
}

void approve(Context& c) {
  leave_pause(c);
  next_step(c, true);
}

void set_manual_weight(Context& c, Weight weight) {
  ReleaseState& state = c.state;
  state.manual_weight = weight;
  state.traffic.drained = false;
  state.traffic.foreign_raises = 0;
  restart_timer(state.timer);
  want_traffic(c, weight, true);
  if (state.reason == Reason::external_change || state.reason == Reason::recovered) {
    set_status(c, ReleaseStatus::paused, Reason::manual,
               fmt::format("a person set the weight to {}", weight.to_string()));
  }
}

std::string by(const event::Operated& event, std::string_view what) {
  std::string text = event.user.empty() ? fmt::format("{} by a person", what)
                                        : fmt::format("{} by {}", what, event.user);
  return event.comment.empty() ? text : text + ": " + event.comment;
}

void open_release(Context& c, const event::Operated& event) {
  c.effects.push_back({When::after_durable, effect::OpenRelease{.operation = event.operation,
                                                                .version = event.version,
                                                                .request = event.request,
                                                                .user = event.user,
                                                                .comment = event.comment,
                                                                .key = event.key,
                                                                .from_step = event.from_step}});
}

void roll_back(Context& c, const event::Operated& event) {
  if (is_exchanging(c.state)) {
    // It ends as Succeeded, or returns where the roles have not changed; the ticket waits for that.
    fail_release(c, Cause::rollback, by(event, "rolled back"));
  } else if (!is_terminal(c.state.status)) {
    return_to_stable(c, Cause::rollback, by(event, "rolled back"), event.hard);
  }
  open_release(c, event);
}

void apply_operation(Context& c, const event::Operated& event) {
  ReleaseState& state = c.state;
  note_word(c, event);
  switch (event.operation) {
    case Operation::continue_:
      return continue_release(c);
    case Operation::promote_fully:
      if (state.status == ReleaseStatus::paused) leave_pause(c);
      if (state.status == ReleaseStatus::progressing) return begin_promotion(c, true);
      state.promotion.word = true;
      return;
    case Operation::pause:
      return pause(c, Reason::manual, by(event, "paused"));
    case Operation::resume:
      if (state.reason == Reason::step_wait) return continue_release(c);
      return leave_pause(c);
    case Operation::abort:
      return return_to_stable(c, Cause::abort, by(event, "aborted"), event.hard);
    case Operation::rollback:
      return roll_back(c, event);
    case Operation::undo:
    case Operation::retry:
      return open_release(c, event);
    case Operation::approve:
      return approve(c);
    case Operation::set_weight:
      return set_manual_weight(c, event.weight);
    case Operation::mute:
      if (std::find(state.muted.begin(), state.muted.end(), event.metric) == state.muted.end()) {
        state.muted.push_back(event.metric);
      }
      return;
  }
}

void reply(Context& c, const event::Operated& event, bool accepted, bool repeated,
           std::string message) {
  c.effects.push_back({accepted ? When::after_durable : When::at_once,
                       effect::Reply{event.request, accepted, repeated, std::move(message),
                                     allowed(standing(c.state))}});
}

std::string refusal(const Context& c, Operation operation) {
  std::vector<std::string_view> words;
  for (Operation other : allowed(standing(c.state))) words.push_back(to_string(other));
  std::string status(to_string(c.state.status));
  if (c.state.reason != Reason::none) status += fmt::format(" ({})", to_string(c.state.reason));
  return fmt::format("{} is not allowed while the release is {}; allowed: {}", to_string(operation),
                     status, words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", ")));
}

}  // namespace

Standing standing(const ReleaseState& state) {
  bool full = state.promotion.stage >= PromotionStage::verify;
  return {state.status, state.reason, full};
}

bool is_allowed(const Standing& standing, Operation operation) {
  char cell =
      kTable.at(static_cast<std::size_t>(standing.status)).at(static_cast<std::size_t>(operation));
  switch (cell) {
    case 'y':
      return true;
    case 'c':
      return !standing.full_confirmed;
    case 'a':
      return standing.reason == Reason::approval;
    case 'h':
      return standing.reason == Reason::stable_capacity;
    default:
      return false;
  }
}

std::vector<Operation> allowed(const Standing& standing) {
  std::vector<Operation> list;
  for (std::size_t i = 0; i < kOperations; ++i) {
    if (is_allowed(standing, static_cast<Operation>(i))) list.push_back(static_cast<Operation>(i));
  }
  return list;
}

Result<Operation> operation_from_word(std::string_view word) {
  if (auto operation = from_name<Operation>(word)) return *operation;
  if (word == "release" || word == "promote-fully") return Operation::promote_fully;
  if (word == "terminate" || word == "cancel") return Operation::abort;
  if (word == "set-weight") return Operation::set_weight;
  if (word == "restart" || word == "skip" || word == "unmute" || word == "reject") {
    return fail(Code::failed_precondition,
                fmt::format("'{}' is an operation of a later version; operations now: {}", word,
                            fmt::join(names(std::type_identity<Operation>{}), ", ")));
  }
  return fail(Code::invalid_argument,
              fmt::format("unknown operation '{}'; expected one of {}", word,
                          fmt::join(names(std::type_identity<Operation>{}), ", ")));
}

void on_operated(Context& c, const event::Operated& event) {
  auto& applied = c.state.operations;
  bool repeated = !event.key.empty() && std::any_of(applied.begin(), applied.end(),
                                                    [&](const AppliedOperation& operation) {
                                                      return operation.key == event.key;
                                                    });
  if (repeated) {
    reply(c, event, true, true, "applied before");
    return;
  }
  if (!is_allowed(standing(c.state), event.operation)) {
    reply(c, event, false, false, refusal(c, event.operation));
    return;
  }
  if (std::string why = objection(c, event); !why.empty()) {
    reply(c, event, false, false, std::move(why));
    return;
  }
  c.state.calm_until = c.mono();
  ++c.state.effects;  // what was accepted is a change, and kept
  if (!event.key.empty()) {
    if (applied.size() >= ReleaseState::kOperationKeysMax) applied.erase(applied.begin());
    applied.push_back({event.key, std::string(to_string(event.operation))});
  }
  apply_operation(c, event);
  reply(c, event, true, false, "");
}

}  // namespace serin::rollout::machine
