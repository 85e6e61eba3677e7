// The checker finds what was planted: a simulator that finds nothing proves nothing.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/sim/simulation.h"

namespace serin::sim {

void PrintTo(Bug bug, std::ostream* out) {
  *out << to_string(bug);
}

namespace {

struct Case {
  Bug bug;
  const char* scenario;
  bool fleet = false;
  int seeds_max = 40;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << to_string(c.bug) << " in " << c.scenario;
}

class PlantedBug : public testing::TestWithParam<Case> {};

TEST_P(PlantedBug, IsFoundAndIsTheCause) {
  Arguments arguments{
      .scenario = GetParam().scenario, .bug = GetParam().bug, .fleet = GetParam().fleet};
  for (int seed = 1; seed <= GetParam().seeds_max; ++seed) {
    arguments.seed = static_cast<std::uint64_t>(seed);
    RunReport run = simulate(arguments);
    if (run.violation.empty()) continue;
    RecordProperty("violation", run.violation);
    Arguments sound = arguments;
    sound.bug = Bug::none;
    EXPECT_EQ(simulate(sound).violation, "") << repeat_command(sound);
    return;
  }
  FAIL() << "not found with " << GetParam().seeds_max << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    Sim, PlantedBug,
    testing::Values(Case{Bug::evidence_lost, "crash"}, Case{Bug::rollback_waits, "store"},
                    Case{Bug::raised_on_recovery, "chaos"}, Case{Bug::applied_twice, "operator"},
                    Case{Bug::stale_counted, "metrics", true},
                    Case{Bug::reset_twice, "metrics", true}, Case{Bug::drain_undone, "hands"},
                    Case{Bug::downtime_counted, "crash"}, Case{Bug::promoted_on_no_data, "metrics"},
                    Case{Bug::verify_ignored, "calm"}, Case{Bug::queue_dropped, "store"},
                    Case{Bug::rules_left, "operator"}, Case{Bug::fresh_ignored, "calm"},
                    Case{Bug::fresh_few, "calm"}, Case{Bug::fresh_left, "calm"}));

TEST(Simulation, SameSeedSameRun) {
  Arguments arguments{.seed = 11, .steps = 5'000, .scenario = "chaos", .telling = true};
  RunReport first = simulate(arguments);
  RunReport second = simulate(arguments);
  EXPECT_EQ(first.told, second.told);
  EXPECT_EQ(first.checks, second.checks);
}

TEST(Simulation, UnknownScenarioIsSaid) {
  EXPECT_NE(simulate({.scenario = "sunshine"}).violation.find("calm, router"), std::string::npos);
}

}  // namespace
}  // namespace serin::sim
