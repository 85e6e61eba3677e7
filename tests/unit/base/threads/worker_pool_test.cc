#include "base/threads/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace serin {
namespace {

TEST(WorkerPool, DoesWorkOnThreadsOfItsOwn) {
  WorkerPool pool(2);
  std::promise<std::thread::id> done;
  auto result = done.get_future();
  pool.run([&] { done.set_value(std::this_thread::get_id()); });
  EXPECT_NE(result.get(), std::this_thread::get_id());
}

TEST(WorkerPool, WhatDoesNotFitIsDoneByItsBringer) {
  WorkerPool pool(1);
  std::promise<void> open;
  std::promise<void> running;
  const std::shared_future<void> gate = open.get_future().share();
  pool.run([&running, gate] {
    running.set_value();
    gate.wait();
  });
  running.get_future().wait();
  std::atomic<int> done = 0;
  for (std::size_t i = 0; i < kWorkWaitingMax; ++i) pool.run([&] { ++done; });
  EXPECT_EQ(done, 0);
  pool.run([&] { ++done; });
  EXPECT_EQ(done, 1);
  std::promise<void> last;
  open.set_value();
  while (done < static_cast<int>(kWorkWaitingMax) + 1) std::this_thread::yield();
}

TEST(WorkerPool, DropsWhatWaitsAtTheEnd) {
  std::promise<void> open;
  std::promise<void> running;
  std::atomic<int> done = 0;
  auto pool = std::make_unique<WorkerPool>(1);
  pool->run([&, gate = open.get_future().share()] {
    running.set_value();
    gate.wait();
    ++done;
  });
  running.get_future().wait();
  const auto kept = std::make_shared<int>(1);
  pool->run([&done, kept] { done += 100; });
  std::thread ender([&] { pool.reset(); });
  while (kept.use_count() > 1) std::this_thread::yield();
  open.set_value();
  ender.join();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace serin
