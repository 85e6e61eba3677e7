#include "rollout/history/historian.h"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/history/standing.h"
#include "rollout/history/summary.h"

namespace serin::rollout::history {

namespace {

using machine::ReleaseState;
using machine::ReleaseStatus;

constexpr std::string_view kDone = "done";

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

// Who is behind an output.
struct Historian::Act {
  std::string actor = kSystemActor;
  bool by_person = false;
  bool opens = false;
  std::string operation{};
  std::string subject{};
  std::string reason{};
  Json details = Json::object();
  const engine::effect::Reply* reply = nullptr;  // of the output
};

Historian::Historian(const engine::Engine& engine) : engine_(engine) {
  for (const std::string& id : engine.releases()) {
    standings_.emplace(id, standing_of(*engine.state(id)));
  }
}

Historian::Act Historian::act_of(const engine::Event& event, const engine::Output& output) {
  Act act;
  std::string request;
  if (const auto* operate = std::get_if<engine::event::Operate>(&event)) {
    const machine::event::Operated& operated = operate->operated;
    act.by_person = true;
    act.actor = operated.user.empty() ? "unknown" : operated.user;
    act.operation = machine::to_string(operated.operation);
    act.subject = operate->release;
    act.reason = operated.comment;
    request = operated.request;
    if (operated.hard) act.details.set("hard", true);
    if (!operated.key.empty()) act.details.set("key", operated.key);
    if (!operated.metric.empty()) act.details.set("metric", operated.metric);
    if (!operated.version.empty()) act.details.set("version", operated.version);
    if (operated.operation == machine::Operation::set_weight) {
      act.details.set("weight", operated.weight.percent());
    }
  } else if (const auto* open = std::get_if<engine::event::Open>(&event)) {
    std::string_view user = open->ticket.info["executor"].string();
    act.by_person = act.opens = true;
    act.actor = user.empty() ? "unknown" : user;
    act.operation = "release";
    act.subject = open->ticket.spec.rollout;
    act.reason = open->ticket.info["reason"].string();
    act.details.set("version", open->ticket.spec.version);
    request = open->request;
  }
  if (const auto* edit = std::get_if<engine::event::Edit>(&event)) {
    act.by_person = true;
    act.actor = edit->user.empty() ? "unknown" : edit->user;
    act.operation = "edit";
    act.subject = edit->release;
    act.reason = edit->comment;
    act.details.set("steps", edit->ticket.spec.steps.size());
    request = edit->request;
  }
  if (!act.by_person) return act;
  for (const engine::Effect& effect : output.effects) {
    const auto* reply = std::get_if<engine::effect::Reply>(&effect.action);
    if (reply != nullptr && reply->request == request) act.reply = reply;
  }
  if (act.reply != nullptr && !act.reply->opened.empty()) {
    act.details.set("opened", act.reply->opened);
    if (act.opens) act.subject = act.reply->opened;
  }
  return act;
}

Kept Historian::after(const engine::Event& event, const engine::Output& output, Now now) {
  evidence_bytes_ = 0;
  Kept kept;
  Act act = act_of(event, output);
  audit_act(act, kept, now);
  if (act.operation == "edit" && act.reply != nullptr && act.reply->accepted) {
    kept.events.push_back({.release = act.subject,
                           .component = "release",
                           .kind = "Edited",
                           .message = fmt::format("the plan was edited by {}", act.actor),
                           .first = now.wall,
                           .last = now.wall});
    kept.releases.push_back(act.subject);
    add_report(act.subject, kept, now);
  }
  for (const std::string& release : output.changed) look_at(release, act, kept, now);
  add_problems(event, kept, now);
  add_notices(output, kept, now);
  return kept;
}

void Historian::audit_act(const Act& act, Kept& kept, Now now) const {
  if (!act.by_person) return;
  bool accepted = act.reply == nullptr || act.reply->accepted;
  bool repeated = act.reply != nullptr && act.reply->repeated;
  if (act.opens && accepted && !repeated) return;  // told with the release that it opened
  AuditEntry entry{.when = now.wall,
                   .actor = act.actor,
                   .operation = act.operation,
                   .subject = act.subject,
                   .reason = act.reason,
                   .result = repeated ? "repeated" : std::string(kDone),
                   .details = act.details};
  if (!accepted) entry.result = "refused: " + act.reply->message;
  auto before = standings_.find(act.subject);
  if (before != standings_.end()) entry.before = to_json(before->second);
  const ReleaseState* state = engine_.state(act.subject);
  if (state != nullptr) entry.after = to_json(standing_of(*state));
  kept.audit.push_back(std::move(entry));
}

void Historian::look_at(const std::string& release, const Act& act, Kept& kept, Now now) {
  const ReleaseState* state = engine_.state(release);
  if (state == nullptr) return;
  Standing stands = standing_of(*state);
  auto known = standings_.find(release);
  if (known == standings_.end()) {
    forget_ended();
    standings_.emplace(release, stands);
    tell_opened(release, act, stands, kept, now);
    return;
  }
  Standing before = std::exchange(known->second, stands);
  if (before == stands) return;
  bool audited = act.by_person && !act.opens && act.subject == release;
  if (!audited && !same_for_audit(before, stands)) {
    kept.audit.push_back({.when = now.wall,
                          .actor = act.actor,
                          .operation = std::string(operation_of(before, stands)),
                          .subject = release,
                          .before = to_json(before),
                          .after = to_json(stands),
                          .reason = state->sentence,
                          .result = std::string(kDone),
                          .details = evidence(release, now)});
  }
  tell_changes(release, before, stands, kept, now);
}

void Historian::tell_opened(const std::string& release, const Act& act, const Standing& stands,
                            Kept& kept, Now now) const {
  const engine::Ticket& ticket = *engine_.ticket(release);
  std::string operation =
      ticket.type == engine::TicketType::rollback ? "open rollback" : "open release";
  Json details = Json::object()
                     .set("version", ticket.spec.version)
                     .set("stable_version", ticket.spec.stable_version)
                     .set("info", ticket.info);
  if (!ticket.of.empty()) details.set("of", ticket.of);
  kept.audit.push_back({.when = now.wall,
                        .actor = act.actor,
                        .operation = operation,
                        .subject = release,
                        .after = to_json(stands),
                        .reason = act.reason,
                        .result = std::string(kDone),
                        .details = std::move(details)});
  kept.events.push_back({.release = release,
                         .component = "release",
                         .kind = "Opened",
                         .message = fmt::format("{} to {}, by {}", ticket.spec.rollout,
                                                ticket.spec.version, act.actor),
                         .first = now.wall,
                         .last = now.wall});
  kept.releases.push_back(release);
  if (engine_.ticket(ticket.of) != nullptr) {  // the other ticket names this one from now on
    kept.releases.push_back(ticket.of);
    add_report(ticket.of, kept, now);
  }
  add_report(release, kept, now);
}

void Historian::tell_changes(const std::string& release, const Standing& before,
                             const Standing& stands, Kept& kept, Now now) {
  const ReleaseState& state = *engine_.state(release);
  const machine::ReleaseSpec& spec = engine_.ticket(release)->spec;
  auto tell = [&](std::string_view component, std::string_view kind, std::string message,
                  Severity severity) {
    kept.events.push_back({.release = release,
                           .component = std::string(component),
                           .kind = std::string(kind),
                           .message = std::move(message),
                           .severity = severity,
                           .first = now.wall,
                           .last = now.wall});
  };
  bool moved = before.status != stands.status || before.reason != stands.reason;
  if (moved) {
    std::string reason(machine::to_string(stands.reason));
    std::string message = reason.empty() ? state.sentence : reason + ": " + state.sentence;
    tell("release", machine::to_string(stands.status), message, severity_of(stands.status));
  }
  bool entered = before.step != stands.step ||
                 (before.status == ReleaseStatus::starting && before.status != stands.status);
  if (entered && stands.status == ReleaseStatus::progressing) {
    tell("step", "StepStarted", step_text(spec, stands.step), Severity::info);
  }
  bool confirmed =
      stands.is_confirmed && (!before.is_confirmed || before.confirmed != stands.confirmed);
  if (confirmed) {
    tell("traffic", "WeightConfirmed",
         fmt::format("the canary has {}, read back from the router", stands.confirmed.to_string()),
         Severity::info);
  }
  if (before.canary_ready != stands.canary_ready && stands.canary_ready >= 0) {
    int total = state.traffic.observed->canary_slot.servers_total;
    bool all = stands.canary_ready == total;
    tell("workload", all ? "CanaryReady" : "CanaryNotReady",
         fmt::format("{} of {} servers of the canary are ready", stands.canary_ready, total),
         all || machine::is_terminal(stands.status) ? Severity::info : Severity::warning);
  }
  bool in_list = moved || before.step != stands.step || before.weight != stands.weight;
  if (!in_list && !confirmed) return;
  kept.releases.push_back(release);
  add_report(release, kept, now);
  if (!machine::is_terminal(stands.status)) return;
  std::erase_if(repeats_, [&](const auto& item) {
    const ReleaseEvent& event = item.second.event;
    if (event.release != release) return false;
    if (event.count > 0) kept.events.push_back(event);
    return true;
  });
  if (machine::is_terminal(before.status)) return;
  std::string end(machine::to_string(stands.status));
  kept.notices.push_back({.when = now.wall,
                          .what = {.severity = severity_of(stands.status),
                                   .release = release,
                                   .rollout = spec.rollout,
                                   .event = end,
                                   .sentence = fmt::format("{} {}: {}: {}", spec.rollout,
                                                           spec.version, end, state.sentence),
                                   .details = summary_of(engine_, release)}});
}

Json Historian::evidence(const std::string& release, Now now) {
  const ReleaseState& state = *engine_.state(release);
  Json details = Json::object();
  if (state.back.cause != machine::Cause::none) {
    details.set("cause", machine::to_string(state.back.cause));
  }
  if (evidence_bytes_ >= kEvidenceAllBytesMax) return details;
  if (state.judgement) details.set("judgement", analysis::to_json(*state.judgement));
  Json view = engine_.view(release, now);
  const Json& metrics = view["report"]["metrics"];
  if (metrics.size() == 0) return details;
  std::size_t bytes = metrics.dump().size();
  evidence_bytes_ += bytes;
  if (bytes > kEvidenceBytesMax) {
    return std::move(details.set("metrics_left_out", static_cast<std::int64_t>(metrics.size())));
  }
  return std::move(details.set("metrics", metrics));
}

void Historian::add_report(const std::string& release, Kept& kept, Now now) const {
  kept.reports.push_back(
      {.release = release, .when = now.wall, .body = report_of(engine_, release, now)});
}

// What drivers and sources reported and the machine may live with.
void Historian::add_problems(const engine::Event& event, Kept& kept, Now now) {
  auto tell = [&](const std::string& release, std::string_view component, std::string_view kind,
                  const std::string& message) {
    if (message.empty()) return;
    add_event({.release = release,
               .component = std::string(component),
               .kind = std::string(kind),
               .message = message,
               .severity = Severity::warning,
               .first = now.wall,
               .last = now.wall},
              kept, now);
  };
  auto tell_outcome = [&](const std::string& release, const auto& outcome) {
    std::visit(Overloaded{[&](const machine::event::Preflighted& e) {
                            tell(release, "router", "PreflightFailed", e.error);
                          },
                          [&](const machine::event::TrafficOutcome& e) {
                            tell(release, "router", "CommandFailed", e.error);
                          },
                          [&](const machine::event::WorkloadOutcome& e) {
                            tell(release, "workload", "CommandFailed", e.error);
                          },
                          [&](const machine::event::RolesExchanged& e) {
                            tell(release, "store", "ExchangeFailed", e.error);
                          },
                          [&](const machine::event::HookOutcome& e) {
                            tell(release, "hook", "HookFailed", e.error);
                          }},
               outcome);
  };
  std::visit(
      Overloaded{
          [&](const engine::event::Outcome& e) { tell_outcome(e.release, e.event); },
          [&](const engine::event::Observed& e) {
            if (!e.observed) {
              tell(e.release, "router", "NotAnswering", e.observed.error().to_string());
            }
          },
          [&](const engine::event::Answered& e) {
            if (e.answer) return;
            std::string error = e.answer.error().to_string();
            std::string_view last;
            for (const engine::Recipient& recipient : e.recipients) {
              if (recipient.release == last) continue;
              last = recipient.release;
              tell(recipient.release, "metrics", "QueryFailed", error);
            }
          },
          [&](const engine::event::StoreFailed& e) {
            tell("", "store", "WriteFailed", e.error);
            tell_all("journal-failed", Severity::alert,
                     "the journal can't be written: nothing advances, a release that fails still "
                     "returns to stable: " +
                         e.error,
                     kept, now);
          },
          [&](const engine::event::StoreRestored&) {
            tell_all("journal-back", Severity::info, "the journal can be written again", kept, now);
          },
          [](const auto&) {}},
      event);
}

// Whoever waits for a release that is not over.
void Historian::tell_all(std::string_view event, Severity severity, const std::string& sentence,
                         Kept& kept, Now now) const {
  for (const std::string& release : engine_.releases()) {
    if (machine::is_terminal(engine_.state(release)->status)) continue;
    kept.notices.push_back({.when = now.wall,
                            .what = {.severity = severity,
                                     .release = release,
                                     .rollout = engine_.ticket(release)->spec.rollout,
                                     .event = std::string(event),
                                     .sentence = sentence,
                                     .details = summary_of(engine_, release)}});
  }
}

void Historian::add_notices(const engine::Output& output, Kept& kept, Now now) const {
  for (const engine::Effect& effect : output.effects) {
    const auto* told = std::get_if<machine::effect::Notify>(&effect.action);
    if (told == nullptr) continue;
    const engine::Ticket* ticket = engine_.ticket(effect.release);
    if (!is_told_by_status(told->event)) {
      kept.events.push_back({.release = effect.release,
                             .component = std::string(component_of(told->event)),
                             .kind = told->event,
                             .message = told->sentence,
                             .severity = told->severity,
                             .first = now.wall,
                             .last = now.wall});
    }
    if (told->event == "promoted") continue;  // the end says so
    kept.notices.push_back({.when = now.wall,
                            .what = {.severity = told->severity,
                                     .release = effect.release,
                                     .rollout = ticket != nullptr ? ticket->spec.rollout : "",
                                     .event = told->event,
                                     .sentence = told->sentence,
                                     .details = summary_of(engine_, effect.release)}});
    // Whoever paused it knows; any other pause asks somebody to come.
    const ReleaseState* state = engine_.state(effect.release);
    bool asks =
        told->event == "paused" && state != nullptr && state->reason != machine::Reason::manual;
    if (asks) kept.notices.back().what.severity = Severity::warning;
  }
  for (std::size_t i = 0; i < kept.notices.size(); ++i) {
    Notice& notice = kept.notices[i];
    std::uint64_t sequence = 0;
    for (const JournalRecord& record : output.records) {
      if (record.release == notice.what.release) sequence = record.sequence;
    }
    // Without a record of its own: the time tells it from others.
    std::string place = sequence > 0 ? std::to_string(sequence)
                                     : fmt::format("t{}", now.wall.time_since_epoch().count());
    notice.id = fmt::format("{}-{}-{}-{}", notice.what.release, place, i, notice.what.event);
  }
}

void Historian::add_event(ReleaseEvent event, Kept& kept, Now now) {
  std::string key =
      fmt::format("{}\n{}\n{}\n{}", event.release, event.component, event.kind, event.message);
  if (repeats_.size() >= kRepeatsMax) repeats_.clear();
  auto [place, is_new] = repeats_.try_emplace(std::move(key));
  Repeat& repeat = place->second;
  if (!is_new && repeat.event.count > 0) {
    event.first = repeat.event.first;
    event.count += repeat.event.count;
  }
  Duration since = now.mono - repeat.told;
  if (!is_new && since >= Duration{} && since < kRepeatEvery) {
    repeat.event = std::move(event);
    return;
  }
  repeat.told = now.mono;
  repeat.event = event;
  repeat.event.count = 0;
  kept.events.push_back(std::move(event));
}

void Historian::forget_ended() {
  std::erase_if(standings_,
                [this](const auto& item) { return engine_.state(item.first) == nullptr; });
}

}  // namespace serin::rollout::history
