// Work that a client asks a server for and that takes long: reports, replays, plans, looks. It is
// done beside the loop, one piece after the other, so that releases never wait for it.
//
//   Workbench bench(loop);
//   bench.run_json(call, [](const Workbench::Limit& limit) -> Result<Json> { … });
//
// Bounded: kWaitingMax pieces wait, the next client is told to come later; a piece that takes
// longer than kWorkMax gives up, by asking `limit` now and then.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>

#include "app/api/routes.h"
#include "base/loop.h"
#include "base/threads/worker_pool.h"

namespace serin::app {

// Thread: loop-only, but for Limit.
class Workbench {
 public:
  static constexpr int kWaitingMax = 8;
  static constexpr Duration kWorkMax = std::chrono::seconds(20);
  static constexpr int kRetryAfterS = 5;

  // What a piece of work may still take. Thread: any.
  class Limit {
   public:
    Limit(const Clock& clock, Instant until, const std::atomic<bool>& closing)
        : clock_(clock), until_(until), closing_(closing) {}
    bool is_over() const { return closing_ || clock_.now().mono >= until_; }
    // Nothing where it is over.
    Duration left() const { return std::max(until_ - clock_.now().mono, Duration::zero()); }
    const Clock& clock() const { return clock_; }
    // What the client is told then.
    Error error() const;

   private:
    const Clock& clock_;
    Instant until_;
    const std::atomic<bool>& closing_;
  };
  using Work = std::move_only_function<Result<HttpResponse>(const Limit&)>;
  using JsonWork = std::move_only_function<Result<Json>(const Limit&)>;

  explicit Workbench(Loop& loop) : loop_(loop) {}
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // Answers the call with what `work` gives; refuses it where too many wait.
  void run(const std::shared_ptr<Call>& call, Work work);
  void run_json(const std::shared_ptr<Call>& call, JsonWork work);

 private:
  Loop& loop_;
  int under_way_ = 0;
  std::atomic<bool> closing_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  WorkerPool pool_{1};  // last: it ends before what it uses
};

}  // namespace serin::app
