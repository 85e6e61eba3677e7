// The router that a rollout names, with what belongs to it.
//
//   SERIN_TRY(acting, make_router(loop, http, rollout, swapped, log));
//   acting.router->apply(…);
//
// Composition only: what a router can do is its driver's affair.
#pragma once

#include <memory>
#include <string>

#include "app/acting/lease.h"
#include "base/log.h"
#include "base/net/http_client.h"
#include "drivers/routers/steered.h"
#include "rollout/plan/rollout.h"

namespace serin::app {

struct ActingRouter {
  std::unique_ptr<drivers::SteeredRouter> router;
  std::unique_ptr<LeaseServer> lease;  // null: the route stays as it is when serin is gone
};

// Errors: failed_precondition (no router, one that is not supported, or what it can't do),
// invalid_argument (of its configuration), unavailable (the lease's address).
Result<ActingRouter> make_router(AsioLoop& loop, HttpClient& http, const rollout::Rollout& rollout,
                                 bool swapped, const Log& log);
// Whether there can be such a router; nothing is touched, no address taken. Errors: those above.
Status check_router(AsioLoop& loop, HttpClient& http, const rollout::Rollout& rollout);

// What `run` takes for a loss of serin where the rollout does not say: the safest that its router
// can do.
rollout::OnEngineLoss default_engine_loss(const rollout::Rollout& rollout);

// Names the route, so that two rollouts never steer the same one; "" without a router.
std::string route_of(const rollout::Rollout& rollout);

}  // namespace serin::app
