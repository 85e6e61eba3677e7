// Work that a client asks a server for and that takes long: reports, replays, plans, looks. It is
// done beside the loop, so that releases never wait for it.
//
//   Workbench bench(loop, operations);
//   bench.run_json(call, [](const Workbench::Limit& limit) -> Result<Json> { … });
//
// A POST that takes longer than kWorkMax, or that says so itself (Prefer: respond-async, with
// wait=SECONDS for how long it would rather wait), becomes an operation: its client gets 202, and
// the work goes on for at most kLongMax. Anything else that takes longer gives up.
//
// Bounded: kWaitingMax pieces are under way, the next client is told to come later; at most
// kLongAtOnce operations run, so that there is always a thread for short work. Work asks `limit`
// now and then whether it has to give up.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "app/api/routes.h"
#include "app/workbench/operations.h"
#include "base/loop.h"
#include "base/threads/worker_pool.h"

namespace serin::app {

// Thread: loop-only, but for Limit.
class Workbench {
 public:
  static constexpr int kWaitingMax = 8;
  static constexpr Duration kWorkMax = std::chrono::seconds(20);
  static constexpr Duration kLongMax = std::chrono::minutes(10);
  static constexpr int kLongAtOnce = 1;
  static constexpr int kRetryAfterS = 5;

  // What a piece of work may still take. Thread: any.
  class Limit {
   public:
    Limit(const Clock& clock, Instant until, Duration whole, WorkState& state)
        : clock_(clock), until_(until), whole_(whole), state_(state) {}
    bool is_over() const { return state_.stop || clock_.now().mono >= until_; }
    // Nothing where it is over.
    Duration left() const {
      return state_.stop ? Duration::zero()
                         : std::max(until_ - clock_.now().mono, Duration::zero());
    }
    const Clock& clock() const { return clock_; }
    // What the client is told then.
    Error error() const;
    // How much of it is done, from 0 to 1.
    void tell(double done) const { state_.progress = std::clamp(done, 0.0, 1.0); }

   private:
    const Clock& clock_;
    Instant until_;
    Duration whole_;
    WorkState& state_;
  };
  using Work = std::move_only_function<Outcome(const Limit&)>;

  // The operations outlive it.
  Workbench(Loop& loop, Operations& operations) : loop_(loop), operations_(operations) {}
  ~Workbench();
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // Answers the call with what `work` gives; refuses it where too many wait.
  void run(const std::shared_ptr<Call>& call, Work work);
  // The same with the body alone; its error is an Error or a Problem.
  template <class JsonWork>
  void run_json(const std::shared_ptr<Call>& call, JsonWork work) {
    run(call, [work = std::move(work)](const Limit& limit) mutable -> Outcome {
      auto document = work(limit);
      if (!document) return std::unexpected(problem_of(std::move(document).error()));
      return json_response(200, *document);
    });
  }

 private:
  struct Piece {
    std::shared_ptr<Call> call;
    Work work;
    std::shared_ptr<WorkState> state = std::make_shared<WorkState>();
    std::optional<Duration> patience{};  // of a client that would rather have an operation
    bool may_last = false;               // it may become an operation
    bool answered = false;               // with an operation, or that it took too long
    bool is_long = false;                // it takes one of the places of operations
    std::string operation{};
    TimerId timer = TimerId::none;
  };
  using PiecePtr = std::shared_ptr<Piece>;

  void begin(const PiecePtr& piece);
  void begun(const PiecePtr& piece);
  void take_too_long(const PiecePtr& piece);
  void end(const PiecePtr& piece, Outcome outcome);

  Loop& loop_;
  Operations& operations_;
  int under_way_ = 0;
  int long_ = 0;
  std::deque<PiecePtr> waiting_;  // operations, for a place
  std::deque<std::weak_ptr<Piece>> all_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  WorkerPool pool_{1 + kLongAtOnce};  // last: it ends before what it uses
};

}  // namespace serin::app
