#include "app/fleet/places.h"

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
  if (place->router && place->router->is_swapped() != swapped) place->router->exchange_roles();
  if (place->workload && place->workload->is_swapped() != swapped)
    place->workload->exchange_roles();
}

Status Places::check(const rollout::PinnedPlan& plan) const {
  return check_router(loop_, http_, plan.rollout);
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
  SERIN_TRY(workload, make_workload(loop_, http_, plan.rollout, directory_, swapped));
  SERIN_TRY(acting, make_router(loop_, http_, plan.rollout, swapped, log_));
  place.router = std::move(acting.router);
  place.lease = std::move(acting.lease);
  place.workload = std::move(workload);
  return {};
}

}  // namespace serin::app
