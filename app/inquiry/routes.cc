#include "app/inquiry/routes.h"

#include <utility>

#include "app/inquiry/analyses.h"
#include "app/inquiry/targets.h"

namespace serin::app {

void Inquiries::add_to(RouteTable& routes) {
  routes_ = &routes;
  routes.add("POST", "/api/v1/analyses", Role::viewer,
             [this](const auto& call) { analysis(call); });
  routes.add("GET", "/api/v1/targets", Role::viewer, [this](const auto& call) {
    call->answer(200, Json::object().set("items", targets_seen(fleet_)));
  });
  routes.add("POST", "/api/v1/targets/{target}/test", Role::admin,
             [this](const auto& call) { test(call); });
  routes.add("POST", "/api/v1/targets/{target}/reassert", Role::operator_,
             [this](const auto& call) { reassert(call); });
}

void Inquiries::test(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // asked again, it is asked anew
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  if (fields.refuse(*call)) return;
  auto target = find_target(fleet_, (*call)["target"]);
  if (!target) return call->refuse(target.error());
  if (!target->is_router) {
    return bench_.run_json(
        call, [target = *std::move(target)](const Workbench::Limit& limit) -> Result<Json> {
          return ask_metric(target, limit);
        });
  }
  rollout::Router* router = fleet_.router(target->release);
  if (router == nullptr) {
    return call->refuse(
        {.kind = kNotAllowed,
         .detail = "this release has no router that could be asked: the log says why"});
  }
  const Instant begun = fleet_.now().mono;
  router->observe(begun + kRouterMax, [this, alive = std::weak_ptr(alive_), call, begun,
                                       id = target->id](Result<rollout::ObservedTraffic> observed) {
    if (alive.expired()) return;
    call->answer(200, router_answer(id, observed, fleet_.now().mono - begun));
  });
}

// Reads first: what would give the canary more than it has now is the release's own business.
void Inquiries::reassert(const std::shared_ptr<Call>& call) {
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  const std::string reason = fields.text("reason");
  if (fields.refuse(*call)) return;
  auto target = find_target(fleet_, (*call)["target"]);
  if (!target) return call->refuse(target.error());
  rollout::Router* router = target->is_router ? fleet_.router(target->release) : nullptr;
  if (router == nullptr) {
    return call->refuse({.kind = kNotAllowed,
                         .detail = target->is_router
                                       ? "this release has no router: the log says why"
                                       : "only a router can be told again what it should have"});
  }
  const Instant begun = fleet_.now().mono;
  router->observe(
      begun + kRouterMax, [this, alive = std::weak_ptr(alive_), call, reason, begun,
                           target = *std::move(target)](Result<rollout::ObservedTraffic> observed) {
        if (alive.expired()) return;
        if (!observed) return call->refuse(observed.error());
        // The release may have ended meanwhile, or wants something else.
        auto current = find_target(fleet_, target.id);
        if (!current) return call->refuse(current.error());
        const auto& traffic = fleet_.engine().state(target.release)->traffic;
        if (std::string why = why_not_again(traffic, *observed); !why.empty())
          return call->refuse({.kind = kNotAllowed, .detail = std::move(why)});
        rollout::Router* again = fleet_.router(target.release);
        if (again == nullptr) return call->refuse({.kind = kNotAllowed, .detail = "no router"});
        routes_->audit(*call, "target.reassert", target.id,
                       Json::object()
                           .set("release", target.release)
                           .set("reason", reason)
                           .set("observed", observed->canary.percent())
                           .set("desired", traffic.desired.canary.percent()));
        again->apply(
            traffic.desired, fleet_.now().mono + kRouterMax,
            [this, alive, call, begun, id = target.id](Result<rollout::ObservedTraffic> applied) {
              if (alive.expired()) return;
              if (!applied) return call->refuse(applied.error());
              call->answer(200, router_answer(id, applied, fleet_.now().mono - begun));
            });
      });
}

void Inquiries::analysis(const std::shared_ptr<Call>& call) {
  call->keep_no_answer();  // it may be large, and a later one may know more
  auto body = call->json();
  if (!body) return;
  Fields fields(*body);
  AnalysisQuestion question = analysis_question(fields, fleet_.loop().clock().now().wall);
  if (fields.refuse(*call)) return;
  bench_.run_json(call, [question = std::move(question), configuration = fleet_.configuration(),
                         arguments = arguments_, who = call->who](const Workbench::Limit& limit) {
    return judged(question, *configuration, arguments, who, limit);
  });
}

}  // namespace serin::app
