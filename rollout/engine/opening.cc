// Opening releases: ticket names, one active release a service and route, and the tickets that
// follow from others.
#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "rollout/engine/round.h"
#include "rollout/machine/operations.h"

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
  spec.first_step = 0;
  // It must not be kept from going back.
  spec.hooks.start.reset();
  spec.instant = exchanged;
  spec.restored = !exchanged && !kept;
  return ticket;
}

// Where a retry from `step` begins: with the weight that holds there.
int first_step(const machine::ReleaseSpec& spec, int step) {
  for (int i = std::min(step, static_cast<int>(spec.steps.size()) - 1); i >= 0; --i) {
    if (spec.steps[static_cast<std::size_t>(i)].kind == machine::StepKind::set_weight) return i;
  }
  return 0;
}

// Keys of operations are the release's own; those of tickets are everybody's.
std::string opening_key(const Release& release, const std::string& key) {
  return fmt::format("{}:{}", release.id(), key);
}

// A name that is none would mute nothing, in silence. "": the metric is there, or nobody can tell.
std::string unknown_metric(const Release& release, const std::string& metric, Now now) {
  if (release.analysis == nullptr || metric.empty()) return "";
  Json report = release.analysis->report(now);
  std::string names;
  for (const Json& known : report["metrics"].items()) {
    if (known["name"].string() == metric) return "";
    names += (names.empty() ? "" : ", ") + std::string(known["name"].string());
  }
  return names.empty() ? "" : fmt::format("there is no metric '{}'; there are {}", metric, names);
}

bool is_promoted(const Release& release) {
  return release.state.status == machine::ReleaseStatus::succeeded &&
         (release.ticket.spec.promotion != machine::PromoteBy::manual ||
          release.ticket.type == TicketType::rollback);
}

}  // namespace

std::string Round::version_now(const Ticket& place) const {
  const Release* latest = latest_of(place);
  SERIN_ASSERT(latest != nullptr);
  const machine::ReleaseSpec& spec = latest->ticket.spec;
  return is_promoted(*latest) ? spec.version : spec.stable_version;
}

std::string Round::version_before(const Ticket& place) const {
  std::string now = version_now(place);
  for (auto it = engine_.releases_.rbegin(); it != engine_.releases_.rend(); ++it) {
    const Release& release = **it;
    if (!same_place(release.ticket, place) || !is_promoted(release)) continue;
    for (const std::string& version :
         {release.ticket.spec.version, release.ticket.spec.stable_version}) {
      if (version != now) return version;
    }
  }
  return "";
}

std::string Round::opened_by(const Release& release, const std::string& key) const {
  if (key.empty()) return "";
  for (const auto& other : engine_.releases_) {
    if (other->ticket.key == opening_key(release, key)) return other->id();
  }
  return "";
}

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
  // What the table forbids is refused by the machine, with what it allows.
  bool allowed = machine::is_allowed(machine::standing(release.state), operated.operation);
  if (!allowed || was_applied(release, operated.key)) return "";
  if (operated.operation == Operation::mute) return unknown_metric(release, operated.metric, now_);
  if (!opens_another(release, operated.operation)) return "";
  if (engine_.store_failed_) return "the store can't write now: no release can be opened";
  Release* latest = latest_of(release.ticket);
  SERIN_ASSERT(latest != nullptr);
  if (latest->active()) {
    return fmt::format("{} is held by {}, which is {}", release.ticket.service, latest->id(),
                       machine::to_string(latest->state.status));
  }
  bool rolled_back = latest->ticket.type == TicketType::rollback &&
                     latest->state.status == machine::ReleaseStatus::succeeded;
  switch (operated.operation) {
    case Operation::rollback:
      if (rolled_back) {
        return fmt::format(
            "{} rolled {} back already, {} has all traffic: release another "
            "version, or undo to one",
            latest->id(), latest->ticket.of, version_now(latest->ticket));
      }
      break;
    case Operation::retry:
      break;
    default:
      if (operated.version == version_now(release.ticket)) {
        return fmt::format("{} has all traffic already", operated.version);
      }
      return "";
  }
  if (latest != &release) {
    return fmt::format("{} is not the latest release of {}, which is {}: undo goes to a version",
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

Result<Ticket> Round::ticket_of(const Release& release,
                                const machine::effect::OpenRelease& wanted) const {
  if (wanted.operation == Operation::rollback) return rollback_of(release);
  Ticket ticket = release.ticket;
  if (wanted.operation == Operation::retry) {
    int step = wanted.from_step - 1;
    if (wanted.from_step == machine::event::Operated::kWhereItEnded) step = release.state.step;
    ticket.spec.first_step = first_step(ticket.spec, step);
    return ticket;
  }
  std::string stable = version_now(ticket);
  if (engine_.make_ticket_) return engine_.make_ticket_(ticket, wanted.version, stable);
  ticket.type = TicketType::release;
  ticket.spec.version = wanted.version;
  ticket.spec.stable_version = stable;
  ticket.spec.first_step = 0;
  return ticket;
}

Result<std::string> Round::open_again(const Release& release,
                                      const machine::effect::OpenRelease& wanted) {
  SERIN_TRY(ticket, ticket_of(release, wanted));
  if (ticket.info.is_null()) ticket.info = release.ticket.info;
  ticket.of = release.id();
  ticket.key = wanted.key.empty() ? "" : opening_key(release, wanted.key);
  ticket.info.set("executor", wanted.user).set("reason", wanted.comment);
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
    std::optional<machine::StableOwn> stable_own;
    for (std::size_t j = 0; j < i; ++j) {
      Release& other = *engine_.releases_[j];
      if (!other.remains() || !same_place(other.ticket, release.ticket)) continue;
      if (auto left = machine::fresh_left(other.ticket.spec, other.state)) stable_own = left;
      apply(other, machine::Event(machine::event::Superseded{}));
    }
    // What a rollback was to restore may have been kept from changing in the end.
    const Release* of =
        release.ticket.type == TicketType::rollback ? engine_.find(release.ticket.of) : nullptr;
    bool restored =
        of != nullptr && !of->active() && of->state.status != machine::ReleaseStatus::succeeded;
    advance(release, machine::Event(machine::event::Start{restored, std::move(stable_own)}));
  }
}

}  // namespace serin::rollout::engine
