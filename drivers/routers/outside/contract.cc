#include "drivers/routers/outside/contract.h"

#include <fmt/format.h>

#include <cmath>

namespace serin::drivers {
namespace {

using rollout::Weight;

constexpr std::int64_t kServersMax = 1'000'000;

// The place that is the canary's now.
Place canary_place(bool swapped) {
  return swapped ? Place::stable : Place::canary;
}

std::unexpected<Error> broken(std::string_view why) {
  return fail(Code::data_loss,
              fmt::format("the router's answer can't be read: {} (expected {{\"weight\": 5, "
                          "\"inService\": true, \"owner\": \"…\"}})",
                          why));
}

Status read_slot(const Json& json, std::string_view name, rollout::SlotState& slot) {
  slot.servers_total = 1;  // where it does not tell, its servers count as there
  slot.servers_ready = 1;
  if (json.is_null()) return {};
  if (!json.is_object()) return broken(fmt::format("'{}' is no object", name));
  std::int64_t servers = json["servers"].integer(-1);
  std::int64_t ready = json.contains("ready") ? json["ready"].integer(-1) : servers;
  if (servers < 0 || servers > kServersMax || ready < 0 || ready > servers) {
    return broken(fmt::format("'{}' has no count of servers, or more are ready", name));
  }
  slot.servers_total = static_cast<int>(servers);
  slot.servers_ready = static_cast<int>(ready);
  slot.health_known = json.contains("ready");
  for (const auto& [key, to] : {std::pair("requests", &slot.counts.requests),
                                std::pair("errors", &slot.counts.responses_5xx)}) {
    double value = json[key].number();
    if (!(value >= 0)) return broken(fmt::format("'{}.{}' is no count", name, key));
    *to = value;
  }
  return {};
}

}  // namespace

Json wanted_json(const std::string& rollout, const rollout::DesiredTraffic& desired, bool swapped) {
  return Json::object()
      .set("rollout", rollout)
      .set("owner", desired.owner)
      .set("generation", desired.generation)
      .set("weight", desired.canary.percent())
      .set("inService", desired.canary_in_service)
      .set("place", to_string(canary_place(swapped)))
      .set("match", rollout::to_json(rollout::moving_rules(desired.content)))
      .set("mirror", rollout::to_json(rollout::mirror_rules(desired.content)))
      .set("content", rollout::content_id(desired.content))
      .set("drainSeconds", to_seconds(desired.drain));
}

Result<rollout::ObservedTraffic> held_from_json(const Json& json, bool swapped) {
  if (!json.is_object()) return broken("no object");
  double weight = json["weight"].is_number() ? json["weight"].number() : -1;
  if (!(weight >= 0 && weight <= 100)) return broken("'weight' is no percentage");
  if (!json["inService"].is_bool()) return broken("'inService' is neither true nor false");
  if (!json["owner"].is_string()) return broken("'owner' is no text");
  std::string_view place = json["place"].string(to_string(canary_place(swapped)));
  bool exchanged = place != to_string(canary_place(swapped));
  rollout::ObservedTraffic held;
  int units = static_cast<int>(std::lround(weight * 100));
  held.canary = Weight::from_units(exchanged ? Weight::kFull - units : units);
  held.stable.in_service = true;
  held.canary_slot.in_service = exchanged || json["inService"].boolean();
  SERIN_CHECK(read_slot(json["stable"], "stable", exchanged ? held.canary_slot : held.stable));
  SERIN_CHECK(read_slot(json["canary"], "canary", exchanged ? held.stable : held.canary_slot));
  held.owner = json["owner"].string();
  held.content = json["content"].string();
  held.router_instance = json["instance"].string();
  return held;
}

}  // namespace serin::drivers
