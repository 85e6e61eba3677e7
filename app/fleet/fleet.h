// Many releases in one process: one engine, one store, one shell, and for every rollout what acts
// for it.
//
//   SERIN_TRY(fleet, Fleet::open(loop, rng, {.state_directory = dir}, std::move(store), log));
//   fleet->configure(configuration);
//   fleet->begin();
//   fleet->start({.rollout = "checkout", .version = "2.4.0", .user = "ana"}, [](Result<Opened>)
//   {…});
//
// It knows neither HTTP nor files of configuration: app/api and app/server are built on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/control/server.h"
#include "app/fleet/configuration.h"
#include "app/fleet/places.h"
#include "app/live/shell.h"
#include "app/live/sources.h"
#include "app/notify/messenger.h"
#include "base/threads/worker_pool.h"
#include "drivers/hooks/hook_runner.h"
#include "providers/paced/source.h"

namespace serin::app {

// Sources that nobody uses any more are given up beyond so many.
inline constexpr std::size_t kFleetSourcesMax = 1'000;

struct FleetOptions {
  std::string state_directory{};
  std::string notify_url{};                        // a web hook; "": the log alone tells
  std::map<std::string, std::string> arguments{};  // given to every release; a request's come first
};

struct StartRequest {
  std::string rollout{};
  std::string version{};
  std::string stable{};  // where none is recorded
  std::map<std::string, std::string> arguments{};
  std::string user{};
  std::string pipeline{};
  std::string reason{};
  std::string key{};  // idempotency key
  bool supersede = false;
};

struct Opened {
  std::string release{};
  bool repeated = false;
  std::vector<std::string> warnings{};
};

struct OperationRefusal {
  Error error{};
  std::vector<rollout::machine::Operation> allowed{};
};

struct OperationDone {
  std::string message{};
  bool repeated = false;
  std::string opened{};
};

// Thread: loop-only.
class Fleet {
 public:
  static constexpr unsigned kThreads = 2;  // for large answers of metrics servers, and for reading
  static constexpr Duration kTellMax = std::chrono::seconds(3);

  using StartDone = std::move_only_function<void(Result<Opened>)>;
  using OperateDone = std::move_only_function<void(std::expected<OperationDone, OperationRefusal>)>;

  // Errors: those of its parts.
  static Result<std::unique_ptr<Fleet>> open(AsioLoop& loop, Rng& rng, const FleetOptions& options,
                                             std::unique_ptr<store::Store> store, const Log& log);
  ~Fleet();

  // What releases are started from, from now on; those under way keep what they pinned.
  void configure(std::shared_ptr<const Configuration> configuration) {
    configuration_ = std::move(configuration);
  }
  const std::shared_ptr<const Configuration>& configuration() const { return configuration_; }

  // Goes on with what the journal has.
  void begin();
  // `done` comes once the release is on disk. Errors: not_found (no such rollout),
  // invalid_argument, failed_precondition (its service is held), rate_limited, unavailable.
  void start(const StartRequest& request, StartDone done);
  // `done` comes once the operation is on disk. Errors: as the engine's.
  void operate(const std::string& release, rollout::machine::event::Operated operated,
               OperateDone done);
  // The release goes on under its rollout as the request's files have it, else the configuration.
  // `done` comes once that is on disk. Errors: not_found (the release, or its rollout), and as
  // rollout::pin and the engine's.
  void edit(const EditRequest& request, OperateDone done);
  // As the journal knows it: by the last promotion, else what the latest release compares with or
  // returned to. "": nothing is known.
  std::string stable_version(const std::string& rollout) const;
  // Makes the sources that a plan asks, where they are not there yet.
  Status adopt(const rollout::PinnedPlan& plan);
  // Null where no plan that was adopted names it.
  queries::MetricSource* source(const std::string& identity);
  // What splits the traffic of a release; null where nothing does, or there is no such release.
  // Only to be asked about releases that have not ended.
  rollout::Router* router(std::string_view release);
  // Tells people what is left to tell, then calls `done`.
  void close(Callback done);

  // Releases that changed, after each event.
  std::function<void(const std::vector<std::string>& releases)> on_changed;

  const rollout::engine::Engine& engine() const { return *engine_; }
  store::Store& store() { return *store_; }
  WorkerPool& pool() { return pool_; }
  HttpClient& http() { return *http_; }
  AsioLoop& loop() { return loop_; }
  const FleetOptions& options() const { return options_; }
  const paced::Counters& queries() const { return *queries_; }
  Now now() const { return loop_.clock().now(); }
  bool store_works() const { return shell_->store_works(); }
  // Null where there is no such release.
  Json view(std::string_view release) const { return engine_->view(release, loop_.clock().now()); }
  // The same with what the history adds: the document of the API.
  Json document(std::string_view release) const;

 private:
  Fleet(AsioLoop& loop, const FleetOptions& options, std::unique_ptr<store::Store> store,
        const Log& log);
  Status prepare(Rng& rng);
  Status recall_ends();
  Result<rollout::engine::Ticket> ticket_for(const StartRequest& request,
                                             std::vector<std::string>& warnings);
  Result<rollout::engine::Ticket> ticket_for(const EditRequest& request);
  void changed(const std::vector<std::string>& releases);
  void keep_end(const std::string& release);
  void replied(const LiveShell::Reply& reply);
  void prune();

  static constexpr Duration kPruneEvery = std::chrono::hours(24);
  AsioLoop& loop_;
  FleetOptions options_;
  Log log_;
  std::unique_ptr<store::Store> store_;
  std::shared_ptr<const Configuration> configuration_ = std::make_shared<Configuration>();
  WorkerPool pool_{kThreads};
  std::unique_ptr<HttpClient> http_;
  std::shared_ptr<paced::Counters> queries_ = std::make_shared<paced::Counters>();
  SourceMap sources_;
  std::unique_ptr<Places> places_;
  std::unique_ptr<drivers::HookRunner> hooks_;
  std::unique_ptr<rollout::Notifier> notifier_;
  std::unique_ptr<rollout::engine::Engine> engine_;
  std::unique_ptr<Messenger> messenger_;
  std::unique_ptr<LiveShell> shell_;
  std::unique_ptr<ControlServer> control_;
  std::map<std::string, std::move_only_function<void(const LiveShell::Reply&)>> waiting_;
  TimerId prune_timer_ = TimerId::none;
  std::uint64_t requests_ = 0;
  std::set<std::string> ended_;  // releases whose end is kept
  // The store may answer after this object has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::app
