#include "drivers/store/writer_thread.h"

namespace serin::store {
namespace {

// One transaction's share: enough to make a sync worth its while, and small enough that the first
// waiting job is not held up by a crowd behind it.
constexpr std::size_t kGroupJobsMax = 512;
constexpr std::size_t kGroupBytesMax = std::size_t{8} * 1024 * 1024;

}  // namespace

WriterThread::WriterThread(Directory directory, std::unique_ptr<Database> database, Writer writer,
                           WriterThreadOptions options, OnHealth on_health)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      on_health_(std::move(on_health)),
      database_(std::move(database)),
      writer_(std::move(writer)),
      thread_([this] { run(); }) {}

WriterThread::~WriterThread() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool WriterThread::try_submit(WriteJob&& job) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= options_.queue_jobs_max ||
        queue_bytes_ + job.bytes > options_.queue_bytes_max) {
      return false;
    }
    queue_bytes_ += job.bytes;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::uint64_t WriterThread::groups() const {
  std::lock_guard lock(mutex_);
  return groups_;
}

void WriterThread::run() {
  for (;;) {
    std::vector<WriteJob> jobs = take_group();
    if (jobs.empty()) return;
    write_group(jobs);
  }
}

// Empty once the thread is to stop and nothing is left.
std::vector<WriteJob> WriterThread::take_group() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<WriteJob> jobs;
  std::size_t bytes = 0;
  while (!queue_.empty() && jobs.size() < kGroupJobsMax &&
         (jobs.empty() || bytes + queue_.front().bytes <= kGroupBytesMax)) {
    bytes += queue_.front().bytes;
    queue_bytes_ -= queue_.front().bytes;
    jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return jobs;
}

void WriterThread::write_group(std::vector<WriteJob>& jobs) {
  std::vector<Status> statuses(jobs.size());
  Status group = try_group(jobs, statuses);
  if (!group) {
    for (Status& status : statuses) {
      if (status) status = group;
    }
  }
  {
    std::lock_guard lock(mutex_);
    ++groups_;
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].finished(std::move(statuses[i]));
}

Status WriterThread::try_group(std::vector<WriteJob>& jobs, std::vector<Status>& statuses) {
  Status disk = writer_.begin();
  bool any_written = false;
  for (std::size_t i = 0; disk && i < jobs.size(); ++i) {
    statuses[i] = jobs[i].work(writer_);
    if (statuses[i]) {
      any_written = true;
    } else if (!writer_.was_refused()) {
      report(statuses[i]);
      if (!writer_.in_transaction()) disk = statuses[i];
    }
  }
  if (disk) disk = writer_.commit();
  if (!disk) {
    // The connection is kept: it knows that the log behind the last good commit is void, and will
    // write over it. A new one would read a commit there whose sync failed, and take it for good.
    writer_.rollback();
    report(disk);
    return disk;
  }
  if (any_written) report({});
  return {};
}

void WriterThread::report(const Status& health) {
  if (health.has_value() == healthy_) return;
  healthy_ = health.has_value();
  on_health_(health);
}

}  // namespace serin::store
