// One call of Engine::handle: what it changes, records and wants done. Private.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rollout/engine/engine.h"
#include "rollout/engine/release.h"

namespace serin::rollout::engine {

class Round {
 public:
  Round(Engine& engine, Now now) : engine_(engine), now_(now) {}

  void on(const event::Open& open);
  void on(const event::Operate& operate);
  void on(const event::Edit& edit);
  void on(const event::Outcome& outcome);
  void on(const event::Observed& observed);
  void on(const event::Answered& answered);
  void on(const event::Tick& tick);
  void on(const event::StoreFailed& failed);
  void on(const event::StoreRestored& restored);
  void on(const event::Recovered& recovered);
  Output finish();

  // Shared with fold(): the release that a ticket opens. Errors: those of MakeAnalysis.
  static Result<Release*> add(Engine& engine, Ticket ticket, Now now);
  // As well: the release goes on under an edited ticket. Where it can't nothing has changed.
  // Errors: those of machine::edited, MakeAnalysis and ReleaseAnalysis::take_over.
  // `dry`: only whether it can be.
  static Status edit(Engine& engine, Release& release, Ticket ticket, Now now, bool dry = false);

 private:
  struct Due {
    Recipient recipient;
    std::string source;
    queries::Request request;
    Duration timeout;
  };

  // Applies an entry, keeps it where it changed something, and judges.
  void advance(Release& release, const Entry& entry);
  void apply(Release& release, const Entry& entry);
  void judge(Release& release);
  void keep(Release& release, std::string_view kind, Json body);
  void take_effects(Release& release, std::vector<machine::Effect> effects);
  void take_asks(const Release& release, std::vector<analysis::Ask> asks);
  void reply(effect::Reply reply, std::string release, machine::When when);
  void refuse(const std::string& request, const std::string& release, Code code,
              std::string message);

  // The new release's id, or why there is none.
  Result<std::string> open(Ticket ticket, bool supersede);
  // A rollback, retry or undo of `release`; "" where it could not be opened.
  Result<std::string> open_again(const Release& release,
                                 const machine::effect::OpenRelease& wanted);
  void name_ticket(Ticket& ticket) const;
  std::string objection(const Release& release, const machine::event::Operated& operated) const;
  // The version that has all traffic now, as far as releases say; the one that had it before.
  std::string version_now(const Ticket& place) const;
  std::string version_before(const Ticket& place) const;
  // The ticket that an operation of this key opened; "" where there is none.
  std::string opened_by(const Release& release, const std::string& key) const;
  Result<Ticket> ticket_of(const Release& release,
                           const machine::effect::OpenRelease& wanted) const;
  Release* holder(const Ticket& ticket, const Release* besides = nullptr) const;
  Release* latest_of(const Ticket& ticket) const;
  void start_waiting();
  void observe_routes();
  void group_asks();

  Engine& engine_;
  Now now_;
  Output out_;
  std::vector<Due> due_;
  std::string opened_before_;  // by the same operation, when it was asked for first
};

}  // namespace serin::rollout::engine
