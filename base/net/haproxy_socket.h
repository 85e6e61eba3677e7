// HAProxy's admin socket: commands in order, answers as text, and what its answers to `set` mean.
//
//   HaproxySocket haproxy(loop, *Endpoint::parse("unix:/run/haproxy/admin.sock"));
//   haproxy.set("set server be/canary weight 0; set server be/canary state maint", deadline,
//               [](Status status) { … });
//   haproxy.run("show stat", deadline, [](Result<std::string> csv) { … });   // see
//   haproxy_tables.h
//
// Commands that change something are sent one after the other, as are those that only ask, but no
// change waits for a question: a large `show` that hangs does not hold up the way back to stable.
// What was asked after a change was answered sees the change. It knows no weights or servers, and
// reads nothing back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/net/exchange.h"

namespace serin {

inline constexpr std::size_t kHaproxyQueueMax = 256;  // commands waiting of each kind
inline constexpr std::size_t kHaproxyCommandMax =
    8'000;  // bytes of a command line; HAProxy's buffer holds twice it
inline constexpr std::size_t kHaproxyAnswerMax = std::size_t{32}
                                                 << 20U;  // bytes; `show stat` of 40 000 servers

// Thread: loop-only.
class HaproxySocket {
 public:
  HaproxySocket(AsioLoop& loop, Endpoint endpoint);
  // What waits is forgotten, its callbacks uncalled.
  ~HaproxySocket();
  HaproxySocket(const HaproxySocket&) = delete;
  HaproxySocket& operator=(const HaproxySocket&) = delete;

  // Sends one command line, several commands joined by ';', and gives the answer as it came. `done`
  // is called exactly once, never from within. Errors: invalid_argument (empty, too long, a line
  // break in it), unavailable (nobody listens, full queue), deadline_exceeded, maybe_delivered (a
  // change was sent and not answered), data_loss, cancelled.
  Cancellation run(std::string command, Instant deadline, ExchangeCallback done);

  // The same for commands that answer with nothing when they worked (`set server`, `set map`, …):
  // any words are an error, see haproxy_set_status.
  Cancellation set(std::string command, Instant deadline,
                   std::move_only_function<void(Status)> done);

  const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// True for a line whose commands all start with `show` or `get`.
bool haproxy_only_asks(std::string_view command);

// What the answer to commands that say nothing on success means: the socket has no status codes, so
// all words are an error. not_found ("No such server."), permission_denied, failed_precondition (an
// algorithm that takes no weights), else invalid_argument, with HAProxy's own words.
Status haproxy_set_status(std::string_view answer);

}  // namespace serin
