// The one thread that writes: takes what waits in its queue, writes it in one transaction, and says
// of each job whether it is on disk.
//
//   WriterThread thread(std::move(directory), std::move(database), std::move(writer), settings,
//                       on_health);
//   thread.try_submit({.work = …, .finished = …, .bytes = 300});
//
// `finished` and `on_health` are called on the writing thread: they hand over to the loop. The
// destructor writes all that was taken, then ends the thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "drivers/store/files/directory.h"
#include "drivers/store/files/schema.h"
#include "drivers/store/tables/writer.h"

namespace serin::store {

struct WriteJob {
  std::move_only_function<Status(Writer&)> work;   // within a transaction that others share
  std::move_only_function<void(Status)> finished;  // called once, after the commit
  std::size_t bytes = 0;
};

struct WriterThreadOptions {
  DatabaseSettings database{};
  std::size_t queue_jobs_max = 4096;
  std::size_t queue_bytes_max = std::size_t{32} * 1024 * 1024;
};

// Thread: any.
class WriterThread {
 public:
  // Called when the disk stops taking writes (with the error), and when it takes them again.
  using OnHealth = std::move_only_function<void(Status)>;

  WriterThread(Directory directory, std::unique_ptr<Database> database, Writer writer,
               WriterThreadOptions options, OnHealth on_health);
  ~WriterThread();
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // False where the queue is full; the job is then untouched.
  [[nodiscard]] bool try_submit(WriteJob&& job);
  // How many transactions were committed or failed: several jobs share one.
  std::uint64_t groups() const;

 private:
  void run();
  std::vector<WriteJob> take_group();
  void write_group(std::vector<WriteJob>& jobs);
  // Fills `statuses`, one a job; returns the error that ended the transaction for all, if any.
  Status try_group(std::vector<WriteJob>& jobs, std::vector<Status>& statuses);
  void report(const Status& health);

  Directory directory_;
  WriterThreadOptions options_;
  OnHealth on_health_;
  std::unique_ptr<Database> database_;
  Writer writer_;
  bool healthy_ = true;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<WriteJob> queue_;
  std::size_t queue_bytes_ = 0;
  std::uint64_t groups_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace serin::store
