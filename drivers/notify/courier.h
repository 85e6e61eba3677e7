// Brings messages to their targets, until each has it.
//
//   Courier courier(loop, *http, {}, [&](const Settled& done) { … });
//   courier.set_target("checkout/chat", target);
//   courier.send(message);                        // whose target is "checkout/chat"
//
// Of one target the messages go in their order, one at a time, and are tried again with growing
// pauses as long as it can't be reached or answers 408, 429 or 5xx; a message may therefore arrive
// twice, with the same id. Another refusal is final, and said once. It keeps nothing across
// restarts: whoever gave it the messages keeps them until they are settled (drivers/store). It
// never holds up the engine.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/loop.h"
#include "base/net/http_client.h"
#include "drivers/notify/target.h"

namespace serin::drivers {

struct CourierOptions {
  Duration timeout = std::chrono::seconds(10);     // of one attempt
  Duration retry_first = std::chrono::seconds(1);  // doubled with each further attempt,
  Duration retry_max = std::chrono::minutes(5);    // up to this
};

// Thread: loop-only.
class Courier {
 public:
  static constexpr std::size_t kWaitingMax = 1000;  // of one target; beyond, the oldest is given up

  struct Settled {
    std::string id;
    std::string target;
    std::string problem{};  // "": it arrived; else why it was given up
  };
  using OnSettled = std::function<void(const Settled&)>;
  // Told once when a target can't be reached, and once when it can again.
  using OnTrouble = std::function<void(const std::string& target, const std::string& problem)>;

  // The client outlives it.
  Courier(Loop& loop, HttpClient& http, CourierOptions options, OnSettled on_settled,
          OnTrouble on_trouble);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // A target of that name is replaced; what waits goes to the new one.
  void set_target(const std::string& name, NotifyTarget target);
  bool knows(const std::string& name) const { return lines_.contains(name); }
  // Its target is known. A message that waits already is left as it is.
  void send(rollout::PendingMessage message);
  // Calls `done` once nothing waits any more, or at the deadline. Once at a time.
  void flush(Instant deadline, Callback done);
  std::size_t waiting() const;

 private:
  // Of one target.
  struct Line {
    NotifyTarget target;
    std::deque<rollout::PendingMessage> waiting;  // the first is being sent
    bool sending = false;
    bool in_trouble = false;
    int attempts = 0;
    TimerId retry = TimerId::none;
  };
  void send_first(const std::string& name);
  void on_answer(const std::string& name, const Result<HttpResponse>& answer);
  void settle_first(const std::string& name, std::string problem);
  void flushed();

  Loop& loop_;
  HttpClient& http_;
  CourierOptions options_;
  OnSettled on_settled_;
  OnTrouble on_trouble_;
  std::map<std::string, Line> lines_;
  TimerId flush_timer_ = TimerId::none;
  Callback on_flushed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
