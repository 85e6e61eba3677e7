// Work that takes longer than a client should wait: it is answered with 202 and goes on, and the
// client asks for it by its id.
//
//   Operations operations(loop);
//   operations.add_to(api.routes());                 // GET and DELETE /api/v1/operations/{id}
//   Workbench bench(loop, operations);               // begins them
//
// Bounded: kOperationsMax are known, kRunningMax of them run, a client has kOfClientMax that have
// not ended. An ended one is kept for kKept. None outlives a restart.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "app/api/routes.h"
#include "base/loop.h"
#include "base/net/http_message.h"

namespace serin::app {

// What the loop and the thread that works share of one piece of work. Thread: any.
struct WorkState {
  std::atomic<bool> stop = false;     // it shall give up
  std::atomic<double> progress = -1;  // 0 to 1; below 0: not known
};

// Thread: loop-only.
class Operations {
 public:
  static constexpr std::size_t kOperationsMax = 32;
  static constexpr int kOfClientMax = 4;
  static constexpr Duration kKept = std::chrono::minutes(10);

  explicit Operations(Loop& loop);
  ~Operations() { *alive_ = false; }
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;
  void add_to(RouteTable& routes);

  // Answers the call with 202 and the operation that its work is from now on; "" where there is no
  // room for another one: the call is then not answered.
  std::string begin(Call& call, std::shared_ptr<WorkState> state);
  // The work begins now, after it waited for others.
  void begun(const std::string& id);
  // Its end. One that was cancelled stays that.
  void end(const std::string& id, const Outcome& outcome);
  // Whether this client has as many as it may.
  bool is_full(const Call& call) const;

 private:
  enum class Status { running, succeeded, failed, cancelled };
  struct Operation {
    std::string id{};
    std::string owner{};
    std::string what{};  // "POST /api/v1/replays"
    Status status = Status::running;
    WallTime created{};
    std::optional<WallTime> started{};
    std::optional<WallTime> ended{};
    Instant forget{};  // once it has ended
    std::shared_ptr<WorkState> state{};
    Json result{};
    Json problem{};
  };

  Operation* find(Call& call);
  void finish(Operation& operation, Status status);
  void prune();
  Json document(const Operation& operation) const;

  Loop& loop_;
  std::string epoch_;  // ids of another run are not taken for ours
  std::uint64_t count_ = 0;
  std::map<std::string, Operation, std::less<>> operations_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::app
