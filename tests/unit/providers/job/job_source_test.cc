#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>

#include "providers/job/source.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/base/loop_fixture.h"

namespace serin::job {
namespace {

using namespace std::chrono_literals;

class JobSourceTest : public LoopTest {
 protected:
  void make(std::vector<std::string> command) {
    auto made = JobSource::create(loop_, {.command = std::move(command)});
    ASSERT_TRUE(made) << made.error().to_string();
    source_ = std::move(*made);
  }
  void start(Pending<queries::Answer>& pending, Duration patience = test::kPatience) {
    pending.cancellation = source_->ask({}, now() + patience, pending.callback());
    EXPECT_EQ(pending.calls, 0);
  }
  Result<queries::Answer> run(std::vector<std::string> command,
                              Duration patience = test::kPatience) {
    make(std::move(command));
    Pending<queries::Answer> pending;
    start(pending, patience);
    EXPECT_TRUE(wait_for(pending));
    return std::move(*pending.result);
  }
  // The number that a command wrote to a file, once it is there.
  pid_t pid_in(const std::string& path) {
    pid_t pid = 0;
    run_until([&] { return static_cast<bool>(std::ifstream(path) >> pid); });
    return pid;
  }
  bool is_gone(pid_t pid) {
    // A killed process that nobody waited for yet is gone as well.
    const auto state = [&]() -> char {
      std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
      std::string skipped;
      char letter = 'X';
      stat >> skipped >> skipped >> letter;
      return stat ? letter : 'X';
    };
    return run_until([&] { return state() == 'X' || state() == 'Z'; });
  }

  test::TempDir dir_;
  std::unique_ptr<JobSource> source_;
};

TEST_F(JobSourceTest, TellsTheExitAndTheOutput) {
  const auto answer = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->type, queries::AnswerType::json);
  EXPECT_EQ(answer->json["exitCode"].integer(), 3);
  EXPECT_EQ(answer->json["output"].string(), "out\nerr\n");
  EXPECT_TRUE(answer->json["json"].is_null());
  EXPECT_EQ(run({"true"})->json["exitCode"].integer(), 0);
  const auto killed = run({"sh", "-c", "kill -9 $$"});
  EXPECT_EQ(killed->json["signal"].integer(), 9);
  EXPECT_EQ(killed->json["exitCode"].integer(), -1);
}

TEST_F(JobSourceTest, OutputThatIsJsonIsRead) {
  EXPECT_EQ(run({"echo", R"({"p99":0.25})"})->json["json"]["p99"].number(), 0.25);
}

TEST_F(JobSourceTest, NoShellIsInvolved) {
  EXPECT_EQ(run({"echo", "$HOME; exit 3 | cat"})->json["output"].string(), "$HOME; exit 3 | cat\n");
}

TEST_F(JobSourceTest, ALongOutputKeepsItsEnd) {
  const auto answer = run({"sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo the end"});
  ASSERT_TRUE(answer);
  const std::string_view output = answer->json["output"].string();
  EXPECT_EQ(output.size(), kJobOutputMax);
  EXPECT_TRUE(output.ends_with("xthe end\n"));
}

TEST_F(JobSourceTest, IsKilledWithItsChildrenAtItsLimit) {
  const std::string file = dir_.file("pid");
  const auto answer = run({"sh", "-c", "sleep 600 & echo $! > " + file + "; sleep 600"}, 300ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::deadline_exceeded);
  EXPECT_NE(answer.error().message.find("took too long"), std::string::npos);
  EXPECT_TRUE(is_gone(pid_in(file)));
}

TEST_F(JobSourceTest, WhatItLeavesBehindIsKilledToo) {
  const std::string file = dir_.file("pid");
  const auto answer = run({"sh", "-c", "sleep 600 & echo $! > " + file});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->json["exitCode"].integer(), 0);
  EXPECT_TRUE(is_gone(pid_in(file)));
}

TEST_F(JobSourceTest, CancellingKills) {
  const std::string file = dir_.file("pid");
  make({"sh", "-c", "echo $$ > " + file + "; exec sleep 600"});
  Pending<queries::Answer> pending;
  start(pending);
  const pid_t pid = pid_in(file);
  pending.cancellation.cancel();
  EXPECT_EQ(pending.calls, 0);
  ASSERT_TRUE(wait_for(pending));
  EXPECT_EQ(pending.code(), Code::cancelled);
  EXPECT_TRUE(is_gone(pid));
}

TEST_F(JobSourceTest, DestroyingKillsAndForgets) {
  const std::string file = dir_.file("pid");
  make({"sh", "-c", "echo $$ > " + file + "; exec sleep 600"});
  Pending<queries::Answer> pending;
  start(pending);
  const pid_t pid = pid_in(file);
  source_.reset();
  EXPECT_TRUE(is_gone(pid));
  run_briefly();
  EXPECT_EQ(pending.calls, 0);
}

TEST_F(JobSourceTest, RefusesWhatCannotRun) {
  EXPECT_EQ(JobSource::create(loop_, {}).error().code, Code::invalid_argument);
  EXPECT_EQ(JobSource::create(loop_, {.command = {"no-such-program-at-all"}}).error().code,
            Code::not_found);
}

TEST_F(JobSourceTest, TooManyAtATimeAreRefused) {
  make({"sleep", "600"});
  std::vector<Pending<queries::Answer>> pending(kJobsMax + 1);
  for (auto& each : pending) start(each);
  ASSERT_TRUE(wait_for(pending.back()));
  EXPECT_EQ(pending.back().code(), Code::unavailable);
  for (std::size_t i = 0; i < kJobsMax; ++i) EXPECT_EQ(pending[i].calls, 0);
  source_.reset();
}

}  // namespace
}  // namespace serin::job
