#include "base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>

namespace serin {
namespace {

TEST(BoundedQueue, RefusesAtItsBoundAndLeavesTheValue) {
  BoundedQueue<std::unique_ptr<int>> queue("test inbox", 2);
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(1)));
  EXPECT_TRUE(queue.try_push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(queue.try_push(std::move(third)));
  ASSERT_NE(third, nullptr);  // NOLINT(bugprone-use-after-move): untouched when refused
  EXPECT_EQ(queue.refused(), 1U);
  EXPECT_EQ(queue.full_error().message, "the test inbox is full (2 waiting)");
  EXPECT_EQ(**queue.try_pop(), 1);
  EXPECT_TRUE(queue.try_push(std::move(third)));
  EXPECT_EQ(**queue.try_pop(), 2);
  EXPECT_EQ(**queue.try_pop(), 3);
  EXPECT_FALSE(queue.try_pop());
}

TEST(BoundedQueue, TakesFromTheMiddle) {
  BoundedQueue<int> queue("numbers", 3);
  for (int i : {1, 2, 3}) ASSERT_TRUE(queue.try_push(std::move(i)));
  EXPECT_EQ(queue.take_if([](int value) { return value == 2; }), 2);
  EXPECT_FALSE(queue.take_if([](int value) { return value == 2; }));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.front(), 1);
}

}  // namespace
}  // namespace serin
