// One serin in the simulation: the engine and a shell that keeps the contract of
// rollout/engine/engine.h, and that may die at any effect.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rollout/engine/engine.h"
#include "tests/sim/process/bugs.h"
#include "tests/sim/process/watcher.h"
#include "tests/sim/world/metrics.h"
#include "tests/sim/world/route.h"
#include "tests/sim/world/store.h"

namespace serin::sim {

// What the processes of one simulation share.
struct Surroundings {
  World& world;
  const Knobs& knobs;
  std::map<std::string, std::unique_ptr<Route>>& routes;  // by service
  Metrics& metrics;
  Watcher& watcher;
  rollout::engine::MakeAnalysis make_analysis;
  Bug bug = Bug::none;
};

class Process {
 public:
  static constexpr std::size_t kQueueMax = 60;     // records that wait for the store
  static constexpr std::size_t kJournalMax = 400;  // records that a start has to fold
  static constexpr Duration kLease = seconds(2);
  static constexpr Duration kTimeout = seconds(2);

  Process(Surroundings around, std::string instance);

  void start();
  void crash();
  void begin_weather();
  void restore_all();

  // A person, or CI. Nothing happens while it is down.
  void send(rollout::engine::Event event);

  bool alive() const { return alive_ && !suspended(); }
  const std::string& instance() const { return instance_; }
  const rollout::engine::Engine& engine() const { return *engine_; }
  Store& store() { return store_; }
  // The process's own clock: monotonic time starts again with a boot.
  Now now() const;
  Instant started() const { return started_; }
  std::uint64_t incarnation() const { return incarnation_; }

 private:
  struct Waiting {
    std::uint64_t after = 0;  // number of the append that must be durable
    rollout::engine::Effect effect;
  };
  bool suspended() const { return around_.world.mono() < suspended_until_; }
  // Runs in this incarnation only, and not while suspended.
  void deliver(Duration delay, std::uint64_t incarnation, std::function<void()> action);
  void handle(const rollout::engine::Event& event);
  void wake();
  void write();
  void written(std::uint64_t number, Status status);
  void release_waiting();
  void drop_unwanted();
  void perform(const rollout::engine::Effect& effect);
  void perform_waited(const rollout::engine::Effect& effect);
  void drop(const rollout::engine::Effect& effect);
  template <class Outcome>
  void outcome(const std::string& release, Outcome event);
  void apply_traffic(const rollout::engine::Effect& effect);
  void apply_workload(const std::string& release,
                      const rollout::machine::effect::ApplyWorkload& work);
  int fresh_missing(const std::string& release, const rollout::DesiredWorkload& desired) const;
  void preflight(const std::string& release);
  void exchange_roles(const std::string& release,
                      const rollout::machine::effect::ExchangeRoles& effect);
  void run_hook(const std::string& release, const rollout::machine::effect::RunHook& hook);
  // "cart-12" is a release of cart.
  static std::string service_of(const std::string& release) {
    return release.substr(0, release.rfind('-'));
  }
  void maybe_die();
  std::unique_ptr<rollout::engine::Engine> make_engine();
  void make_up_ticks();
  void raise_again();

  Surroundings around_;
  std::string instance_;
  Store store_;
  std::unique_ptr<rollout::engine::Engine> engine_;
  std::shared_ptr<bool> folding_ = std::make_shared<bool>(false);
  bool alive_ = false;
  bool calm_ = false;
  std::uint64_t incarnation_ = 0;
  Instant started_{};
  Duration boot_offset_{};
  int boots_ = 1;
  Instant suspended_until_ = Instant::min();
  Now last_handled_{};
  TimerId timer_ = TimerId::none;

  std::deque<std::vector<rollout::JournalRecord>>
      queue_;                   // not yet durable; the front may be on its way
  std::uint64_t appended_ = 0;  // outputs with records so far
  std::uint64_t durable_ = 0;
  bool writing_ = false;
  bool store_failed_ = false;
  bool snapshot_wanted_ = false;
  bool restate_wanted_ = false;
  rollout::engine::Engine::Sequences kept_;  // the records that are on disk
  std::map<std::string, std::vector<rollout::MatchRule>> rules_sent_;  // last, by release
  std::deque<Waiting> waiting_;
  int dropped_reloads_ = 0;
};

}  // namespace serin::sim
