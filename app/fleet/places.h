// What acts for the rollouts of a server: for each its router, its workload and the lease, made
// from what its release pinned.
//
//   Places places(loop, *http, directory, log);
//   rollout::Router* router = places.router(ticket);      // null: nothing splits this traffic
//
// A rollout's place is made anew where a release pins another definition than the one before;
// until then it stays, for a release that has ended may still have connections to drain.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "app/acting/router.h"
#include "app/acting/workload.h"
#include "base/log.h"
#include "base/net/http_client.h"
#include "rollout/engine/engine.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

// Thread: loop-only.
class Places {
 public:
  // Whether the slots of a rollout have changed places since its configuration was written.
  using Swapped = std::function<bool(const std::string& rollout)>;

  Places(AsioLoop& loop, HttpClient& http, std::string directory, Swapped swapped, const Log& log)
      : loop_(loop),
        http_(http),
        directory_(std::move(directory)),
        swapped_(std::move(swapped)),
        log_(log) {}

  rollout::Router* router(const rollout::engine::Ticket& ticket);
  rollout::Workload* workload(const rollout::engine::Ticket& ticket);
  // May come again for an exchange that was made before a restart.
  void exchange(const rollout::engine::Ticket& ticket, bool swapped);

  // Whether what the plan names can be had at all; nothing is touched. Errors: those of
  // check_router.
  Status check(const rollout::PinnedPlan& plan) const;

 private:
  struct Place {
    std::string release;  // the last that asked
    Json pinned;          // the rollout's definition it was made from
    std::unique_ptr<drivers::SteeredRouter> router;
    std::unique_ptr<drivers::PlacedWorkload> workload;  // null: somebody else runs the instances
    std::unique_ptr<LeaseServer> lease;                 // null: the route stays without serin
  };
  // Null where it can't be made; the log says why, once a release.
  Place* place_of(const rollout::engine::Ticket& ticket);
  Status make(Place& place, const rollout::PinnedPlan& plan);

  AsioLoop& loop_;
  HttpClient& http_;
  std::string directory_;
  Swapped swapped_;
  Log log_;
  std::map<std::string, Place> places_;  // by rollout
};

}  // namespace serin::app
