// The people of the simulation: they open releases, press buttons, often twice.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/checks/checker.h"
#include "tests/sim/process/process.h"

namespace serin::sim {

class People {
 public:
  People(World& world, const Knobs& knobs, Checker& checker,
         std::vector<std::unique_ptr<Process>>& processes, std::vector<std::string> services,
         std::map<std::string, std::unique_ptr<Route>>& routes, Metrics& metrics)
      : world_(world),
        knobs_(knobs),
        checker_(checker),
        processes_(processes),
        services_(std::move(services)),
        routes_(routes),
        metrics_(metrics) {}

  void begin(Bug bug);
  // From now on they only help what runs to its end.
  void calm_down() { calm_ = true; }

 private:
  void open();
  void press();
  void help();
  void edit();
  rollout::engine::Ticket ticket(const std::string& service);
  // From a share of `units` on.
  std::vector<rollout::machine::ReleaseStep> steps(int units);
  std::vector<rollout::MatchRule> rules();
  rollout::machine::ReleaseStep header_route();
  rollout::machine::Hook hook();
  rollout::machine::CanaryScale scale();
  void add_deploys(rollout::machine::ReleaseSpec& spec);
  void operate(Process& process, const std::string& release,
               rollout::machine::event::Operated operated, bool twice);

  World& world_;
  const Knobs& knobs_;
  Checker& checker_;
  std::vector<std::unique_ptr<Process>>& processes_;
  std::vector<std::string> services_;
  std::map<std::string, std::unique_ptr<Route>>& routes_;
  Metrics& metrics_;
  Bug bug_ = Bug::none;
  bool calm_ = false;
  int tickets_ = 0;
  int operations_ = 0;
  int edits_ = 0;
};

}  // namespace serin::sim
