// HAProxy as a router, by its admin socket: weights or a map for the split, maintenance for what
// has left.
//
//   HaproxyRouter router(loop, {.sockets = {"/run/haproxy/admin.sock"}, .backend = "be",
//                               .stable_servers = {"s1"}, .canary_servers = {"c1"}});
//   router.apply(desired, deadline, [](Result<ObservedTraffic> observed) { … });
//
// The answer to a command is a barrier: requests that start after it follow the new split. The
// owner's mark is a file (owner_mark.h). It keeps no plan; a reload that resets weights shows as
// another router_instance.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "base/net/asio_loop.h"
#include "base/net/haproxy_socket.h"
#include "drivers/routers/haproxy/options.h"
#include "drivers/routers/haproxy/owner_mark.h"
#include "drivers/routers/haproxy/readback.h"
#include "rollout/ports/router.h"

namespace serin::drivers {

// Thread: loop-only.
class HaproxyRouter final : public rollout::Router {
 public:
  // Errors: invalid_argument (no socket, an address that is none, a layout with a name missing).
  static Result<std::unique_ptr<HaproxyRouter>> create(AsioLoop& loop, HaproxyOptions options);
  ~HaproxyRouter() override;

  void preflight(Instant deadline, Done<rollout::Preflight> done) override;
  void apply(const rollout::DesiredTraffic& desired, Instant deadline,
             Done<rollout::ObservedTraffic> done) override;
  void observe(Instant deadline, Done<rollout::ObservedTraffic> done) override;

  // The slots have changed places (promotion by swap): what was the canary slot is stable from now
  // on.
  void exchange_roles() { options_.swapped = !options_.swapped; }
  const HaproxyOptions& options() const { return options_; }

 private:
  template <class T>
  using Gather = std::move_only_function<void(Result<T>)>;
  HaproxyRouter(AsioLoop& loop, HaproxyOptions options, std::vector<Endpoint> endpoints);
  // Reads every proxy; one that fails, or differs in what it means, is the result.
  void read_all(Instant deadline, Gather<std::vector<HaproxyReadback>> done);
  void read_one(std::size_t socket, Instant deadline, Gather<HaproxyReadback> done);
  Result<rollout::ObservedTraffic> observed_of(const std::vector<HaproxyReadback>& all) const;
  std::string commands_for(const rollout::DesiredTraffic& desired,
                           const HaproxyReadback& now) const;
  Status keep_map(const rollout::DesiredTraffic& desired) const;
  void send_all(const rollout::DesiredTraffic& desired, std::vector<HaproxyReadback> now,
                Instant deadline, Done<rollout::ObservedTraffic> done);
  void drain_later(const rollout::DesiredTraffic& desired, const std::vector<HaproxyReadback>& now);

  AsioLoop& loop_;
  HaproxyOptions options_;
  OwnerMark mark_;
  std::vector<std::unique_ptr<HaproxySocket>> sockets_;
  TimerId drain_timer_ = TimerId::none;
  // Callbacks of sockets may come after this object has gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
