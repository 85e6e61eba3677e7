#include "app/acting/router.h"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/routers/haproxy/router.h"
#include "drivers/routers/nginx/router.h"
#include "drivers/routers/outside/router.h"

namespace serin::app {
namespace {

using drivers::SteeredRouter;
using rollout::OnEngineLoss;
using rollout::Rollout;
using rollout::TrafficRouting;

bool copies_requests(const Rollout& rollout) {
  return rollout.canary && std::ranges::any_of(rollout.canary->steps, [](const auto& step) {
           const auto* mirror = std::get_if<rollout::SetMirrorRouteStep>(&step.action);
           return mirror != nullptr && !mirror->match.empty();
         });
}

Result<drivers::HaproxyOptions> haproxy_options(const Rollout& rollout, bool swapped) {
  const rollout::HaproxyRouting& routing = *rollout.traffic_routing().haproxy;
  if (copies_requests(rollout)) {
    return fail(Code::failed_precondition,
                "HAProxy has nothing that copies requests: leave setMirrorRoute out of the plan");
  }
  drivers::HaproxyOptions options;
  options.sockets = routing.socket;
  options.backend = routing.backend;
  options.stable_servers = routing.stable;
  options.canary_servers = routing.canary;
  options.map = routing.map;
  options.key = routing.key.empty() ? rollout.metadata.name : routing.key;
  options.match_map = routing.match_map;
  options.stable_backend = routing.stable_backend;
  options.canary_backend = routing.canary_backend;
  options.swapped = swapped;
  options.config_files = routing.config;
  options.state_file = routing.state_file;
  if (rollout.on_engine_loss == OnEngineLoss::stable) {
    bool moves_over = rollout.promotion.mode == rollout::PromotionMode::copy;
    if (!options.map_layout() && !moves_over) {
      return fail(Code::failed_precondition,
                  "with one backend and weights, the promoted servers would still hang on serin "
                  "(`onEngineLoss: stable` lets them track it): use two backends and a map, or "
                  "`promotion: {mode: copy}`, or write `onEngineLoss: hold`");
    }
    options.lease_backend = routing.lease.backend;
    options.lease_listen = routing.lease.listen;
  } else {
    options.idle_lease = routing.lease.backend;
  }
  return options;
}

drivers::NginxOptions nginx_options(const Rollout& rollout, bool swapped) {
  const rollout::NginxRouting& routing = *rollout.traffic_routing().nginx;
  drivers::NginxOptions options;
  options.name = rollout.metadata.name;
  options.file = routing.file;
  options.stable_upstream = routing.stable_upstream;
  options.canary_upstream = routing.canary_upstream;
  options.config = routing.config;
  options.prefix = routing.prefix;
  options.program = routing.program;
  options.pid_file = routing.pid;
  options.reload = routing.reload;
  options.status = routing.status;
  options.split_by = routing.split_by;
  options.mirrors = copies_requests(rollout);
  options.swapped = swapped;
  return options;
}

std::unique_ptr<SteeredRouter> make_command(AsioLoop& loop, const Rollout& rollout, bool swapped) {
  const rollout::CommandRouting& routing = *rollout.traffic_routing().command;
  drivers::CommandRouterOptions options;
  options.rollout = rollout.metadata.name;
  options.set = routing.set;
  options.get = routing.get;
  if (routing.timeout) options.timeout = *routing.timeout;
  return drivers::make_command_router(loop, std::move(options), swapped);
}

std::unique_ptr<SteeredRouter> make_webhook(AsioLoop& loop, HttpClient& http,
                                            const Rollout& rollout, bool swapped) {
  const rollout::WebhookRouting& routing = *rollout.traffic_routing().webhook;
  drivers::WebhookRouterOptions options;
  options.rollout = rollout.metadata.name;
  options.url = routing.url;
  if (routing.timeout) options.timeout = *routing.timeout;
  return drivers::make_webhook_router(loop, http, std::move(options), swapped);
}

// Without the lease, which takes an address.
struct Made {
  std::unique_ptr<SteeredRouter> router;
  drivers::HaproxyRouter* haproxy = nullptr;  // the same, where it is one
};

Result<Made> make(AsioLoop& loop, HttpClient& http, const Rollout& rollout, bool swapped) {
  const TrafficRouting& routing = rollout.traffic_routing();
  Made made;
  if (routing.haproxy) {
    SERIN_TRY(options, haproxy_options(rollout, swapped));
    SERIN_TRY(haproxy, drivers::HaproxyRouter::create(loop, std::move(options)));
    made.haproxy = haproxy.get();
    made.router = std::move(haproxy);
    return made;
  }
  if (routing.kind() == "none") {
    return fail(Code::failed_precondition,
                "the rollout names no router: trafficRouting needs haproxy, nginx, command or "
                "webhook (without one, use `serin replay`)");
  }
  if (rollout.on_engine_loss == OnEngineLoss::stable) {
    return fail(Code::failed_precondition,
                "only HAProxy can take the canary out when serin is gone: write `onEngineLoss: "
                "hold`, or leave it out");
  }
  if (routing.nginx && routing.nginx->stable_ingress.empty() &&
      routing.nginx->stable_ingresses.empty()) {
    SERIN_TRY(nginx, drivers::NginxRouter::create(loop, http, nginx_options(rollout, swapped)));
    made.router = std::move(nginx);
  } else if (routing.command) {
    made.router = make_command(loop, rollout, swapped);
  } else if (routing.webhook) {
    made.router = make_webhook(loop, http, rollout, swapped);
  } else {
    return fail(Code::failed_precondition,
                fmt::format("trafficRouting.{} is not supported yet: haproxy, nginx (without "
                            "ingress), command and webhook are",
                            routing.kind()));
  }
  return made;
}

}  // namespace

Result<ActingRouter> make_router(AsioLoop& loop, HttpClient& http, const Rollout& rollout,
                                 bool swapped, const Log& log) {
  SERIN_TRY(made, make(loop, http, rollout, swapped));
  made.router->on_problem([log, name = rollout.metadata.name](const std::string& problem) mutable {
    log.warn(problem, {{"rollout", name}});
  });
  ActingRouter acting;
  if (made.haproxy != nullptr && made.haproxy->options().leased()) {
    SERIN_TRY(lease, LeaseServer::listen(loop, made.haproxy->options().lease_listen,
                                         [steered = made.haproxy](LeaseServer::Answer answer) {
                                           steered->ask_lease(std::move(answer));
                                         }));
    acting.lease = std::move(lease);
  }
  acting.router = std::move(made.router);
  return acting;
}

Status check_router(AsioLoop& loop, HttpClient& http, const Rollout& rollout) {
  SERIN_TRY(made, make(loop, http, rollout, false));
  static_cast<void>(made);
  return {};
}

OnEngineLoss default_engine_loss(const Rollout& rollout) {
  return rollout.traffic_routing().haproxy ? OnEngineLoss::stable : OnEngineLoss::hold;
}

std::string route_of(const Rollout& rollout) {
  const TrafficRouting& routing = rollout.traffic_routing();
  if (routing.haproxy) {
    const rollout::HaproxyRouting& haproxy = *routing.haproxy;
    std::string sockets;
    for (const std::string& socket : haproxy.socket) sockets += socket + " ";
    const std::string& key = haproxy.key.empty() ? rollout.metadata.name : haproxy.key;
    return haproxy.map_layout() ? sockets + haproxy.map + " " + key : sockets + haproxy.backend;
  }
  if (routing.nginx) return "nginx " + routing.nginx->file;
  if (routing.webhook) return "webhook " + routing.webhook->url;
  if (!routing.command) return "";
  std::string text = "command";
  for (const std::string& word : routing.command->get) text += " " + word;
  return text;
}

}  // namespace serin::app
