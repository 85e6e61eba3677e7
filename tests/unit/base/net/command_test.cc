#include "base/net/command.h"

#include <signal.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin {
namespace {

using namespace std::chrono_literals;

class CommandTest : public LoopTest {
 protected:
  Result<CommandResult> run(std::vector<std::string> argv, Duration patience = test::kPatience) {
    Pending<CommandResult> pending;
    run_command(loop_, {.argv = std::move(argv), .env = {{"WORD", "canary"}}}, now() + patience,
                pending.callback());
    EXPECT_EQ(pending.calls, 0) << "from within the call";
    EXPECT_TRUE(wait_for(pending));
    run_briefly();
    EXPECT_EQ(pending.calls, 1);
    return std::move(*pending.result);
  }
  test::TempDir dir_;
};

TEST_F(CommandTest, OutputErrorsAndStatusAreTold) {
  auto result = run({"sh", "-c", "echo \"$WORD $1\"; echo oops >&2; exit 3", "sh", "a b"});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->output, "canary a b\n");
  EXPECT_EQ(result->errors, "oops\n");
  EXPECT_FALSE(result->truncated);
}

TEST_F(CommandTest, NoShellReadsTheArguments) {
  auto result = run({"echo", "$HOME; exit 1"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, 0);
  EXPECT_EQ(result->output, "$HOME; exit 1\n");
}

TEST_F(CommandTest, ASignalIsTold) {
  auto result = run({"sh", "-c", "kill -TERM $$"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->exit_code, -1);
  EXPECT_EQ(result->signal, SIGTERM);
}

TEST_F(CommandTest, AProgramThatIsMissingIsNamed) {
  auto result = run({"serin-no-such-program"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::not_found);
}

TEST_F(CommandTest, AtTheDeadlineItIsKilledWithItsChildren) {
  std::string alive = dir_.file("alive");
  // Both would write after a second.
  auto result =
      run({"sh", "-c", "(sleep 1; touch " + alive + ".child) & sleep 1; touch " + alive}, 100ms);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::deadline_exceeded);
  EXPECT_NE(result.error().message.find("sh took too long"), std::string::npos);
  loop_.run_until([] { return false; }, 1300ms);
  EXPECT_NE(::access(alive.c_str(), F_OK), 0);
  EXPECT_NE(::access((alive + ".child").c_str(), F_OK), 0);
}

TEST_F(CommandTest, ChildrenOfOneThatEndedGoOn) {
  std::string alive = dir_.file("alive");
  auto result = run({"sh", "-c", "(sleep 0.2; touch " + alive + ") & echo started"});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->output, "started\n") << "it does not wait for them";
  EXPECT_TRUE(run_until([&] { return ::access(alive.c_str(), F_OK) == 0; }));
}

TEST_F(CommandTest, ItCanBeCancelled) {
  Pending<CommandResult> pending;
  pending.cancellation = run_command(loop_, {.argv = {"sleep", "100"}}, soon(), pending.callback());
  pending.cancellation.cancel();
  EXPECT_EQ(pending.calls, 0);
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(pending.code(), Code::cancelled);
  pending.cancellation.cancel();
}

TEST_F(CommandTest, OutputIsBounded) {
  for (std::size_t size : {kCommandOutputMax, kCommandOutputMax + 1}) {
    auto result = run({"head", "-c", std::to_string(size), "/dev/zero"});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->output.size(), kCommandOutputMax);
    EXPECT_EQ(result->truncated, size > kCommandOutputMax);
  }
}

}  // namespace
}  // namespace serin
