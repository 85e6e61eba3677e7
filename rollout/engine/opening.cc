// Opening releases: ticket names, one active release a service and route, and the tickets that
// follow from others.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/engine/round.h"

namespace serin::rollout::engine {
namespace {

using machine::Operation;

bool same_place(const Ticket& a, const Ticket& b) {
  return a.service == b.service || (!a.route.empty() && a.route == b.route);
}

bool opens_another(const Release& release, Operation operation) {
  return operation == Operation::retry || operation == Operation::undo ||
         (operation == Operation::rollback && !release.active());
}

bool was_applied(const Release& release, const std::string& key) {
  const auto& operations = release.state.operations;
  return !key.empty() && std::any_of(operations.begin(), operations.end(),
                                     [&](const auto& applied) { return applied.key == key; });
}

// What brings back the state before `release`.
Ticket rollback_of(const Release& release) {
  Ticket ticket = release.ticket;
  machine::ReleaseSpec& spec = ticket.spec;
  const machine::ReleaseState& state = release.state;
  // Where the roles have changed (or may have), they change again; where the canary was left with
  // a share, that is taken away; else nothing has changed.
  bool exchanged = state.promotion.stage == machine::PromotionStage::exchange;
  bool kept = state.status == machine::ReleaseStatus::succeeded &&
              spec.promotion == machine::PromoteBy::manual;
  ticket.type = TicketType::rollback;
  spec.version = release.ticket.spec.stable_version;
  spec.stable_version = release.ticket.spec.version;
  spec.steps.clear();
  spec.verify = Duration{};
  spec.undecided = machine::Undecided::promote;
  spec.instant = exchanged;
  spec.restored = !exchanged && !kept;
  return ticket;
}

}  // namespace

Release* Round::holder(const Ticket& ticket, const Release* besides) const {
  for (const auto& release : engine_.releases_) {
    if (release.get() == besides || !release->active() || release->waiting()) continue;
    if (same_place(release->ticket, ticket)) return release.get();
  }
  return nullptr;
}

Release* Round::latest_of(const Ticket& ticket) const {
  Release* latest = nullptr;
  for (const auto& release : engine_.releases_) {
    if (same_place(release->ticket, ticket)) latest = release.get();
  }
  return latest;
}

std::string Round::objection(const Release& release,
                             const machine::event::Operated& operated) const {
  if (!opens_another(release, operated.operation) || was_applied(release, operated.key)) return "";
  if (engine_.store_failed_) return "the store can't write now: no release can be opened";
  Release* latest = latest_of(release.ticket);
  if (latest != nullptr && latest->active()) {
    return fmt::format("{} is held by {}, which is {}", release.ticket.service, latest->id(),
                       machine::to_string(latest->state.status));
  }
  if (operated.operation == Operation::rollback && latest != &release) {
    return fmt::format("{} is not the latest release of {}: roll back {}, or undo to a version",
                       release.id(), release.ticket.service, latest->id());
  }
  return "";
}

void Round::name_ticket(Ticket& ticket) const {
  auto last = engine_.tickets_.find(ticket.spec.rollout);
  std::uint64_t number = last == engine_.tickets_.end() ? 1 : last->second + 1;
  ticket.spec.id = fmt::format("{}-{}", ticket.spec.rollout, number);
  ticket.spec.owner = fmt::format("{}@{}", ticket.spec.id, engine_.config_.instance);
}

Result<std::string> Round::open(Ticket ticket, bool supersede) {
  if (engine_.store_failed_) {
    return fail(Code::unavailable, "the store can't write now: no release can be opened");
  }
  auto active = std::count_if(engine_.releases_.begin(), engine_.releases_.end(),
                              [](const auto& release) { return release->active(); });
  if (static_cast<std::size_t>(active) >= Engine::kReleasesActiveMax) {
    return fail(Code::rate_limited, fmt::format("{} releases are active, which is the limit",
                                                Engine::kReleasesActiveMax));
  }
  Release* held_by = holder(ticket);
  Release* latest = latest_of(ticket);
  if (latest != nullptr && latest->waiting()) {
    return fail(Code::failed_precondition,
                fmt::format("{} waits for {} already", latest->id(), ticket.service));
  }
  if (held_by != nullptr && !supersede) {
    return fail(Code::failed_precondition,
                fmt::format("{} is held by {}, which is {}", ticket.service, held_by->id(),
                            machine::to_string(held_by->state.status)));
  }
  name_ticket(ticket);
  SERIN_TRY(release, add(engine_, std::move(ticket), now_));
  keep(*release, "opened", to_json(release->ticket));
  if (held_by != nullptr && supersede) {
    machine::event::Operated abort{.operation = Operation::abort,
                                   .comment = "superseded by " + release->id()};
    advance(*held_by, machine::Event(abort));
  }
  return release->id();
}

Result<Release*> Round::add(Engine& engine, Ticket ticket, Now now) {
  auto release = std::make_unique<Release>();
  SERIN_TRY(analysis, engine.make_analysis_(ticket, now));
  release->analysis = std::move(analysis);
  std::uint64_t& number = engine.tickets_[ticket.spec.rollout];
  ++number;
  release->state = machine::initial_state(ticket.spec, now);
  release->ticket = std::move(ticket);
  release->sequence = 1;
  engine.index_[release->id()] = release.get();
  engine.releases_.push_back(std::move(release));
  // What the store has is not kept here for ever.
  auto is_over = [](const auto& other) { return !other->active() && !other->remains(); };
  auto over = std::count_if(engine.releases_.begin(), engine.releases_.end(), is_over);
  if (static_cast<std::size_t>(over) > Engine::kReleasesEndedMax) {
    auto oldest = std::find_if(engine.releases_.begin(), engine.releases_.end(), is_over);
    engine.index_.erase((*oldest)->id());
    engine.releases_.erase(oldest);
  }
  return engine.releases_.back().get();
}

Result<std::string> Round::open_again(const Release& release,
                                      const machine::effect::OpenRelease& wanted) {
  Ticket ticket = release.ticket;
  ticket.type = TicketType::release;
  if (wanted.operation == Operation::rollback) ticket = rollback_of(release);
  if (wanted.operation == Operation::undo) {
    bool promoted = release.state.status == machine::ReleaseStatus::succeeded;
    if (promoted) ticket.spec.stable_version = release.ticket.spec.version;
    ticket.spec.version = wanted.version;
  }
  ticket.of = release.id();
  ticket.key.clear();
  ticket.info.set("executor", wanted.user);
  // On the way back the release still holds its place: the ticket waits for its end.
  Release* held_by = holder(ticket);
  if (held_by != nullptr && held_by != &release) {
    return fail(Code::failed_precondition,
                fmt::format("{} is held by {}", ticket.service, held_by->id()));
  }
  name_ticket(ticket);
  SERIN_TRY(opened, add(engine_, std::move(ticket), now_));
  keep(*opened, "opened", to_json(opened->ticket));
  return opened->id();
}

void Round::on(const event::Open& open_event) {
  const Ticket& ticket = open_event.ticket;
  for (const auto& release : engine_.releases_) {
    if (ticket.key.empty() || release->ticket.key != ticket.key) continue;
    reply({.request = open_event.request,
           .accepted = true,
           .repeated = true,
           .opened = release->id()},
          release->id(), machine::When::after_durable);
    return;
  }
  Result<std::string> id = open(ticket, open_event.supersede);
  if (!id) {
    refuse(open_event.request, "", id.error().code, id.error().to_string());
    return;
  }
  reply({.request = open_event.request, .accepted = true, .opened = *id}, *id,
        machine::When::after_durable);
}

void Round::start_waiting() {
  for (std::size_t i = 0; i < engine_.releases_.size(); ++i) {
    Release& release = *engine_.releases_[i];
    if (!release.waiting() || engine_.store_failed_ || holder(release.ticket) != nullptr) continue;
    for (std::size_t j = 0; j < i; ++j) {
      Release& other = *engine_.releases_[j];
      if (!other.remains() || !same_place(other.ticket, release.ticket)) continue;
      apply(other, machine::Event(machine::event::Superseded{}));
    }
    // What a rollback was to restore may have been kept from changing in the end.
    const Release* of =
        release.ticket.type == TicketType::rollback ? engine_.find(release.ticket.of) : nullptr;
    bool restored =
        of != nullptr && !of->active() && of->state.status != machine::ReleaseStatus::succeeded;
    advance(release, machine::Event(machine::event::Start{restored}));
  }
}

}  // namespace serin::rollout::engine
