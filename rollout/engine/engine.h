// The engine: many releases, each with its machine and its analysis, on one time line.
//
//   Engine engine({.instance = "a1b2", .boot_id = clock.boot_id()}, make_analysis);
//   SERIN_CHECK(engine.fold(journal.records()));          // live state is the fold of the journal
//   Output out = engine.handle(event::Recovered{}, clock.now());
//   …
//   out = engine.handle(event, clock.now());              // then at engine.next_wakeup(): Tick
//
// Pure: no I/O, no clock, no threads; the same events at the same times give the same outputs.
//
// What a shell owes it, live, in replay and in simulation:
//  1. It hands in events one at a time, each with `now`; `now.mono` does not step back within a
//  boot.
//  2. It appends `records` to the journal in one call that keeps all of them or none, in order.
//  3. It performs effects that say at_once immediately, in order, beside the write; those that say
//     after_durable once all records up to and including this output's are on disk, and then asks
//     wanted() first: an effect that waited may have been overtaken, and is then dropped. What
//     waits and is no longer wanted after an event is dropped at once: the disk may never come
//     back.
//  4. Every effect with an outcome has exactly one, also those that were dropped (Outcome::dropped)
//     or that nobody answered in time.
//  5. Where an append fails: event::StoreFailed, once; the records wait in a bounded queue and are
//     tried again; event::StoreRestored when they are on disk. Where the queue is full, what
//     restate() gives takes the place of what waits.
//  6. After a start: restore() the last snapshot, fold() the records after it, event::Recovered.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/release_analysis.h"
#include "base/json.h"
#include "rollout/engine/effect.h"
#include "rollout/engine/event.h"
#include "rollout/machine/model/state.h"
#include "rollout/ports/journal.h"

namespace serin::rollout::engine {

// What people may ask of a release (event::Operate): the operations of machine/operations.h. Where
// one opens a ticket the reply names it (`opened`), also when the same key comes again:
//   rollback  what is active returns to stable; a ticket of type rollback restores the state before
//             the latest release: at once, without steps, on the word of whoever asked. Refused
//             where it was rolled back already.
//   retry     of the latest release: the same version again, from the start or from a step.
//   undo      an older version (`version`; "": the one that was stable before) through the steps.

// Makes the analysis of a release when it is opened (or folded). May give none: nothing is judged.
// Deterministic in its arguments.
using MakeAnalysis = std::function<Result<std::unique_ptr<analysis::ReleaseAnalysis>>(
    const Ticket& ticket, Now now)>;

// The ticket of another version under the same rollout: plan, metrics and sources of `base`, for
// `version` beside `stable_version`. `type`, `of`, `key` and `info` are the engine's.
using MakeTicket = std::function<Result<Ticket>(const Ticket& base, const std::string& version,
                                                const std::string& stable_version)>;

struct Config {
  // Part of every mark on a route; kept with the store, and unlike that of any other store's.
  std::string instance{};
  std::string boot_id{};
};

struct Output {
  std::vector<JournalRecord> records;
  std::vector<Effect> effects;
  std::vector<std::string> changed;  // releases with a record in this output, each once
};

struct Release;

// Thread: loop-only.
class Engine {
 public:
  static constexpr std::size_t kReleasesActiveMax = 1000;
  static constexpr std::size_t kReleasesEndedMax = 200;  // kept in memory; the store has all
  static constexpr Duration kTickMin = std::chrono::milliseconds(10);

  // Without `make_ticket` an undo takes the ticket as it is, with the versions changed.
  Engine(Config config, MakeAnalysis make_analysis, MakeTicket make_ticket = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  Output handle(const Event& event, Now now);
  // When a Tick is next due; nothing where only events can change anything.
  std::optional<Instant> next_wakeup() const;
  // Whether an effect that waited is still to be performed.
  bool wanted(const Effect& effect) const;

  // Repeats what the records say, without effects. Errors: data_loss (a gap or an unreadable
  // record, named), and those of MakeAnalysis.
  Status fold(std::span<const JournalRecord> records);
  // Judgements that came out differently from the recorded ones while folding: another version of
  // the analysis wrote them. The recorded ones count.
  std::uint64_t fold_mismatches() const { return fold_mismatches_; }

  // How far each release's records go.
  using Sequences = std::map<std::string, std::uint64_t, std::less<>>;
  Sequences sequences() const;
  // For a journal that lost the records behind `durable` (none of a release that is not in it): one
  // record a release that went on since, with all that is known of it, numbered as the next one.
  std::vector<JournalRecord> restate(const Sequences& durable, Now now);

  // All that the engine remembers; equal engines give equal bytes.
  Json snapshot() const;
  // Into an engine without releases. Errors: data_loss.
  Status restore(const Json& snapshot);

  // For people and the API. Null where there is no such release.
  Json view(std::string_view release, Now now) const;
  // Ids, oldest first.
  std::vector<std::string> releases() const;
  // The active (or else waiting) release of a service; "" where there is none.
  std::string active(std::string_view service) const;
  const machine::ReleaseState* state(std::string_view release) const;
  const Ticket* ticket(std::string_view release) const;

 private:
  friend class Round;
  Release* find(std::string_view release) const;
  Status fold_restated(const JournalRecord& record);

  Config config_;
  MakeAnalysis make_analysis_;
  MakeTicket make_ticket_;
  std::vector<std::unique_ptr<Release>> releases_;  // in order of opening
  std::map<std::string, Release*, std::less<>> index_;
  std::map<std::string, std::uint64_t> tickets_;  // the last number, by rollout
  bool store_failed_ = false;
  std::uint64_t fold_mismatches_ = 0;
};

}  // namespace serin::rollout::engine
