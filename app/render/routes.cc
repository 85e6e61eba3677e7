#include "app/render/routes.h"

#include <fmt/format.h>

#include "app/render/split.h"
#include "rollout/plan/read.h"

namespace serin::app {
namespace {

using rollout::engine::Engine;
using rollout::engine::Ticket;

Json numbers_of(const std::string& id, const Ticket& ticket, const Json& weight) {
  const Json& routing = ticket.pinned["rollout"]["spec"]["strategy"]["canary"]["trafficRouting"];
  const Json& names = routing["haproxy"];
  auto slot = [&](const char* server, const char* backend, const char* upstream) {
    std::string out(names[backend].string());
    if (out.empty()) out = routing["nginx"][upstream].string();
    for (const Json& each : names[server].items())
      out += (out.empty() ? "" : " ") + std::string(each.string());
    return out;
  };
  return Json::object()
      .set("release", id)
      .set("weight", weight)
      .set("router", routing.members().empty() ? std::string() : routing.members().front().first)
      .set("stable", slot("stable", "stableBackend", "stableUpstream"))
      .set("canary", slot("canary", "canaryBackend", "canaryUpstream"));
}

// What a person may copy into a file: what is not the same there stands above it.
std::string text_of(const RenderedSplit& rendered) {
  std::string text;
  for (const std::string& note : rendered.notes) text += "# Note: " + note + "\n";
  return text + rendered.text;
}

void answer_split(Call& call, const Ticket& ticket, const rollout::DesiredTraffic& desired,
                  SplitFormat format) {
  const SplitRequest request{.format = format,
                             .units = desired.canary.units(),
                             .rules = desired.content,
                             .version = ticket.spec.version,
                             .stable = ticket.spec.stable_version,
                             .release = ticket.spec.id};
  auto rollout = rollout::rollout_from_json(ticket.pinned["rollout"]);
  if (!rollout) return call.refuse(rollout.error());
  auto rendered = render_split(*rollout, request);
  if (!rendered) return call.refuse(rendered.error());
  call.answer(
      {.status = 200,
       .headers = {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
       .body = text_of(*rendered)});
}

}  // namespace

void add_traffic_routes(RouteTable& routes, const Fleet& fleet) {
  routes.add("GET", "/api/v1/releases/{id}/traffic", Role::viewer, [&fleet](const auto& call) {
    const std::string& id = (*call)["id"];
    const Ticket* ticket = fleet.engine().ticket(id);
    if (ticket == nullptr) {
      return call->refuse({.kind = kUnknown,
                           .detail = fmt::format("there is no release '{}' in this server's "
                                                 "memory: the last {} are",
                                                 id, Engine::kReleasesEndedMax)});
    }
    auto wanted = call->request.parameter("format");
    if (!wanted) return call->answer(200, numbers_of(id, *ticket, fleet.view(id)["weight"]));
    auto format = parse_split_format(*wanted);
    if (!format) {
      return call->refuse(
          {.kind = kBadRequest, .detail = "format is istio, gateway, haproxy or nginx"});
    }
    answer_split(*call, *ticket, fleet.engine().state(id)->traffic.desired, *format);
  });
}

}  // namespace serin::app
