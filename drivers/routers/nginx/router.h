// nginx as a router: a file of serin's own in its configuration, a reload, and a look at what the
// new workers say.
//
//   SERIN_TRY(router, NginxRouter::create(loop, http, {.name = "shop", .file = "/etc/nginx/…"}));
//   router->apply(desired, deadline, [](Result<ObservedTraffic> observed) { … });
//
// Each change is one reload: the file is written beside and renamed, tested with `nginx -t` (and
// put back where the test fails), the master gets SIGHUP, and the change counts once every answer
// has come from new workers for kSettle, since the old ones accept connections for a while. What is
// wanted already is not reloaded again. The file survives restarts, so the share does too, and
// nothing takes the canary out when serin is gone. nginx counts no requests by upstream and checks
// no servers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/net/asio_loop.h"
#include "base/net/http_client.h"
#include "drivers/routers/kept_file.h"
#include "drivers/routers/nginx/state.h"
#include "drivers/routers/steered.h"

namespace serin::drivers {

// Thread: loop-only.
class NginxRouter final : public SteeredRouter {
 public:
  // Old workers have been measured to accept connections for up to 114 ms after a reload.
  static constexpr Duration kSettle = std::chrono::milliseconds(250);
  static constexpr Duration kPoll = std::chrono::milliseconds(20);

  // Errors: invalid_argument (see check(NginxOptions)).
  static Result<std::unique_ptr<NginxRouter>> create(AsioLoop& loop, HttpClient& http,
                                                     NginxOptions options);
  ~NginxRouter() override;

  void preflight(Instant deadline, Done<rollout::Preflight> done) override;
  // Errors: as Router says, and cancelled (overtaken by a later apply), invalid_argument (nginx
  // refuses its configuration, in its own words; or a rule can't be said), not_found and
  // permission_denied (of the file).
  void apply(const rollout::DesiredTraffic& desired, Instant deadline,
             Done<rollout::ObservedTraffic> done) override;
  void observe(Instant deadline, Done<rollout::ObservedTraffic> done) override;

  void exchange_roles() override { options_.swapped = !options_.swapped; }
  bool is_swapped() const override { return options_.swapped; }
  void on_problem(OnProblem) override {}
  const NginxOptions& options() const { return options_; }

 private:
  struct Change;
  NginxRouter(AsioLoop& loop, HttpClient& http, NginxOptions options);
  void look(Instant deadline, Done<NginxState> done);
  void begin(std::shared_ptr<Change> change);
  void consider(const std::shared_ptr<Change>& change, const NginxState& now);
  void write(const std::shared_ptr<Change>& change);
  void put_back(const std::shared_ptr<Change>& change, Error error);
  void test(const std::shared_ptr<Change>& change);
  void reload(const std::shared_ptr<Change>& change);
  void settle(const std::shared_ptr<Change>& change);
  void finish(const std::shared_ptr<Change>& change, Result<rollout::ObservedTraffic> result);
  std::string instance() const;
  Status signal_master() const;
  std::vector<std::string> command(const char* flag) const;

  AsioLoop& loop_;
  HttpClient& http_;
  NginxOptions options_;
  KeptFile file_;
  std::shared_ptr<Change> running_;
  std::shared_ptr<Change> next_;  // at most one waits: it overtakes what runs
  TimerId timer_ = TimerId::none;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace serin::drivers
