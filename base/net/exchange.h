// One question to a stream socket: connect, send, read the answer, close.
//
//   exchange(loop, *Endpoint::parse("unix:/run/haproxy.sock"), {.send = "show info\n"}, deadline,
//            [](Result<std::string> answer) { … });
//
// For a server in the same machine or a named address; it looks up no names and speaks no TLS.
#pragma once

#include <functional>
#include <string>

#include "base/loop.h"
#include "base/net/endpoint.h"

namespace serin {

class AsioLoop;

inline constexpr std::size_t kExchangeAnswerMax = std::size_t{16} << 20U;  // bytes; the default

struct ExchangeOptions {
  enum class Until { end, line };
  std::string send{};
  Until until = Until::end;  // `line`: without its line break
  std::size_t answer_max = kExchangeAnswerMax;
  // Whether sending it twice does no harm; else a failure after it was sent is maybe_delivered.
  bool repeatable = false;
};

using ExchangeCallback = std::move_only_function<void(Result<std::string>)>;

// Calls `done` exactly once on the loop thread, never from within exchange() or cancel(), unless
// the loop ends before. Errors: unavailable (nobody listens, the connection broke),
// deadline_exceeded, maybe_delivered, data_loss (the answer is larger than its bound, or ended
// before its line did), cancelled. Thread: loop.
Cancellation exchange(AsioLoop& loop, const Endpoint& endpoint, ExchangeOptions options,
                      Instant deadline, ExchangeCallback done);

// The same for a program without a loop: blocks until the answer is there or `patience` ended.
Result<std::string> exchange_blocking(const Clock& clock, const Endpoint& endpoint,
                                      const ExchangeOptions& options, Duration patience);

}  // namespace serin
