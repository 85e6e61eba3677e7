// One run of the simulated world: a seed, a scenario, perhaps a planted bug.
//
//   RunReport run = simulate({.seed = 7, .steps = 20'000, .scenario = "chaos"});
//   if (!run.violation.empty()) puts(run.violation.c_str());
//
// The same arguments give the same run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/process/bugs.h"

namespace serin::sim {

// Longer runs find less for their time: what is odd is odd early.
inline constexpr int kRunSteps = 10'000;

struct Arguments {
  std::uint64_t seed = 1;
  // Callbacks of bad weather; then it clears up and everything must end.
  int steps = kRunSteps;
  std::string scenario = "chaos";
  Bug bug = Bug::none;
  // Counters behind the real analysis, or moods behind the simulator's own; nothing: by the seed.
  std::optional<bool> fleet{};
  bool telling = false;  // keep what happened
};

struct RunReport {
  std::string violation;  // empty: every invariant held
  std::vector<std::string> told;
  double seconds = 0;        // simulated
  std::uint64_t steps = 0;   // callbacks, those after the weather cleared included
  std::uint64_t checks = 0;  // events handled, commands sent, journals folded
  std::uint64_t promoted = 0;
  std::uint64_t returned = 0;
};

RunReport simulate(const Arguments& arguments);

// The command that repeats a run.
std::string repeat_command(const Arguments& arguments);

}  // namespace serin::sim
