// The port through which metrics come in: a provider, a recording, the simulator.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/loop.h"
#include "queries/samples.h"

namespace serin::queries {

// What to ask. Two equal requests of one tick are one query.
struct Request {
  enum class Kind {
    instant,  // `text` at one time; a range-vector selector yields a matrix of raw samples
    range,    // `text` from `start` to `end` each `step`
    other,    // web, job, haproxy: `text` names the request in the provider's own form (JSON)
  };
  Kind kind = Kind::instant;
  std::string text;
  // Unset live ("now" on the server's clock); set when the past is asked.
  std::optional<WallTime> time;
  std::optional<WallTime> start;  // kind range
  std::optional<WallTime> end;
  Duration step{};
  bool operator==(const Request&) const = default;
};

using AnswerCallback = std::move_only_function<void(Result<Answer>)>;

class MetricSource {
 public:
  virtual ~MetricSource() = default;
  // Asks once; `done` is called exactly once on the loop thread, never from within ask(), at the
  // latest shortly after `deadline`. Cancelling calls `done` with Code::cancelled. Errors:
  // unavailable (transport), deadline_exceeded, rate_limited, invalid_argument (the server refuses
  // the query: its own words), unauthenticated, permission_denied, data_loss (an answer that can't
  // be read, or is larger than the bound). Thread: loop.
  virtual Cancellation ask(const Request& request, Instant deadline, AnswerCallback done) = 0;
};

}  // namespace serin::queries
