// A few threads for work that would hold up the loop: decoding large answers, big statistics.
//
//   WorkerPool pool(2);
//   pool.run([body = std::move(body), &loop] { auto d = decode(body); loop.post(…); });
//
// Work owns what it needs and brings its result back by Loop::post. It is started in the order in
// which it came. Where kWorkWaitingMax pieces wait, the next is done at once by whoever brings it,
// so that memory stays bounded. What waits at the end is dropped undone; what runs is waited for.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/loop.h"

namespace serin {

inline constexpr std::size_t kWorkWaitingMax = 64;

// Thread: any.
class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void run(Callback work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Callback> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace serin
