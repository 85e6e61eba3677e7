// HAProxy as a router, by its admin socket: weights or a map for the split, maintenance for what
// has left.
//
//   HaproxyRouter router(loop, {.sockets = {"/run/haproxy/admin.sock"}, .backend = "be",
//                               .stable_servers = {"s1"}, .canary_servers = {"c1"}});
//   router.apply(desired, deadline, [](Result<ObservedTraffic> observed) { … });
//
// The answer to a command is a barrier: requests that start after it follow the new split. Leaving
// service is one round trip (`weight 0; state maint`, read back in the same line). Entering brings
// servers back without traffic and gives them their share once their health checks have passed. The
// owner's mark lives in the proxy (owner_mark.h) and goes with a reload, which also resets weights
// and maps: both show as another router_instance.
//
// What HAProxy reads at a reload never holds a share for the canary: map layout, the map's file
// says which slot is stable; weights layout, the file's weights, or the server-state-file after an
// exchange of roles. It keeps no plan; docs/haproxy.md describes configurations.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/net/asio_loop.h"
#include "drivers/routers/haproxy/preflight.h"
#include "drivers/routers/haproxy/proxy.h"
#include "drivers/routers/kept_file.h"
#include "drivers/routers/steered.h"
#include "rollout/ports/router.h"

namespace serin::drivers {

// Thread: loop-only.
class HaproxyRouter final : public SteeredRouter {
 public:
  // So long without an answer of the proxies serin lets go of the lease.
  static constexpr Duration kLeaseBlindMax = std::chrono::seconds(10);

  // Errors: invalid_argument (see check(HaproxyOptions), or an address that is none).
  static Result<std::unique_ptr<HaproxyRouter>> create(AsioLoop& loop, HaproxyOptions options);
  ~HaproxyRouter() override;

  void preflight(Instant deadline, Done<rollout::Preflight> done) override;
  // Errors: as Router says, and cancelled (overtaken by a later apply), invalid_argument (a
  // share that weights can't give). Of several proxies all must have confirmed.
  void apply(const rollout::DesiredTraffic& desired, Instant deadline,
             Done<rollout::ObservedTraffic> done) override;
  // Of several proxies: the mean of their shares, the fewest ready servers, the sum of requests,
  // and a foreign mark rather than ours.
  void observe(Instant deadline, Done<rollout::ObservedTraffic> done) override;

  // Whether serin may answer the check of the lease's backend: asked by whoever serves it, each
  // time it is checked. The proxies are read first. No where the lease lapsed with a share set (a
  // restart of serin, or one that stood still, must not bring the canary back by itself: a command
  // does), and where the proxies could not be read for kLeaseBlindMax: who can't steer does not
  // hold the canary in.
  void ask_lease(std::move_only_function<void(bool granted)> done);

  // The slots have changed places (promotion by swap): what was the canary slot is stable from now
  // on. The map (what is left without serin) and its file follow at once, a server-state-file with
  // the next apply.
  void exchange_roles() override;
  bool is_swapped() const override { return options_.swapped; }
  const HaproxyOptions& options() const { return options_; }
  void on_problem(OnProblem told) override { on_problem_ = std::move(told); }

 private:
  using Readbacks = std::vector<HaproxyReadback>;
  template <class T>
  using Gather = std::move_only_function<void(Result<T>)>;
  using Step = std::function<void(std::size_t proxy, Gather<HaproxyReadback> done)>;

  HaproxyRouter(AsioLoop& loop, HaproxyOptions options, std::vector<Endpoint> endpoints);
  // Runs `step` for every proxy at once and waits for all; the gravest error is the result.
  void for_all(const Step& step, Gather<Readbacks> done);
  using Next = std::move_only_function<void(Readbacks now, Done<rollout::ObservedTraffic> done)>;
  Status check_marks(const rollout::DesiredTraffic& desired, const Readbacks& all) const;
  void look_first(const rollout::DesiredTraffic& desired, Instant deadline,
                  Done<rollout::ObservedTraffic> done, Next next);
  void leave(const rollout::DesiredTraffic& desired, Instant deadline,
             Done<rollout::ObservedTraffic> done);
  void enter(const rollout::DesiredTraffic& desired, Instant deadline,
             Done<rollout::ObservedTraffic> done);
  rollout::ObservedTraffic observed_of(const Readbacks& all) const;
  Done<rollout::ObservedTraffic> concluding(const rollout::DesiredTraffic& desired,
                                            Done<rollout::ObservedTraffic> done);
  void drain_later(const rollout::DesiredTraffic& desired);
  void keep_files(const rollout::DesiredTraffic& desired);
  void keep_state_file();
  void on_kept(Status status);
  struct Examining;
  void examine(const std::shared_ptr<Examining>& examining, std::size_t proxy);
  void judge(const std::shared_ptr<Examining>& examining, std::size_t proxy,
             const PreflightAnswers& answers);

  AsioLoop& loop_;
  HaproxyOptions options_;
  std::vector<std::unique_ptr<HaproxyProxy>> proxies_;
  std::unique_ptr<KeptFile> kept_;     // null: there is no file to keep
  bool is_kept_ = false;               // the file is as it should be, for all that is known
  std::string owner_;                  // of the last apply
  std::uint64_t turn_ = 0;             // counts applies
  std::optional<Instant> lease_read_;  // the last time that all proxies were
  TimerId drain_timer_ = TimerId::none;
  OnProblem on_problem_;
  std::string last_problem_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
