#include "analysis/release/pace.h"

#include <gtest/gtest.h>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

Pace asked_every(Duration interval) {
  Pace pace;
  pace.asks_every(60s);
  pace.asks_every(interval);
  return pace;
}

TEST(Pace, DoublesForAnswersThatTakeMoreThanHalfAnIntervalUpToFour) {
  Pace pace = asked_every(10s);
  pace.answered_after(5s);
  EXPECT_FALSE(pace.degraded());
  pace.answered_after(5s + 1ms);
  EXPECT_EQ(pace.stretch(), 2);
  EXPECT_TRUE(pace.degraded());
  pace.answered_after(10s);  // half of what it is now
  EXPECT_EQ(pace.stretch(), 2);
  pace.timed_out();
  EXPECT_EQ(pace.stretch(), 4);
  pace.timed_out();
  EXPECT_EQ(pace.stretch(), Pace::kStretchMax);
}

TEST(Pace, ReturnsAfterThreeBriskAnswersInARow) {
  Pace pace = asked_every(8s);
  pace.timed_out();
  pace.timed_out();
  pace.answered_after(1s);
  pace.answered_after(1s);
  pace.answered_after(4s);  // an eighth of 32 s is no longer brisk
  pace.answered_after(1s);
  pace.answered_after(1s);
  EXPECT_EQ(pace.stretch(), 4);
  pace.answered_after(1s);
  EXPECT_EQ(pace.stretch(), 2);
  for (int i = 0; i < Pace::kBriskAnswers; ++i) pace.answered_after(1s);
  EXPECT_EQ(pace.stretch(), 1);
  for (int i = 0; i < Pace::kBriskAnswers; ++i) pace.answered_after(0s);
  EXPECT_EQ(pace.stretch(), 1);
}

TEST(Pace, SurvivesAsJson) {
  Pace pace = asked_every(8s);
  pace.timed_out();
  pace.answered_after(0s);
  Pace back = asked_every(8s);
  back.restore(pace.to_json());
  EXPECT_EQ(back.to_json(), pace.to_json());
  back.restore(Json());
  EXPECT_EQ(back.stretch(), 1);
  back.restore(Json::object().set("stretch", 99));
  EXPECT_EQ(back.stretch(), Pace::kStretchMax);
}

}  // namespace
}  // namespace serin::analysis
