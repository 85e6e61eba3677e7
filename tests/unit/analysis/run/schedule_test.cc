#include "analysis/run/schedule.h"

#include <gtest/gtest.h>

#include <string>

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

Instant at(Duration since_start) {
  return Instant(1h) + since_start;
}

TEST(Schedule, KeepsItsGridHoweverLateAnswersCome) {
  Schedule schedule(at(0s), 10s, 3s);
  EXPECT_FALSE(schedule.due(at(2999ms)));
  EXPECT_TRUE(schedule.due(at(3s)));
  schedule.asked(at(3s));
  EXPECT_FALSE(schedule.due(at(30s))) << "a second look while the first is under way";
  schedule.answered(at(4700ms));
  EXPECT_EQ(schedule.next(), at(13s));
  schedule.asked(at(13s));
  schedule.answered(at(41s));  // two looks were missed: one is taken, at the grid
  EXPECT_EQ(schedule.next(), at(43s));
}

TEST(Schedule, StretchedLooksStayOnTheGrid) {
  Schedule schedule(at(0s), 10s, 3s);
  schedule.asked(at(3s));
  schedule.answered(at(9s), 4);
  EXPECT_EQ(schedule.next(), at(43s));
  schedule.asked(at(44s));  // a little late
  schedule.answered(at(50s), 2);
  EXPECT_EQ(schedule.next(), at(63s));
  schedule.asked(at(63s));
  schedule.answered(at(90s), 2);  // longer than the stretched interval
  EXPECT_EQ(schedule.next(), at(93s));
}

TEST(Schedule, ALookIsNotTakenTwiceWhereTheGridMoves) {
  Schedule schedule(at(0s), 10s, 3s);
  schedule.asked(at(3s));
  schedule.move_grid(60ms);
  schedule.answered(at(3010ms));  // before the moved grid's point
  EXPECT_EQ(schedule.next(), at(13060ms));
  schedule.asked(at(13070ms));
  EXPECT_EQ(schedule.late(), 10ms);
  schedule.move_grid(-60ms);
  schedule.answered(at(13080ms));
  EXPECT_EQ(schedule.late(), 0ms);
  EXPECT_EQ(schedule.next(), at(23s));
}

TEST(Schedule, BacksOffAfterErrorsUpToABoundAndReturnsToTheGrid) {
  Schedule schedule(at(0s), 10s, 0s);
  Duration waits[] = {10s, 20s, 40s, 60s, 60s};
  Instant now = at(0s);
  for (Duration wait : waits) {
    ASSERT_TRUE(schedule.due(now));
    schedule.asked(now);
    schedule.failed(now + 1s);
    EXPECT_EQ(schedule.next(), now + 1s + wait);
    now = schedule.next();
  }
  schedule.asked(now);
  schedule.answered(now + 100ms);
  EXPECT_EQ(schedule.failures(), 0);
  EXPECT_EQ((schedule.next() - at(0s)) % 10s, 0s);
}

TEST(Schedule, LooksAtOnceAfterAGap) {
  Schedule schedule(at(0s), 10s, 0s);
  schedule.asked(at(0s));
  schedule.resumed(at(1h + 3s));
  EXPECT_TRUE(schedule.due(at(1h + 3s)));
}

TEST(Schedule, SurvivesAsJson) {
  Schedule schedule(at(0s), 10s, 3s);
  schedule.asked(at(5s));
  schedule.failed(at(6s));
  auto back = Schedule::from_json(schedule.to_json());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, schedule);
  EXPECT_FALSE(Schedule::from_json(Json::object()));
}

TEST(Schedule, PhasesSpreadOverTheInterval) {
  int buckets[10] = {};
  for (int i = 0; i < 1000; ++i) {
    Duration phase =
        phase_of("release-" + std::to_string(i % 20), "metric-" + std::to_string(i / 20), 10s);
    ASSERT_GE(phase, 0s);
    ASSERT_LT(phase, 10s);
    ++buckets[phase / 1s];
  }
  for (int count : buckets) EXPECT_NEAR(count, 100, 45);
  EXPECT_EQ(phase_of("a", "b", 10s), phase_of("a", "b", 10s));
}

}  // namespace
}  // namespace serin::analysis
