// The program stands still for a minute and goes on: time in which it did not look counts for
// nothing.
#include <signal.h>

#include "torture/world.h"

namespace serin::torture {
namespace {

using namespace std::chrono_literals;

class Suspended : public TortureWorld {
 protected:
  // Between the canary's first traffic and the end of a step of 20 s.
  void stand_still_in_the_first_step(const std::string& on_engine_loss) {
    write_rollout({.steps = {{10, 20}, {50, 120}}, .on_engine_loss = on_engine_loss});
    ASSERT_TRUE(deploy({.version = "v2"}));
    start("v2");
    ASSERT_TRUE(says("canary at 10 %")) << output();
    serin_->signal(SIGSTOP);
    loop_.run_until([] { return false; }, 60s);
  }
  void abort_and_expect_the_end() {
    EXPECT_EQ(run_command({"abort", "shop", "--state", store_directory()}), 0)
        << dir_.read("command.out");
    EXPECT_EQ(wait_for_exit(), kAborted) << output();
    EXPECT_EQ(share(), 0);
  }
};

TEST_F(Suspended, ForAMinuteTheStepGoesOnWhereItStood) {
  ASSERT_NO_FATAL_FAILURE(stand_still_in_the_first_step("hold"));
  EXPECT_EQ(share(), 10);
  serin_->signal(SIGCONT);
  EXPECT_FALSE(says("canary at 50 %", 10s)) << output();
  EXPECT_TRUE(says("canary at 50 %", 60s)) << output();
  EXPECT_EQ(output().find("Paused"), std::string::npos) << output();
  abort_and_expect_the_end();
}

TEST_F(Suspended, ForAMinuteTheCanaryLeavesAndAPersonIsAsked) {
  ASSERT_NO_FATAL_FAILURE(stand_still_in_the_first_step("stable"));
  EXPECT_EQ(share(), 0);
  serin_->signal(SIGCONT);
  ASSERT_TRUE(says("Paused")) << output();
  EXPECT_FALSE(test::wait_until([&] { return share() > 0; }, 3s));
  EXPECT_EQ(run_command({"continue", "shop", "--state", store_directory()}), 0);
  EXPECT_TRUE(test::wait_until([&] { return share() >= 10; }, 20s)) << output();
  abort_and_expect_the_end();
}

}  // namespace
}  // namespace serin::torture
