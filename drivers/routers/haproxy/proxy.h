// One HAProxy process behind one admin socket: read, taken through the steps of entering and
// leaving service, and read back.
//
// Thread: loop-only. `options` outlives it. Callbacks come once, never from within the call, and
// not any more once it is gone.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/net/asio_loop.h"
#include "base/net/haproxy_socket.h"
#include "drivers/routers/haproxy/readback.h"

namespace serin::drivers {

class HaproxyProxy {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T>)>;

  HaproxyProxy(AsioLoop& loop, const HaproxyOptions& options, Endpoint endpoint);
  ~HaproxyProxy();

  void read(Instant deadline, Done<HaproxyReadback> done);
  // Asks anything; the answers are those of the conversation's questions.
  void talk(Conversation conversation, Instant deadline, Done<Heard> done);
  // Takes the canary out of service: one round trip where the proxy was read before.
  void leave(const rollout::DesiredTraffic& desired, Instant deadline, Done<HaproxyReadback> done);
  // Brings the canary into service with its share. `now` was just read. Servers that were out of
  // service come back when their checks have passed; a share for them waits for that. Errors also:
  // cancelled (a later leave or enter came meanwhile).
  void enter(const rollout::DesiredTraffic& desired, const HaproxyReadback& now, Instant deadline,
             Done<HaproxyReadback> done);
  // Ends what still runs on the canary's servers.
  void shut_down_sessions(Instant deadline);
  // Whether what was read lately lets serin answer the lease's check: the lease holds, or would
  // bring no traffic back with it. A lease that lapsed with a share set waits for a command.
  bool lease_ok() const { return lease_ok_; }
  // Asks for what a read-back lacks: the counters of backends that share a frontend's name.
  void complete(HaproxyReadback now, Instant deadline,
                std::move_only_function<void(HaproxyReadback)> done);
  // What was read, by whomever.
  void note(const HaproxyReadback& now);
  // The slots have changed places: what was read lately means others now. Map layout: what is left
  // without serin follows at once, since nobody knows whether there will be a next command.
  void exchange_roles(Instant deadline);

  // The canary slot, where servers that wait for their checks before they take a share count as not
  // yet in service.
  rollout::SlotState canary_of(const HaproxyReadback& now) const;

 private:
  struct Entering;
  void run(const Conversation& conversation, Instant deadline, Done<HaproxyReadback> done);
  void leave_with(const rollout::DesiredTraffic& desired, const HaproxyReadback& now,
                  Instant deadline, bool again, Done<HaproxyReadback> done);
  void regain(const rollout::DesiredTraffic& desired, HaproxyReadback now, Instant deadline,
              Done<HaproxyReadback> done);
  void take_mark(const rollout::DesiredTraffic& desired, HaproxyReadback now, Instant deadline,
                 Done<HaproxyReadback> done);
  Status plan_traffic(const HaproxyReadback& now, const rollout::DesiredTraffic& desired,
                      Conversation& conversation) const;
  void split(const std::shared_ptr<Entering>& entering, const HaproxyReadback& now);
  void wait_for_checks(const std::shared_ptr<Entering>& entering);
  void look_at_checks(const std::shared_ptr<Entering>& entering, const HaproxyReadback& now);
  void take_turn();

  AsioLoop& loop_;
  const HaproxyOptions& options_;
  HaproxySocket socket_;
  std::optional<HaproxyReadback> last_;
  std::set<std::string> probation_;  // servers that must pass their checks
  bool lease_ok_ = false;
  bool share_waits_ = false;  // … before shares change
  std::uint64_t turn_ = 0;    // counts leaves and enters
  TimerId timer_ = TimerId::none;
  std::shared_ptr<Entering> waiting_;  // until timer_
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
