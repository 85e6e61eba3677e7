// Fresh instances of stable (workload.baseline: fresh) across releases, restarts and the analysis.
#include <algorithm>

#include "rollout/machine/machine.h"
#include "tests/unit/rollout/engine_lab.h"

namespace serin::rollout::engine {
namespace {

Ticket fresh_ticket(bool fresh = true) {
  Ticket ticket = lab_ticket("checkout");
  ticket.spec.has_workload = true;
  ticket.spec.fresh_baseline = fresh;
  ticket.spec.canary_instances = 2;
  ticket.spec.drain = seconds(10);
  return ticket;
}

// Stable's slot in what was asked for, in order and without repetitions.
std::vector<int> stable_asked(const EngineLab& lab) {
  std::vector<int> list;
  for (const DesiredWorkload& desired : lab.asked) {
    if (desired.slot == Slot::stable) list.push_back(desired.instances);
  }
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

TEST(EngineBaseline, TheAnalysisIsToldWhenTheyAreAskedForAndARestartKeepsIt) {
  EngineLab lab;
  std::string id = lab.open(fresh_ticket()).opened;
  lab.advance(seconds(10));
  ASSERT_EQ(lab.status(id), ReleaseStatus::progressing);
  const std::int64_t asked = lab.engine.view(id, lab.now)["report"]["baseline"].integer();
  EXPECT_GT(asked, 0);
  lab.restart();
  EXPECT_EQ(lab.engine.view(id, lab.now)["report"]["baseline"].integer(), asked);
  lab.expect_fold();
}

TEST(EngineBaseline, GoAfterTheEndAlsoWhereTheEngineDiesBefore) {
  for (bool crash : {false, true}) {
    EngineLab lab;
    std::string id = lab.open(fresh_ticket()).opened;
    lab.advance(seconds(10));
    ASSERT_EQ(stable_asked(lab), std::vector<int>{6});
    lab.operate(id, Operation::abort);
    ASSERT_EQ(lab.status(id), ReleaseStatus::terminated);
    if (crash) lab.restart();
    lab.advance(minutes(1));
    EXPECT_EQ(stable_asked(lab), (std::vector<int>{6, 4}));
    EXPECT_EQ(lab.stable.version, "2.3.0");
    lab.expect_fold();
  }
}

// The next release comes before they have gone: it takes them away, and does not count them as
// stable's.
TEST(EngineBaseline, TheNextReleaseKnowsStablesOwnNumber) {
  for (bool fresh : {true, false}) {
    EngineLab lab;
    std::string id = lab.open(fresh_ticket()).opened;
    lab.advance(seconds(10));
    lab.operate(id, Operation::abort);
    lab.advance(seconds(1));
    ASSERT_EQ(lab.stable.instances, 6);
    Ticket next = fresh_ticket(fresh);
    next.spec.version = "2.5.0";
    std::string second = lab.open(next).opened;
    lab.advance(seconds(10));
    ASSERT_EQ(lab.status(second), ReleaseStatus::progressing);
    EXPECT_EQ(lab.engine.state(second)->start.stable_instances, 4);
    lab.operate(second, Operation::abort);
    lab.advance(minutes(1));
    EXPECT_EQ(stable_asked(lab), fresh ? (std::vector<int>{6, 4, 6, 4}) : (std::vector<int>{6, 4}));
    lab.expect_fold();
  }
}

}  // namespace
}  // namespace serin::rollout::engine
