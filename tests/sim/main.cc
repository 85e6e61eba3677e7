// serin-sim: runs the simulated world until an invariant breaks or its budget is spent.
//
//   serin-sim --seconds 60 --progress                      every scenario in turn, seeds from 1
//   serin-sim --steps 10000000                             the same, by steps
//   serin-sim --seed 7 --scenario chaos --steps 10000      one run, with its story if it fails
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "tests/sim/simulation.h"
#include "tests/sim/world/knobs.h"

namespace {

using serin::sim::Arguments;
using serin::sim::RunReport;

struct Options {
  Arguments first;
  std::uint64_t steps = 0;  // in all
  double seconds = 0;
  bool all = true;  // scenarios
  bool progress = false;
};

struct Sum {
  int runs = 0;
  double simulated_s = 0;
  std::uint64_t steps = 0;
  std::uint64_t checks = 0;
  std::uint64_t promoted = 0;
  std::uint64_t returned = 0;

  void add(const RunReport& run) {
    ++runs;
    simulated_s += run.seconds;
    steps += run.steps;
    checks += run.checks;
    promoted += run.promoted;
    returned += run.returned;
  }
  void print(std::FILE* out, double spent_s) const {
    auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::fprintf(out,
                 "%d runs, %llu steps, %.1f simulated hours, %llu checks, %llu releases promoted, "
                 "%llu returned in %.0f s\n",
                 runs, number(steps), simulated_s / 3600, number(checks), number(promoted),
                 number(returned), spent_s);
  }
};

// A failing run is repeated with its story told.
int tell(Arguments arguments) {
  arguments.telling = true;
  RunReport run = serin::sim::simulate(arguments);
  for (const std::string& line : run.told) std::printf("%s\n", line.c_str());
  std::printf("\nviolated: %s\nrepeat: %s\n", run.violation.c_str(),
              serin::sim::repeat_command(arguments).c_str());
  return 1;
}

// An assertion that fails in mid-run says how to repeat it too.
std::string running;  // the command that repeats the run that is under way

void on_abort(int) {
  std::fprintf(stderr, "repeat: %s\n", running.c_str());
}

int run_all(const Options& options) {
  constexpr double kProgressEvery_s = 10;
  auto begun = std::chrono::steady_clock::now();
  auto spent = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  };
  std::signal(SIGABRT, on_abort);
  const auto& list = serin::sim::scenarios();
  Arguments arguments = options.first;
  Sum sum;
  double told = 0;
  std::uint64_t weather = 0;  // steps of bad weather so far: what the budget counts
  do {
    if (options.all) {
      arguments.scenario = list[static_cast<std::size_t>(sum.runs) % list.size()].name;
    }
    std::uint64_t rest = options.steps > weather ? options.steps - weather : 0;
    arguments.steps = serin::sim::kRunSteps;
    if (options.seconds <= 0 && rest < static_cast<std::uint64_t>(arguments.steps)) {
      arguments.steps = static_cast<int>(rest);
    }
    running = serin::sim::repeat_command(arguments);
    RunReport run = serin::sim::simulate(arguments);
    if (!run.violation.empty()) return tell(arguments);
    sum.add(run);
    weather += static_cast<std::uint64_t>(arguments.steps);
    ++arguments.seed;
    if (options.progress && spent() - told >= kProgressEvery_s) {
      told = spent();
      sum.print(stderr, told);
    }
  } while (spent() < options.seconds || weather < options.steps);
  sum.print(stdout, spent());
  std::printf("all invariants held\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Simulates serin with faults and checks its invariants");
  Options options;
  Arguments& arguments = options.first;
  std::string bug = "none";
  bool fleet = false;
  bool no_fleet = false;
  app.add_option("--seed", arguments.seed, "first seed; default: 1");
  auto* scenario = app.add_option("--scenario", arguments.scenario, "one scenario; default: all");
  auto* steps = app.add_option("--steps", options.steps, "callbacks of bad weather, in all");
  app.add_option("--seconds", options.seconds, "go on for so long");
  app.add_flag("--progress", options.progress, "say how far it is every 10 s");
  app.add_flag("--fleet", fleet, "counters and the real analysis in every run");
  app.add_flag("--no-fleet", no_fleet, "moods and the simulator's own analysis in every run");
  app.add_option("--bug", bug, "plant a bug that must be found");
  CLI11_PARSE(app, argc, argv);
  if (fleet || no_fleet) arguments.fleet = fleet;
  auto planted = serin::sim::bug_named(bug);
  if (!planted) {
    std::fprintf(stderr, "no bug '%s'\n", bug.c_str());
    return 2;
  }
  arguments.bug = *planted;
  options.all = scenario->count() == 0;
  if (!options.all) {
    auto known = serin::sim::scenario_named(arguments.scenario);
    if (!known) {
      std::fprintf(stderr, "%s\n", known.error().message.c_str());
      return 2;
    }
  }
  if (steps->count() == 0 && options.seconds <= 0) options.steps = serin::sim::kRunSteps;
  return run_all(options);
}
