// Durable memory: the journal of every release, and what must survive a restart beside it.
//
//   SERIN_TRY(store, Store::open({.directory = "/var/lib/serin"}, loop));
//   std::string id = store->next_ticket("checkout");           // "checkout-42"
//   store->append({record}, [](Status status) { … });          // on disk, or not
//   store->commit({.records = {record}, .roles = {roles}}, done);
//
// One thread writes, many calls share a commit, and a call is done when its commit is on disk
// (SQLite's log, synced). Callbacks run on the loop, never from within the call. Where the disk
// fails, the call's error says so, nothing of it is kept, and the caller asks again; `watch` tells
// when writing works again. Reading at large is done by a Reader. Files: docs/formats/journal.md.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/loop.h"
#include "drivers/store/reader.h"
#include "drivers/store/tables/prune.h"
#include "drivers/store/writer_thread.h"

namespace serin::store {

inline constexpr std::size_t kAnswersMax = 10'000;
inline constexpr std::size_t kAnswersBytesMax = std::size_t{16} * 1024 * 1024;
inline constexpr Duration kAnswerLife = std::chrono::hours(24);

struct StoreOptions {
  std::string directory;
  WriterThreadOptions writer{.database = {.bytes_max = std::int64_t{2} << 30}};
  Duration probe_interval = std::chrono::seconds(1);  // how often a failing disk is tried
};

// Thread: loop-only. The loop outlives it.
class Store final : public rollout::Journal {
 public:
  using PruneDone = std::move_only_function<void(Result<std::int64_t>)>;
  using Watcher = std::move_only_function<void(const Status&)>;

  // Blocks on the disk. Errors: failed_precondition (another process has the directory, its modes
  // are too wide, a newer schema), data_loss (damaged: nothing was written), permission_denied,
  // unavailable.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, Loop& loop);
  // Writes what was taken, and waits for it; callbacks still run if the loop does.
  ~Store() override;

  // See Journal. Errors also: invalid_argument (over kBatchBytesMax, a release that is no ticket),
  // failed_precondition (a sequence number taken by another record).
  void append(std::vector<rollout::JournalRecord> records, Done done) override;
  // All of the batch or nothing.
  void commit(Batch batch, Done done);
  // For those who keep it until it is on disk: records are large, and need not be copied. Not null,
  // and nobody changes it any more: the writer's thread reads it.
  void commit(std::shared_ptr<const Batch> batch, Done done);
  // Takes away what is old, in steps between which other writes go on; tells how many rows went.
  void prune(const Retention& retention, WallTime now, PruneDone done);

  // The next free ticket of a rollout; never given twice while this process lives, nor where the
  // release was written.
  std::string next_ticket(const std::string& rollout);
  // As last made durable; empty where nothing is known of the rollout.
  std::optional<SlotRoles> roles(const std::string& rollout) const;
  // The answer kept for an idempotency key, for kAnswerLife, and at most kAnswersMax and
  // kAnswersBytesMax of the newest.
  std::optional<StoredAnswer> answer(const std::string& key, WallTime now) const;

  // The error while the disk does not take writes.
  const Status& health() const { return state_->health; }
  // Calls `watcher` whenever health() changes.
  void watch(Watcher watcher) { state_->watcher = std::move(watcher); }
  // How many transactions were written: several calls share one.
  std::uint64_t commits() const { return thread_->groups(); }

 private:
  // What callbacks on the loop reach, also after the Store.
  struct State {
    bool open = true;
    Status health{};
    Watcher watcher;
    TimerId probe = TimerId::none;
    std::map<std::string, RolloutRow> rollouts;
    std::map<std::string, StoredAnswer> answers;
    std::deque<std::pair<std::string, WallTime>> answer_order;  // oldest first
    std::size_t answer_bytes = 0;
  };
  // The parts of a batch that are remembered once it is on disk.
  struct Remember {
    std::vector<SlotRoles> roles;
    std::vector<StoredAnswer> answers;
    std::vector<std::string> tickets;
  };

  Store(Loop& loop, StoreOptions options, std::shared_ptr<State> state);
  Status load(Database& database, WallTime now);
  static void remember(State& state, Remember parts);
  static void remember_answer(State& state, StoredAnswer answer);
  static void count_ticket(State& state, const std::string& id);
  void submit(WriteJob job);
  void on_health(Status health);
  void probe_later();
  void prune_step(const Retention& retention, WallTime now, std::int64_t before, PruneDone done);

  Loop& loop_;
  StoreOptions options_;
  std::shared_ptr<State> state_;
  std::unique_ptr<WriterThread> thread_;
};

}  // namespace serin::store
