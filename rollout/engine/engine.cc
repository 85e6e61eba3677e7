#include "rollout/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "rollout/engine/release.h"
#include "rollout/engine/round.h"

namespace serin::rollout::engine {
namespace {

constexpr int kSnapshotVersion = 1;

Error damaged(const JournalRecord& record, std::string_view why) {
  return {Code::data_loss, fmt::format("journal record {} of release '{}' ({}): {}",
                                       record.sequence, record.release, record.kind, why)};
}

}  // namespace

Engine::Engine(Config config, MakeAnalysis make_analysis, MakeTicket make_ticket)
    : config_(std::move(config)),
      make_analysis_(std::move(make_analysis)),
      make_ticket_(std::move(make_ticket)) {
  SERIN_ASSERT(!config_.instance.empty());
  SERIN_ASSERT(make_analysis_ != nullptr);
}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Output Engine::handle(const Event& event, Now now) {
  Round round(*this, now);
  std::visit([&](const auto& e) { round.on(e); }, event);
  return round.finish();
}

std::optional<Instant> Engine::next_wakeup() const {
  std::optional<Instant> next;
  for (const auto& release : releases_) {
    auto wakeup = release->next_wakeup();
    if (wakeup && (!next || *wakeup < *next)) next = wakeup;
  }
  return next;
}

bool Engine::wanted(const Effect& effect) const {
  if (effect.when == machine::When::at_once) return true;
  auto ask_machine = [&]<class T>(const T& action) {
    if constexpr (std::is_constructible_v<machine::Action, const T&>) {
      const Release* release = find(effect.release);
      return release != nullptr && machine::is_wanted(release->state, {effect.when, action});
    } else {
      return true;
    }
  };
  return std::visit(ask_machine, effect.action);
}

Status Engine::fold(std::span<const JournalRecord> records) {
  for (const JournalRecord& record : records) {
    Release* release = find(record.release);
    std::uint64_t before = release != nullptr ? release->sequence : 0;
    if (record.kind == Release::kRestated && record.sequence == before + 1) {
      Status restated = fold_restated(record);
      if (!restated) return std::unexpected(damaged(record, restated.error().message));
      continue;
    }
    if (release == nullptr) {
      if (record.kind != "opened" || record.sequence != 1) {
        return std::unexpected(damaged(record, "its release was never opened"));
      }
      auto ticket = ticket_from_json(record.body);
      if (!ticket) return std::unexpected(damaged(record, ticket.error().message));
      SERIN_TRY(added, Round::add(*this, std::move(*ticket), record.now));
      static_cast<void>(added);
      continue;
    }
    if (record.sequence <= release->sequence) continue;  // in the snapshot already
    if (record.sequence != release->sequence + 1) {
      return std::unexpected(
          damaged(record, fmt::format("records after {} are missing", release->sequence)));
    }
    if (record.kind == kEdited) {
      auto ticket = ticket_from_json(record.body["ticket"]);
      if (!ticket) return std::unexpected(damaged(record, ticket.error().message));
      Status edited = Round::edit(*this, *release, std::move(*ticket), record.now);
      if (!edited) return std::unexpected(damaged(record, edited.error().message));
      continue;
    }
    auto entry = entry_from(record.kind, record.body);
    if (!entry) return std::unexpected(damaged(record, entry.error().message));
    const auto* event = std::get_if<machine::Event>(&*entry);
    const auto* judged = event != nullptr ? std::get_if<machine::event::Judged>(event) : nullptr;
    if (judged != nullptr && release->analysis != nullptr &&
        release->analysis->judgement(record.now) != judged->judgement) {
      ++fold_mismatches_;
    }
    if (std::holds_alternative<entry::Asked>(*entry) && release->analysis == nullptr) {
      return std::unexpected(damaged(record, "the release has no analysis any more"));
    }
    Applied applied = release->apply(*entry, record.now);
    if (!applied.status) return std::unexpected(damaged(record, applied.status.error().message));
    if (!applied.changed) {
      ++fold_mismatches_;
      release->sequence = record.sequence;
    }
  }
  return {};
}

Json Engine::snapshot() const {
  Json tickets = Json::object();
  for (const auto& [rollout, number] : tickets_) tickets.set(rollout, number);
  Json releases = Json::array();
  for (const auto& release : releases_) releases.push(release->save());
  return Json::object()
      .set("version", kSnapshotVersion)
      .set("tickets", std::move(tickets))
      .set("releases", std::move(releases));
}

Status Engine::restore(const Json& snapshot) {
  SERIN_ASSERT(releases_.empty());
  if (snapshot["version"].integer() != kSnapshotVersion) {
    return fail(Code::data_loss, fmt::format("a snapshot of version {}; expected {}",
                                             snapshot["version"].integer(), kSnapshotVersion));
  }
  for (const Json& saved : snapshot["releases"].items()) {
    auto release = std::make_unique<Release>();
    SERIN_TRY(ticket, ticket_from_json(saved["ticket"]));
    release->ticket = std::move(ticket);
    SERIN_CHECK(release->load(saved, make_analysis_));
    index_[release->id()] = release.get();
    releases_.push_back(std::move(release));
  }
  for (const Json::Member& member : snapshot["tickets"].members()) {
    tickets_[member.first] = static_cast<std::uint64_t>(member.second.integer());
  }
  return {};
}

Engine::Sequences Engine::sequences() const {
  Sequences sequences;
  for (const auto& release : releases_) sequences[release->id()] = release->sequence;
  return sequences;
}

std::vector<JournalRecord> Engine::restate(const Sequences& durable, Now now) {
  std::vector<JournalRecord> records;
  for (const auto& release : releases_) {
    auto known = durable.find(release->id());
    std::uint64_t kept = known == durable.end() ? 0 : known->second;
    if (release->sequence <= kept) continue;
    release->sequence = kept + 1;
    records.push_back({release->id(), release->sequence, now, config_.boot_id, Release::kRestated,
                       release->save()});
  }
  return records;
}

Status Engine::fold_restated(const JournalRecord& record) {
  Release* release = find(record.release);
  SERIN_TRY(ticket, ticket_from_json(record.body["ticket"]));
  if (release == nullptr) {
    SERIN_TRY(added, Round::add(*this, std::move(ticket), record.now));
    release = added;
  } else {
    release->ticket = std::move(ticket);  // edited, it may be
  }
  return release->load(record.body, make_analysis_);
}

Release* Engine::find(std::string_view release) const {
  auto it = index_.find(release);
  return it == index_.end() ? nullptr : it->second;
}

std::vector<std::string> Engine::releases() const {
  std::vector<std::string> ids;
  ids.reserve(releases_.size());
  for (const auto& release : releases_) ids.push_back(release->id());
  return ids;
}

std::string Engine::active(std::string_view service) const {
  std::string waiting;
  for (const auto& release : releases_) {
    if (!release->active() || release->ticket.service != service) continue;
    if (!release->waiting()) return release->id();
    waiting = release->id();
  }
  return waiting;
}

const machine::ReleaseState* Engine::state(std::string_view release) const {
  const Release* found = find(release);
  return found != nullptr ? &found->state : nullptr;
}

const Ticket* Engine::ticket(std::string_view release) const {
  const Release* found = find(release);
  return found != nullptr ? &found->ticket : nullptr;
}

}  // namespace serin::rollout::engine
