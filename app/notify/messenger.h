// From a notice of the engine to the targets that a rollout names, across restarts.
//
//   Messenger messenger(loop, *http, *store, engine, log);
//   SERIN_CHECK(messenger.prepare(plan.rollout, ""));   // while a missing secret is a refusal
//   messenger.resume(directory);                      // what nobody took before the restart
//   for (PendingMessage& message : messenger.address(notice)) …   // into the journal, and
//   messenger.send(message);                          // at once
//
// A message is in the journal until its target has it (store::Batch::messages), and goes out
// without waiting for the journal: also where that can't be written. Secrets are looked up here and
// are never written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "drivers/notify/courier.h"
#include "drivers/store/store.h"
#include "rollout/engine/engine.h"
#include "rollout/history/historian.h"
#include "rollout/plan/rollout.h"

namespace serin::app {

// Thread: loop-only. All that it is made from outlives it.
class Messenger {
 public:
  // A settlement that the store did not take is tried again.
  static constexpr Duration kSettleAgain = std::chrono::seconds(5);

  Messenger(Loop& loop, HttpClient& http, store::Store& store,
            const rollout::engine::Engine& engine, Log log);
  ~Messenger();

  // The targets of this rollout. `extra_url`: one more webhook that is told everything; "": none.
  // Errors: not_found (a secret), invalid_argument (`extra_url`, or an address in a secret).
  Status prepare(const rollout::Rollout& rollout, const std::string& extra_url);
  // Sends what the journal still has. Those whose target is not known stay there for a week.
  // Blocks on the disk: before the loop runs. Errors: those of store::Reader.
  Status resume(const std::string& directory);

  // A message for each target that is to have it. A rollout that was not prepared is looked up by
  // the pinned plan of the release.
  std::vector<rollout::PendingMessage> address(const rollout::history::Notice& notice);
  void send(const rollout::PendingMessage& message);
  void flush(Instant deadline, Callback done) { courier_.flush(deadline, std::move(done)); }

 private:
  struct Addressee {
    std::string name;  // "checkout/chat"
    rollout::NotifyLevel level = rollout::NotifyLevel::warning;
  };
  void settle(const drivers::Courier::Settled& settled);
  void write_settled();
  void prepare_release(const std::string& release);

  Loop& loop_;
  store::Store& store_;
  const rollout::engine::Engine& engine_;
  Log log_;
  drivers::Courier courier_;
  std::map<std::string, std::vector<Addressee>> addressees_;  // by rollout
  std::vector<store::SettledMessage> settled_;                // that the store does not know yet
  TimerId settle_timer_ = TimerId::none;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::app
