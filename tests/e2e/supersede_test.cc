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
  std::string output;
  EXPECT_EQ(run({"abort", "shop", "--state", state()}, output), 0) << output;
  EXPECT_EQ(wait_release(), 11) << read_file(output_);
}

}  // namespace
}  // namespace serin::app
