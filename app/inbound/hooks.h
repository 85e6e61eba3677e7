// Webhooks in: alerts of others that pause or abort releases.
//
//   SERIN_TRY(hooks, Hooks::open(fleet, access, state_directory, log));   // null: none are wanted
//   if (hooks) hooks->add_to(api.routes());
//
//   POST /api/v1/hooks/alertmanager    Alertmanager's webhook, version 4
//   POST /api/v1/hooks/generic         {"labels":{…},"reason":"…"}
//
// Off unless the state directory has hooks.yaml (rules.h). A message is signed with the key of that
// file, or comes with an operator's token, for Alertmanager can't sign. It can only stop: no
// message starts a release or gives the canary traffic.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/access/limits.h"
#include "app/api/routes.h"
#include "app/fleet/fleet.h"
#include "app/inbound/rules.h"
#include "app/inbound/signature.h"

namespace serin::app {

// Thread: loop-only. All that it is given outlives it.
class Hooks {
 public:
  static constexpr std::string_view kFile = "hooks.yaml";
  static constexpr std::size_t kAlertsMax = 500;  // of one message; more are refused
  static constexpr RateLimit kMessages{.rate = 10, .burst = 40};  // by address

  // Null where the directory has no such file. Errors: those of read_hook_rules.
  static Result<std::unique_ptr<Hooks>> open(Fleet& fleet, Access& access,
                                             const std::string& directory, const Log& log);
  void add_to(RouteTable& routes);

 private:
  using CallPtr = std::shared_ptr<Call>;
  struct Wanted {
    std::string release;
    rollout::machine::Operation operation;
    std::string rule;
    std::string reason;
  };
  // What is asked of one message, until all of it is answered.
  struct Message;

  Hooks(Fleet& fleet, Access& access, HookRules rules, const Log& log)
      : fleet_(fleet),
        access_(access),
        rules_(std::move(rules)),
        signatures_(rules_.key, rules_.tolerance),
        log_(log) {}
  bool admit(const CallPtr& call, std::string& sender);
  void alertmanager(const CallPtr& call);
  void generic(const CallPtr& call);
  void take(std::vector<Wanted>& wanted, const Labels& labels, const std::string& reason) const;
  void act(const CallPtr& call, const std::string& sender, std::vector<Wanted> wanted);

  Fleet& fleet_;
  Access& access_;
  HookRules rules_;
  SignatureCheck signatures_;
  RateLimiter limiter_{kMessages};
  Log log_;
};

}  // namespace serin::app
