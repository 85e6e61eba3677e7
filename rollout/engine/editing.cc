// Plans that are edited while their release runs.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rollout/engine/round.h"

namespace serin::rollout::engine {
namespace {

using machine::ReleaseStep;
using machine::StepKind;

constexpr std::size_t kChangesNamedMax = 5;

std::string text_of(const ReleaseStep& step) {
  std::string text(to_string(step.kind));
  if (step.kind == StepKind::set_weight) text += " " + step.weight.to_string();
  if (is_route(step.kind)) text += " " + step.route;
  if (step.hook && !step.hook->plugin.empty()) text = "plugin " + step.hook->plugin;
  if (step.duration) text += " " + format_duration(*step.duration);
  if (step.gate_pass) text += " until its metrics pass";
  return text;
}

// For people: what an edit makes different.
std::string changes_of(const Ticket& before, const Ticket& after) {
  std::vector<std::string> changes;
  const std::vector<ReleaseStep>& old_steps = before.spec.steps;
  const std::vector<ReleaseStep>& steps = after.spec.steps;
  for (std::size_t i = 0; i < std::max(steps.size(), old_steps.size()); ++i) {
    if (i >= steps.size()) {
      changes.push_back(fmt::format("step {} is gone ({})", i + 1, text_of(old_steps[i])));
    } else if (i >= old_steps.size()) {
      changes.push_back(fmt::format("step {} is new: {}", i + 1, text_of(steps[i])));
    } else if (steps[i] != old_steps[i]) {
      std::string was = text_of(old_steps[i]);
      std::string is = text_of(steps[i]);
      changes.push_back(was == is ? fmt::format("step {} is another {}", i + 1, is)
                                  : fmt::format("step {} is {} instead of {}", i + 1, is, was));
    }
  }
  if (before.spec.match != after.spec.match) changes.emplace_back("other rules on content");
  if (before.pinned["background"] != after.pinned["background"] ||
      before.pinned["steps"] != after.pinned["steps"]) {
    changes.emplace_back("other metrics or rules");
  }
  if (changes.empty()) return "steps and metrics are the same";
  const std::size_t more = changes.size() - std::min(changes.size(), kChangesNamedMax);
  if (more > 0) {
    changes.resize(kChangesNamedMax);
    changes.push_back(fmt::format("and {} changes more", more));
  }
  return fmt::format("{}", fmt::join(changes, "; "));
}

}  // namespace

Status Round::edit(Engine& engine, Release& release, Ticket ticket, Now now, bool dry) {
  const Ticket& before = release.ticket;
  if (before.type == TicketType::rollback) {
    return fail(Code::failed_precondition, "a rollback has no plan that could be edited");
  }
  if (ticket.service != before.service || ticket.route != before.route) {
    return fail(Code::invalid_argument,
                "service and router can't change in mid-release: they hold from the next one on");
  }
  ticket.type = before.type;
  ticket.of = before.of;
  ticket.key = before.key;
  Json info = before.info;
  info.set("revision", ticket.info["revision"]);
  ticket.info = std::move(info);
  machine::ReleaseSpec& spec = ticket.spec;
  spec.id = before.spec.id;
  spec.owner = before.spec.owner;
  spec.first_step = before.spec.first_step;
  spec.take_over = before.spec.take_over;
  SERIN_TRY(state, machine::edited(before.spec, spec, release.state, now));
  if (dry) return {};
  std::unique_ptr<analysis::ReleaseAnalysis> judge;
  if (release.analysis != nullptr) {
    // Made as at the opening: history ends where the release began.
    SERIN_TRY(made, engine.make_analysis_(ticket, release.state.created));
    if (made == nullptr) return fail(Code::internal, "the edited plan has no analysis");
    SERIN_CHECK(made->take_over(*release.analysis, now));
    judge = std::move(made);
  }
  release.replace(std::move(ticket), std::move(state), std::move(judge));
  return {};
}

void Round::on(const event::Edit& edit) {
  Release* release = engine_.find(edit.release);
  if (release == nullptr) {
    refuse(edit.request, "", Code::not_found, "there is no release '" + edit.release + "'");
    return;
  }
  std::string changes = changes_of(release->ticket, edit.ticket);
  if (Status edited = Round::edit(engine_, *release, edit.ticket, now_, edit.dry); !edited) {
    refuse(edit.request, release->id(), edited.error().code, edited.error().message);
    return;
  }
  if (edit.dry) {
    reply({.request = edit.request,
           .accepted = true,
           .message = release->id() + ": may be edited, nothing was: " + changes},
          release->id(), machine::When::at_once);
    return;
  }
  keep(*release, kEdited,
       Json::object()
           .set("ticket", to_json(release->ticket))
           .set("user", edit.user)
           .set("comment", edit.comment));
  reply({.request = edit.request,
         .accepted = true,
         .message = release->id() + ": edited: " + changes},
        release->id(), machine::When::after_durable);
  advance(*release, machine::Event(machine::event::Tick{}));
}

}  // namespace serin::rollout::engine
