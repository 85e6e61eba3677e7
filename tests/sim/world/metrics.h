// Simulated metrics: moods for the chaos analysis, and fleets for the real one.
//
//   metrics.ask("checkout", request, 3s, [](Result<queries::Answer> answer) { … });
//
// Answers are late, missing, doubled, refused or old, as the knobs say.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "queries/metric_source.h"
#include "tests/sim/world/fleet.h"
#include "tests/sim/world/knobs.h"
#include "tests/sim/world/world.h"

namespace serin::sim {

class Metrics {
 public:
  using Done = std::function<void(Result<queries::Answer>)>;
  Metrics(World& world, const Knobs& knobs) : world_(world), knobs_(knobs) {}

  void add_mood(const std::string& service);
  void add_fleet(const std::string& service, Route& route, bool canary_is_bad);
  // `done` may be called twice.
  void ask(const queries::Request& request, Duration timeout, Done done);

  void begin_weather();
  void restore_all();
  Fleet* fleet(const std::string& service);

 private:
  queries::Answer answer(const queries::Request& request, WallTime at) const;
  void change_mood(const std::string& service);
  void scrape(const std::string& service);

  World& world_;
  Knobs knobs_;
  bool calm_ = false;
  bool down_ = false;
  std::map<std::string, std::string> moods_;
  std::map<std::string, Fleet> fleets_;
};

}  // namespace serin::sim
