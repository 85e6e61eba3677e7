#include "base/net/curl/origin.h"

#include <gtest/gtest.h>

namespace serin::net {
namespace {

void fill(Origin& origin) {
  for (std::uint64_t id = 0; origin.waiting().try_push(std::uint64_t{id}); ++id) {
  }
}

int start_all(Origin& origin) {
  int started = 0;
  for (; origin.may_start(); ++started) {
    origin.waiting().try_pop();
    origin.started();
  }
  return started;
}

TEST(Origin, WindowGrowsWithAnswersToItsBound) {
  Origin origin("http://a:80", 10'000);
  fill(origin);
  EXPECT_EQ(start_all(origin), kHttpWindowStart);
  for (int i = 0; i < 1'000; ++i) {
    origin.ended(Outcome::answered);
    start_all(origin);
    ASSERT_LE(origin.in_flight(), kHttpWindowMax);
  }
  EXPECT_EQ(origin.in_flight(), kHttpWindowMax);
}

TEST(Origin, WindowDoesNotGrowUnused) {
  Origin origin("http://a:80", 10);
  for (int i = 0; i < 100; ++i) {
    origin.started();
    origin.ended(Outcome::answered);
  }
  EXPECT_EQ(origin.window(), kHttpWindowStart);
}

TEST(Origin, WindowShrinksWithFailures) {
  Origin origin("http://a:80", 10'000);
  fill(origin);
  start_all(origin);
  origin.ended(Outcome::neutral);
  EXPECT_EQ(origin.window(), kHttpWindowStart);
  origin.ended(Outcome::pushed_back);
  EXPECT_EQ(origin.window(), kHttpWindowMin);
  origin.ended(Outcome::pushed_back);
  EXPECT_EQ(origin.window(), kHttpWindowMin);
  origin.ended(Outcome::unresolved);
  EXPECT_EQ(origin.window(), 1);
  origin.ended(Outcome::pushed_back);
  EXPECT_EQ(origin.window(), 1) << "a failure does not widen it";
  origin.ended(Outcome::answered);
  EXPECT_EQ(origin.window(), kHttpWindowMin);
  EXPECT_EQ(origin.in_flight(), kHttpWindowStart - 6);
  EXPECT_FALSE(origin.idle());
}

TEST(Origin, QueueIsBoundedByName) {
  Origin origin("http://a:80", 2);
  fill(origin);
  EXPECT_EQ(origin.waiting().size(), 2U);
  EXPECT_EQ(origin.waiting().full_error().message,
            "the queue of requests to http://a:80 is full (2 waiting)");
}

}  // namespace
}  // namespace serin::net
