// What changes while a release runs: another version, refused or taking its place, and its plan.
#include "tests/e2e/release_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

class SupersedeTest : public ReleaseTest {
 protected:
  // v2 waits for a person at 10 %.
  void start_first() {
    steps_ = "      - setWeight: 10\n      - pause: {}\n";
    start_world();
    ASSERT_TRUE(world_->deploy({.version = "v2"}));
    start_release("v2");
    ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  }
  int refused(std::string& output) {
    return run({"run", "-f", rollout_, "--version", "v3", "--state", state()}, output);
  }
  // The second release holds the service; nothing of it has been given traffic yet.
  void expect_second_holds() {
    EXPECT_TRUE(test::wait_until(
        [&] {
          std::string output;
          return run({"get", "shop", "--state", state(), "-o", "json"}, output) == 0 &&
                 output.find("shop-2") != std::string::npos;
        },
        60s))
        << read_file(output_);
    std::string output;
    EXPECT_EQ(run({"abort", "shop", "--state", state()}, output), 0) << output;
    EXPECT_EQ(wait_release(), 11) << read_file(output_);
    ASSERT_EQ(run({"history", "shop-1", "--state", state()}, output), 0) << output;
    EXPECT_NE(output.find("Terminated"), std::string::npos) << output;
    EXPECT_NE(output.find("superseded by"), std::string::npos) << output;
    EXPECT_EQ(share(), 0);
  }
};

TEST_F(SupersedeTest, TheReleaseThatRunsIsAbortedFirst) {
  start_first();
  std::string output;
  EXPECT_EQ(refused(output), 4) << output;
  EXPECT_NE(output.find("is held by shop-1 of version v2, which is Paused"), std::string::npos)
      << output;
  Process first = std::move(*release_);
  start_release("v3", {"--supersede", "--stable", "v1"});
  auto ended = first.wait(60s);
  ASSERT_TRUE(ended) << "it was told to abort";
  EXPECT_EQ(WEXITSTATUS(*ended), 11);
  expect_second_holds();
}

TEST_F(SupersedeTest, SoIsOneThatTheJournalHas) {
  start_first();
  release_->signal(SIGKILL);
  ASSERT_TRUE(release_->wait(10s));
  std::string output;
  EXPECT_EQ(refused(output), 4) << output;
  EXPECT_NE(output.find("shop-1 of version v2 is not over"), std::string::npos) << output;
  start_release("v3", {"--supersede", "--stable", "v1"});
  expect_second_holds();
}

TEST_F(ReleaseTest, AnEditedPlanIsTakenOverByASignal) {
  steps_ = "      - setWeight: 10\n      - pause: {}\n";
  start_world();
  ASSERT_TRUE(world_->deploy({.version = "v2"}));
  start_release("v2");
  ASSERT_TRUE(wait_for("Paused")) << read_file(output_);
  auto steps = [&] {
    std::string output;
    run({"get", "shop", "--state", state(), "-o", "json"}, output);
    auto view = Json::parse(output);
    return view ? (*view)["steps"].size() : 0U;
  };
  ASSERT_EQ(steps(), 2U);
  steps_ = "      - setWeight: 20\n      - pause: {}\n      - setWeight: 50\n";
  write_rollout(kErrorRate);
  release_->signal(SIGUSR1);
  EXPECT_TRUE(test::wait_until(
      [&] { return read_file(output_).find("step 1 is done") != std::string::npos; }, 30s))
      << read_file(output_);
  EXPECT_EQ(steps(), 2U);
  steps_ = "      - setWeight: 10\n      - pause: {}\n      - setWeight: 50\n";
  write_rollout(kErrorRate);
  release_->signal(SIGUSR1);
  EXPECT_TRUE(test::wait_until([&] { return steps() == 3U; }, 30s)) << read_file(output_);

  // The same by a command, which says what becomes of it.
  std::string output;
  auto edit = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"edit", "shop", "--state", state()});
    return run(std::move(more), output);
  };
  EXPECT_EQ(edit({}), 0) << output;
  EXPECT_EQ(output, "shop-1: edited: steps and metrics are the same\n");
  steps_ = "      - setWeight: 10\n      - pause: {}\n      - setWeight: 40\n      - pause: {}\n";
  const std::string own = rollout_;
  write_rollout(kErrorRate);
  const std::string other = dir_.path() + "/other.yaml";
  std::ofstream(other) << read_file(own);
  std::ofstream(own) << "kind: Rollout\n";
  EXPECT_EQ(edit({}), 3) << output;
  EXPECT_EQ(edit({"-f", other, "--dry-run"}), 0) << output;
  EXPECT_NE(output.find("step 3 is setWeight 40 % instead of setWeight 50 %; step 4 is new: pause"),
            std::string::npos)
      << output;
  EXPECT_EQ(steps(), 3U);
  EXPECT_EQ(edit({"-f", other, "--reason", "evening peak", "-o", "json"}), 0) << output;
  auto answer = Json::parse(output);
  ASSERT_TRUE(answer) << output;
  EXPECT_EQ((*answer)["release"]["steps"].size(), 4U);
  EXPECT_EQ(run({"audit", "shop-1", "--state", state(), "-o", "json"}, output), 0);
  EXPECT_NE(output.find("evening peak"), std::string::npos);
  EXPECT_EQ(edit({"-f", dir_.path() + "/none.yaml"}), 4) << output;
  EXPECT_EQ(run({"edit", "shop", "--state", dir_.path() + "/nobody"}, output), 6) << output;
  EXPECT_EQ(run({"edit", "nothing", "--state", state()}, output), 4) << output;
  EXPECT_EQ(run({"abort", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
}

}  // namespace
}  // namespace serin::app
