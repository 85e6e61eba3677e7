#include "app/fleet/places.h"

#include "app/live/setup.h"

namespace serin::app {

using rollout::engine::Ticket;

rollout::Router* Places::router(const Ticket& ticket) {
  Place* place = place_of(ticket);
  return place != nullptr ? place->router.get() : nullptr;
}

rollout::Workload* Places::workload(const Ticket& ticket) {
  Place* place = place_of(ticket);
  return place != nullptr ? place->workload.get() : nullptr;
}

void Places::exchange(const Ticket& ticket, bool swapped) {
  Place* place = place_of(ticket);
  if (place == nullptr) return;
  if (place->router && place->router->options().swapped != swapped) place->router->exchange_roles();
  if (place->workload && place->workload->is_swapped() != swapped)
    place->workload->exchange_roles();
}

Status Places::check(const rollout::PinnedPlan& plan) const {
  SERIN_TRY(options, haproxy_options(plan.rollout, false));
  SERIN_TRY(router, drivers::HaproxyRouter::create(loop_, std::move(options)));
  static_cast<void>(router);
  return {};
}

Places::Place* Places::place_of(const Ticket& ticket) {
  Place& place = places_[ticket.spec.rollout];
  if (place.release == ticket.spec.id) return place.router ? &place : nullptr;
  const Json& pinned = ticket.pinned["rollout"];
  if (place.router && place.pinned == pinned) {
    place.release = ticket.spec.id;
    return &place;
  }
  place = Place();  // the old lease's address is free before the new one wants it
  place.release = ticket.spec.id;
  place.pinned = pinned;
  auto plan = rollout::pinned_plan_from_json(ticket.pinned);
  Status made = plan ? make(place, *plan) : Status(std::unexpected(plan.error()));
  if (!made) {
    place.router.reset();
    log_.error("a release has no router",
               {{"release", ticket.spec.id}, {"error", made.error().to_string()}});
    return nullptr;
  }
  return &place;
}

Status Places::make(Place& place, const rollout::PinnedPlan& plan) {
  bool swapped = swapped_(plan.rollout.metadata.name);
  SERIN_TRY(options, haproxy_options(plan.rollout, swapped));
  SERIN_TRY(router, drivers::HaproxyRouter::create(loop_, std::move(options)));
  router->on_problem(
      [log = log_, rollout = plan.rollout.metadata.name](const std::string& problem) {
        log.warn(problem, {{"rollout", rollout}});
      });
  SERIN_TRY(workload, make_workload(loop_, http_, plan.rollout, directory_, swapped));
  if (router->options().leased()) {
    SERIN_TRY(lease, LeaseServer::listen(loop_, router->options().lease_listen,
                                         [steering = router.get()](LeaseServer::Answer answer) {
                                           steering->ask_lease(std::move(answer));
                                         }));
    place.lease = std::move(lease);
  }
  place.router = std::move(router);
  place.workload = std::move(workload);
  return {};
}

}  // namespace serin::app
