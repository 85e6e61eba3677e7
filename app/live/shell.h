// The thin shell around the engine: journals what it says, with the history that belongs to it in
// the same write, performs what it wants, and brings the outcomes back.
//
//   LiveShell shell({.loop = loop, .store = *store, .engine = engine, …});
//   shell.start();                                 // after the engine was restored and folded
//   shell.submit(event::Open{ticket, …});
//   loop.run();
//
// It decides nothing: order and durability are the contract of rollout/engine/engine.h. Thread:
// loop-only.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "drivers/store/store.h"
#include "queries/metric_source.h"
#include "rollout/engine/engine.h"
#include "rollout/history/historian.h"
#include "rollout/ports/notifier.h"
#include "rollout/ports/router.h"
#include "rollout/ports/workload.h"

namespace serin::app {

class LiveShell {
 public:
  using Event = rollout::engine::Event;
  using Reply = rollout::engine::effect::Reply;
  using Ticket = rollout::engine::Ticket;

  // Runs a hook, with what is to be told of the release.
  using RunHook = std::function<void(const std::string& key, const rollout::machine::Hook& hook,
                                     Json about, std::move_only_function<void(Status)> done)>;

  // How long a driver may take before its outcome counts as unknown.
  static constexpr Duration kDriverTimeout = std::chrono::seconds(5);
  // Outputs whose records wait while the disk does not take them; beyond, one record a release with
  // all that is known of it takes their place once the disk works.
  static constexpr std::size_t kUnsavedMax = 10'000;
  // Of them, how many are given to the store at a time once it works again.
  static constexpr std::size_t kResendMax = 1000;
  // Releases of which the last record on disk is remembered; beyond, those that the engine forgot
  // are forgotten here too.
  static constexpr std::size_t kDurableMax = 4 * rollout::engine::Engine::kReleasesActiveMax;
  // Where the store works and refused all the same (its queue was full).
  static constexpr Duration kResendEvery = std::chrono::seconds(1);

  struct Parts {
    Loop& loop;
    store::Store& store;
    rollout::engine::Engine& engine;
    rollout::Notifier& notifier;
    Log& log;
    // Null: nothing splits traffic (or runs instances, or answers) for this release.
    std::function<rollout::Router*(const Ticket&)> router;
    std::function<rollout::Workload*(const Ticket&)> workload;
    std::function<queries::MetricSource*(const std::string& identity)> source;
    RunHook hook;  // null: hooks fail
    // The messages that a notice becomes, to be journalled; and to be sent, at once. May be empty.
    std::function<std::vector<rollout::PendingMessage>(const rollout::history::Notice&)> address{};
    std::function<void(const rollout::PendingMessage&)> send{};
    // The slots change places in the router, once that is durable.
    std::function<void(const Ticket&, bool swapped)> exchange;
    std::function<void(const std::vector<std::string>& releases)> changed;
    std::function<void(const Reply&)> reply;
    std::size_t unsaved_max = kUnsavedMax;
  };

  explicit LiveShell(Parts parts);
  ~LiveShell();
  LiveShell(const LiveShell&) = delete;
  LiveShell& operator=(const LiveShell&) = delete;

  // Once, before anything else.
  void start();
  void submit(Event event);
  bool store_works() const { return store_works_; }

 private:
  using Effect = rollout::engine::Effect;
  // One output of the engine whose records, and what is kept for people beside them, are not on
  // disk yet.
  struct Unsaved {
    std::shared_ptr<const store::Batch> batch;  // the store reads it too
    std::vector<Effect> effects;                // that wait for it
  };
  void handle(const Event& event);
  void save(Unsaved unsaved);
  store::Batch batch_of(std::vector<rollout::JournalRecord> records,
                        rollout::history::Kept kept) const;
  std::vector<rollout::PendingMessage> tell(const std::vector<rollout::history::Notice>& notices);
  void save_reports(std::vector<rollout::ReleaseReport> reports);
  void strip();
  void restate();
  void send(const Unsaved& unsaved);
  void sent(std::uint64_t epoch, const rollout::engine::Engine::Sequences& ends,
            const Status& status);
  void resend();
  void resend_later();
  void on_saved(const Status& status);
  void on_store_health(const Status& health);
  void perform_or_drop(const Effect& effect);
  void drop_unwanted();
  void perform(const Effect& effect);
  void drop(const Effect& effect);
  void apply_traffic(const std::string& release,
                     const rollout::machine::effect::ApplyTraffic& effect);
  void preflight(const std::string& release);
  // Null where none is configured.
  rollout::Workload* workload_of(const std::string& release) const;
  void apply_workload(const std::string& release,
                      const rollout::machine::effect::ApplyWorkload& effect);
  void observe_workload(const std::string& release,
                        const rollout::machine::effect::ObserveWorkload& effect);
  void exchange_roles(const std::string& release,
                      const rollout::machine::effect::ExchangeRoles& effect);
  void observe(const std::string& release, const rollout::engine::effect::Observe& effect);
  void ask(const rollout::engine::effect::Ask& effect);
  void run_hook(const std::string& release, const rollout::machine::effect::RunHook& effect);
  void notify(const std::string& release, const rollout::machine::effect::Notify& effect);
  template <class Outcome>
  void outcome(const std::string& release, Outcome event);
  void arm();
  Instant deadline(Duration patience) const { return parts_.loop.clock().now().mono + patience; }

  Parts parts_;
  TimerId timer_ = TimerId::none;
  Instant timer_at_{};
  std::optional<rollout::history::Historian> historian_;
  std::deque<Unsaved> unsaved_;
  std::size_t resending_ = 0;                   // of unsaved_, from the front, that are tried again
  std::uint64_t epoch_ = 0;                     // of writes: answers of an earlier one are too old
  std::size_t sending_ = 0;                     // calls of the store without an answer
  rollout::engine::Engine::Sequences durable_;  // the last record on disk, by release
  bool restate_ = false;                        // records were dropped
  TimerId resend_timer_ = TimerId::none;
  bool store_works_ = true;
  bool handling_ = false;
  std::deque<Event> waiting_;
  // Outcomes of drivers may come after this object has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::app
