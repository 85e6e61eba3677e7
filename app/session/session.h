// One release in the foreground: store, engine, shell, router, sources and control socket, from
// start to end.
//
//   SERIN_TRY(session, Session::open(loop, options, plan, log));
//   session->on_view = [&](const Json& view) { … };
//   SERIN_CHECK(session->begin());
//   loop.run();                                   // stops when the release has ended
//   session->outcome();
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/acting/router.h"
#include "app/acting/workload.h"
#include "app/control/server.h"
#include "app/live/setup.h"
#include "app/live/shell.h"
#include "app/live/sources.h"
#include "app/notify/messenger.h"
#include "base/log.h"
#include "base/net/http_client.h"
#include "base/threads/worker_pool.h"
#include "drivers/hooks/hook_runner.h"
#include "providers/paced/source.h"
#include "queries/metric_source.h"

namespace serin::app {

struct SessionOptions {
  std::string state_directory;
  std::string user;
  TicketOrigin origin;     // for the history
  std::string take_over;   // the mark of an owner that is known to be dead
  std::string notify_url;  // a web hook; "": the log alone tells
  std::string recordings;  // a folder for the releases' own recordings; "": none are kept
  // Not a new release but an operation on the latest of the rollout, and the release that it opens
  // (rollback, retry, undo).
  std::optional<rollout::engine::event::Operate> operate;
  bool supersede = false;  // another version's active release is aborted first
  // How long a pause that waits for a person may last; nothing: as long as it takes.
  std::optional<Duration> pause_timeout;
  // The plan as the request's files have it, or its own as they are now; null: can't be read again.
  struct Reread {
    rollout::PinnedPlan plan;
    std::string revision;
  };
  std::function<Result<Reread>(const EditRequest& request)> reread;
};

enum class SessionEnd { succeeded, rolled_back, inconclusive, aborted, refused, timed_out };

// Thread: loop-only.
class Session {
 public:
  // What is left to do after a release's end (the mark on the route) may take so long.
  static constexpr Duration kRemainderMax = std::chrono::seconds(10);
  // And so much longer for a journal that can't be written.
  static constexpr Duration kJournalMax = std::chrono::seconds(30);
  // … and a clean-up after the drain so long.
  static constexpr Duration kCleanupMax = std::chrono::minutes(1);
  // Threads for large answers of metrics servers.
  static constexpr unsigned kDecoders = 2;
  // … and what people have yet to be told so long.
  static constexpr Duration kTellMax = std::chrono::seconds(3);

  // Errors: failed_precondition (no router, another process holds the state directory), and those
  // of its parts.
  static Result<std::unique_ptr<Session>> open(AsioLoop& loop, Rng& rng,
                                               const SessionOptions& options,
                                               std::unique_ptr<store::Store> store,
                                               const rollout::PinnedPlan& plan, const Log& log);
  ~Session();

  // Called with each new view of the release, and once with the last.
  std::function<void(const Json& view)> on_view;

  // Opens the release, or goes on with the one that the journal has. Errors: failed_precondition
  // (another version is being released). What the engine refuses later ends the loop with
  // `refused`.
  Status begin();
  // The release goes on under its files as they are now (SIGUSR1). What can't be is logged, and
  // changes nothing.
  void reload();
  // Return to stable; a second call leaves as soon as the router was told.
  void interrupt();
  const std::optional<SessionEnd>& end() const { return end_; }
  const std::string& refusal() const { return refusal_; }
  // What is to be said at the end beside the view; "" mostly.
  const std::string& remark() const { return remark_; }
  // As Engine::view; with `stays` (a text) where this process goes on after the end, for instances.
  Json view() const;
  Json progress() const { return view(); }

 private:
  Session(AsioLoop& loop, const SessionOptions& options, const Log& log);
  Status prepare(Rng& rng, rollout::PinnedPlan plan);
  Status add_sources(const rollout::PinnedPlan& plan);
  void add_pinned_sources();
  void edit(const EditRequest& request, EditDone done);
  Result<rollout::engine::event::Edit> edit_event(const EditRequest& request);
  void exchange(bool swapped);
  void changed();
  void replied(const LiveShell::Reply& reply);
  void watch_pause(const rollout::machine::ReleaseState& state);
  Duration remainder_max(const rollout::machine::ReleaseState& state) const;
  void finish(const rollout::machine::ReleaseState& state);
  void follow(std::string next);
  void leave();

  AsioLoop& loop_;
  SessionOptions options_;
  Log log_;
  std::unique_ptr<store::Store> store_;
  WorkerPool pool_{kDecoders};
  std::unique_ptr<HttpClient> http_;
  std::shared_ptr<paced::Counters> queries_ = std::make_shared<paced::Counters>();
  SourceMap sources_;
  std::unique_ptr<drivers::SteeredRouter> router_;
  std::unique_ptr<drivers::PlacedWorkload> workload_;  // null: somebody else runs the instances
  std::unique_ptr<LeaseServer> lease_;  // null: the route stays as it is when serin is gone
  std::unique_ptr<drivers::HookRunner> hooks_;
  std::unique_ptr<rollout::Notifier> notifier_;
  std::unique_ptr<rollout::engine::Engine> engine_;
  std::unique_ptr<Messenger> messenger_;
  std::unique_ptr<LiveShell> shell_;
  std::unique_ptr<ControlServer> control_;
  rollout::engine::Ticket ticket_;
  std::string release_;
  bool was_aborted_ = false;  // by a rollback, whose ticket is `release_` now
  std::optional<SessionEnd> end_;
  std::string refusal_;
  std::string remark_;
  TimerId pause_timer_ = TimerId::none;
  bool pause_timed_out_ = false;
  std::map<std::string, EditDone> edits_;  // that have no answer yet, by their request
  std::uint64_t edits_asked_ = 0;
  int interrupts_ = 0;
  TimerId leave_timer_ = TimerId::none;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what comes back late
};

}  // namespace serin::app
