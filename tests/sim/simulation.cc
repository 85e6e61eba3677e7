#include "tests/sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/release/policy_analysis.h"
#include "base/assert.h"
#include "tests/sim/people.h"
#include "tests/sim/process/chaos_analysis.h"

namespace serin::sim {
namespace {

using namespace rollout;

constexpr Duration kEndWithin = minutes(60);  // after the weather has cleared

// The real analysis of a fleet: errors of the canary against stable, and the router's counters.
Result<std::unique_ptr<analysis::ReleaseAnalysis>> fleet_analysis(const engine::Ticket& ticket,
                                                                  Now now) {
  auto policy = std::make_shared<analysis::ReleasePolicy>();
  policy->release = ticket.spec.id;
  policy->history = seconds(ticket.pinned["history_s"].integer());
  policy->planned = minutes(10);
  policy->chosen_requests =
      !ticket.spec.match.empty() ||
      std::ranges::any_of(ticket.spec.steps,
                          [](const machine::ReleaseStep& step) { return is_route(step.kind); });
  analysis::Metric metric;
  metric.name = "errors";
  metric.interval = config::DurationText("5s");
  metric.compare.emplace().errors =
      analysis::ErrorsSpec{R"(http_requests_total{code=~"5.."})", "http_requests_total"};
  analysis::Versions versions{
      .label = "version", .canary = "v2", .stable = "v1", .instance = "pod"};
  SERIN_CHECK(analysis::add_metric(*policy, metric, versions));
  SERIN_TRY(made, analysis::PolicyAnalysis::create(std::move(policy), now));
  return std::unique_ptr<analysis::ReleaseAnalysis>(std::move(made));
}

Result<std::unique_ptr<analysis::ReleaseAnalysis>> make_analysis(const engine::Ticket& ticket,
                                                                 Now now) {
  if (ticket.type == engine::TicketType::rollback) {
    return std::unique_ptr<analysis::ReleaseAnalysis>();
  }
  if (ticket.pinned["fleet"].boolean()) return fleet_analysis(ticket, now);
  return std::unique_ptr<analysis::ReleaseAnalysis>(
      std::make_unique<ChaosAnalysis>(ChaosAnalysis::rules_from(ticket.pinned), ticket.service));
}

class Simulation {
 public:
  Simulation(const Arguments& arguments, const Knobs& knobs)
      : arguments_(arguments),
        knobs_(knobs),
        world_(arguments.seed, arguments.telling),
        metrics_(world_, knobs_),
        checker_(world_, routes_, metrics_, make_analysis) {
    bool fleet = world_.chance(0.25);
    if (arguments.fleet) fleet = *arguments.fleet;
    std::vector<std::string> services{"checkout"};
    if (!fleet && world_.chance(0.5)) services.emplace_back("cart");
    for (const std::string& service : services) {
      routes_[service] = std::make_unique<Route>(world_, knobs_, service);
      if (fleet) {
        metrics_.add_fleet(service, *routes_[service], world_.chance(0.3));
      } else {
        metrics_.add_mood(service);
      }
    }
    Surroundings around{world_, knobs_, routes_, metrics_, checker_, make_analysis, arguments.bug};
    processes_.push_back(std::make_unique<Process>(around, "one"));
    if (knobs_.two) processes_.push_back(std::make_unique<Process>(around, "two"));
    people_.emplace(world_, knobs_, checker_, processes_, services, routes_, metrics_);
  }

  void run() {
    for (auto& [name, route] : routes_) route->begin_weather();
    metrics_.begin_weather();
    begin_clock_steps();
    for (const auto& process : processes_) {
      process->start();
      process->begin_weather();
      process->store().begin_weather();
    }
    checker_.begin();
    people_->begin(arguments_.bug);
    while (steps() < static_cast<std::uint64_t>(arguments_.steps)) step();
    clear_up();
    Instant end = world_.mono() + kEndWithin;
    while (world_.mono() < end && !all_ended()) step();
    checker_.at_end(processes_);
  }

  RunReport report() const {
    RunReport run;
    run.seconds = to_seconds(world_.mono() - Instant(std::chrono::hours(1)));
    run.steps = steps();
    run.checks = checker_.checks();
    run.promoted = checker_.promoted();
    run.returned = checker_.returned();
    run.told.assign(world_.notes().begin(), world_.notes().end());
    return run;
  }

 private:
  void step() {
    world_.loop.run_next();
    ++callbacks_;
  }
  // The checker's own callbacks are none.
  std::uint64_t steps() const { return callbacks_ - checker_.ticks(); }

  void begin_clock_steps() {
    if (knobs_.clock_step_every == Duration{}) return;
    world_.after(world_.about(knobs_.clock_step_every), [this] {
      Duration step = world_.between(-seconds(90), seconds(90));
      world_.note("the wall clock steps by {:.1f} s", to_seconds(step));
      world_.loop.step_wall(step);
      begin_clock_steps();
    });
  }

  void clear_up() {
    world_.note("the weather clears up");
    knobs_.clock_step_every = Duration{};
    metrics_.restore_all();
    for (auto& [name, route] : routes_) route->restore_all();
    for (const auto& process : processes_) process->restore_all();
    people_->calm_down();
  }

  bool all_ended() const {
    return std::all_of(processes_.begin(), processes_.end(), [](const auto& process) {
      if (!process->alive()) return false;
      auto releases = process->engine().releases();
      return std::all_of(releases.begin(), releases.end(), [&](const std::string& release) {
        const machine::ReleaseState& state = *process->engine().state(release);
        return machine::is_terminal(state.status) && !state.remainder.stop_fresh_at;
      });
    });
  }

  Arguments arguments_;
  Knobs knobs_;
  std::uint64_t callbacks_ = 0;
  World world_;
  std::map<std::string, std::unique_ptr<Route>> routes_;
  Metrics metrics_;
  Checker checker_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::optional<People> people_;
};

}  // namespace

RunReport simulate(const Arguments& arguments) {
  auto scenario = scenario_named(arguments.scenario);
  if (!scenario) {
    RunReport run;
    run.violation = scenario.error().message;
    return run;
  }
  Simulation simulation(arguments, scenario->knobs);
  std::string violation;
  try {
    simulation.run();
  } catch (const Violation& found) {
    violation = found.what();
  }
  RunReport run = simulation.report();
  run.violation = std::move(violation);
  return run;
}

std::string repeat_command(const Arguments& arguments) {
  std::string command = fmt::format("serin-sim --seed {} --scenario {} --steps {}", arguments.seed,
                                    arguments.scenario, arguments.steps);
  if (arguments.fleet) command += *arguments.fleet ? " --fleet" : " --no-fleet";
  if (arguments.bug != Bug::none) command += fmt::format(" --bug {}", to_string(arguments.bug));
  return command;
}

}  // namespace serin::sim
