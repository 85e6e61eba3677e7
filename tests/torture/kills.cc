#include "torture/kills.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

namespace serin::torture {

using namespace std::chrono_literals;
using rollout::machine::ReleaseStatus;

namespace {

std::string words(const Journalled& journal) {
  return fmt::format("{} is {}, step {}, planned {}: {}", journal.release,
                     to_string(journal.status), journal.step, journal.planned.to_string(),
                     journal.sentence);
}

bool is_end(ReleaseStatus status) {
  return status == ReleaseStatus::succeeded || status == ReleaseStatus::failed ||
         status == ReleaseStatus::terminated;
}

}  // namespace

void Kills::begin_release() {
  ++number_;
  bad_ = number_ % 3 == 0;
  ASSERT_TRUE(deploy({.version = "v" + std::to_string(number_), .error_rate = bad_ ? 0.3 : 0.001}));
  seen_ = {};
  forget_output();
}

bool Kills::live(Duration length) {
  after_two_seconds_.reset();
  bool continued = false;
  forget_output();
  start("v" + std::to_string(number_));
  Instant begun = now();
  while (now() - begun < length) {
    Duration left = length - (now() - begun);
    bool sample = !after_two_seconds_ && now() - begun >= 2s;
    if (sample) {
      follow_roles();
      after_two_seconds_ = share();
    }
    // One that found less traffic than its journal says waits for a person.
    if (!continued && now() - begun >= 1200ms && output().find("Paused (") != std::string::npos) {
      continued = true;
      run_command({"continue", "shop", "--state", store_directory()});
    }
    if (auto status = serin_->wait(std::min<Duration>(left, 100ms))) {
      exit_ = WIFEXITED(*status) ? WEXITSTATUS(*status) : 128 + WTERMSIG(*status);
      return false;
    }
  }
  serin_->signal(SIGKILL);
  auto status = serin_->wait(60s);
  EXPECT_TRUE(status);
  if (!status || WIFSIGNALED(*status)) return true;
  exit_ = WEXITSTATUS(*status);  // it was quicker
  return false;
}

void Kills::look_after_death() {
  follow_roles();
  double percent = share();
  std::optional<Journalled> journal = journalled();
  if (!journal || (seen_.release.empty() && is_end(journal->status))) {
    EXPECT_EQ(percent, 0) << "traffic that no journal knows of";
    return;
  }
  if (seen_.release.empty()) seen_.release = journal->release;
  ASSERT_EQ(journal->release, seen_.release) << "one release a version";
  EXPECT_LE(percent, journal->planned.percent() + 0.01) << "journal first";
  if (after_two_seconds_) {
    EXPECT_LE(*after_two_seconds_, std::max(seen_.planned, journal->planned).percent() + 0.01);
  }
  EXPECT_GE(journal->step, seen_.step) << "no step twice";
  bool returning = journal->status == ReleaseStatus::rolling_back ||
                   journal->status == ReleaseStatus::failed ||
                   journal->status == ReleaseStatus::terminated;
  EXPECT_TRUE(returning || !seen_.returning) << "a decision was lost: " << journal->sentence;
  EXPECT_TRUE(is_end(journal->status) || !seen_.ended) << journal->sentence;
  EXPECT_FALSE(bad_ && journal->status == ReleaseStatus::succeeded);
  seen_.step = journal->step;
  seen_.returning = returning;
  seen_.ended = is_end(journal->status);
  seen_.planned = journal->planned;
}

void Kills::end_release() {
  follow_roles();
  std::optional<Journalled> journal = journalled();
  ASSERT_TRUE(journal);
  SCOPED_TRACE(testing::Message() << "exit " << exit_ << "\n" << output());
  EXPECT_TRUE(is_end(journal->status)) << journal->sentence;
  if (exit_ == 0) {
    ++promoted_;
    EXPECT_FALSE(bad_) << "a bad version was promoted";
    EXPECT_EQ(journal->status, ReleaseStatus::succeeded);
  } else {
    ++rolled_back_;
    EXPECT_TRUE(exit_ == kRolledBack || exit_ == kAborted) << exit_ << output();
    EXPECT_NE(journal->status, ReleaseStatus::succeeded);
  }
  ASSERT_EQ(share(), 0) << "the slot that is not stable; " << words(*journal);
  EXPECT_EQ(observe().owner, "") << words(*journal);
}

void Kills::kill_at_random(int kills, unsigned seed) {
  random_.seed(seed);
  write_rollout({.steps = {{10, 2}, {30, 2}, {50, 10}}});
  std::uniform_int_distribution<int> short_life(20, 1200);
  std::uniform_int_distribution<int> long_life(2100, 7000);
  ASSERT_NO_FATAL_FAILURE(begin_release());
  for (int done = 0; done < kills;) {
    SCOPED_TRACE(testing::Message()
                 << "kill " << done + 1 << ", seed " << seed << ", version v" << number_);
    // Mostly short, around starts and recoveries; some long enough for steps to end.
    bool is_long = random_() % 4 == 0;
    Duration length = std::chrono::milliseconds(is_long ? long_life(random_) : short_life(random_));
    if (live(length)) {
      ++done;
      ASSERT_NO_FATAL_FAILURE(look_after_death());
      if (seen_.ended) {  // ended, and was killed before it could say so
        exit_ = journalled()->status == ReleaseStatus::succeeded ? 0 : kRolledBack;
      } else {
        continue;
      }
    }
    ASSERT_NO_FATAL_FAILURE(end_release());
    ASSERT_NO_FATAL_FAILURE(begin_release());
  }
  // The last release is brought to its end.
  start("v" + std::to_string(number_));
  if (serin_->wait(3s)) return;
  // It may be on its way back or at its end already, or not listen yet.
  int aborted = -1;
  bool told_or_over = test::wait_until([&] {
    aborted = run_command({"abort", "shop", "--state", store_directory()});
    return aborted == 0 || aborted == kRefused || serin_->wait(0s).has_value();
  });
  EXPECT_TRUE(told_or_over) << aborted << dir_.read("command.out");
  EXPECT_GE(wait_for_exit(), 0);
  EXPECT_EQ(run_command({"journal", "check", "--state", store_directory()}), 0)
      << dir_.read("command.out");
  std::printf("%d kills: %d releases promoted, %d rolled back\n", kills, promoted_, rolled_back_);
}

}  // namespace serin::torture
