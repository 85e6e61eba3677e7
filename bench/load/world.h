// Engine, shell, journal on disk and sources as `serin serve` has them, over a router that does
// what it is told.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/live/shell.h"
#include "app/live/sources.h"
#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "base/real_clock.h"
#include "base/threads/worker_pool.h"
#include "bench/load/watched.h"
#include "drivers/store/store.h"

namespace serin::bench {

class World {
 public:
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  static Result<std::unique_ptr<World>> open(const std::string& directory);

  // A release of what the text defines, which waits at its weight for a person. Errors: those of
  // the text, and of opening it.
  Status release(const std::string& rollout_yaml);
  // Lets time go by.
  void run(Duration time);
  // Releases that are over, for whatever reason.
  int ended() const;

  AsioLoop& loop() { return loop_; }
  const RealClock& clock() const { return clock_; }
  HttpClient& http() { return *http_; }
  Watch& watch() { return *watch_; }
  const paced::Counters& queries() const { return *queries_; }

 private:
  World();
  class Route;

  RealClock clock_;
  AsioLoop loop_{clock_};
  Log log_{clock_, {.level = LogLevel::warn}};
  std::unique_ptr<HttpClient> http_ = make_http_client(loop_, Rng(1));
  WorkerPool pool_{2};
  std::shared_ptr<paced::Counters> queries_ = std::make_shared<paced::Counters>();
  std::shared_ptr<Watch> watch_ = std::make_shared<Watch>();
  std::map<std::string, std::unique_ptr<queries::MetricSource>> sources_;
  std::map<std::string, std::unique_ptr<Route>> routes_;
  std::unique_ptr<rollout::Notifier> notifier_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<rollout::engine::Engine> engine_;
  std::unique_ptr<app::LiveShell> shell_;
  Status opened_;
};

}  // namespace serin::bench
