#include "rollout/ports/router.h"

#include "rollout/ports/json_reader.h"

namespace serin::rollout {
namespace {

Json counts_to_json(const SlotCounts& counts) {
  Json json = Json::object();
  json.set("requests", counts.requests)
      .set("responses_5xx", counts.responses_5xx)
      .set("connect_errors", counts.connect_errors)
      .set("response_errors", counts.response_errors)
      .set("retries", counts.retries)
      .set("redispatches", counts.redispatches);
  return json;
}

Result<SlotCounts> counts_from_json(const Json& json) {
  JsonReader in(json, "counts");
  SlotCounts counts;
  counts.requests = in.number("requests");
  counts.responses_5xx = in.number("responses_5xx");
  counts.connect_errors = in.number("connect_errors");
  counts.response_errors = in.number("response_errors");
  counts.retries = in.number("retries");
  counts.redispatches = in.number("redispatches");
  SERIN_CHECK(in.finish());
  return counts;
}

Json slot_to_json(const SlotState& slot) {
  Json json = Json::object();
  json.set("servers_total", slot.servers_total)
      .set("servers_ready", slot.servers_ready)
      .set("in_service", slot.in_service)
      .set("health_known", slot.health_known)
      .set("counts", counts_to_json(slot.counts));
  return json;
}

Result<SlotState> slot_from_json(const Json& json) {
  JsonReader in(json, "slot");
  SlotState slot;
  slot.servers_total = in.small_count("servers_total");
  slot.servers_ready = in.small_count("servers_ready");
  slot.in_service = in.boolean("in_service");
  slot.health_known = in.boolean("health_known");
  slot.counts = in.nested("counts", counts_from_json);
  SERIN_CHECK(in.finish());
  return slot;
}

Weight read_weight(JsonReader& in) {
  return Weight::from_units(static_cast<int>(in.integer("canary_units", 0, Weight::kFull)));
}

}  // namespace

Json to_json(const DesiredTraffic& desired) {
  Json json = Json::object();
  json.set("owner", desired.owner)
      .set("generation", desired.generation)
      .set("canary_units", desired.canary.units())
      .set("canary_in_service", desired.canary_in_service)
      .set("gives_back", desired.gives_back)
      .set("lease", desired.lease)
      .set("content", to_json(desired.content))
      .set("drain_ns", desired.drain.count());
  return json;
}

Result<DesiredTraffic> desired_traffic_from_json(const Json& json) {
  JsonReader in(json, "desired traffic");
  DesiredTraffic desired;
  desired.owner = in.text("owner");
  desired.generation = in.count("generation");
  desired.canary = read_weight(in);
  desired.canary_in_service = in.boolean("canary_in_service");
  desired.gives_back = in.text("gives_back");
  desired.lease = in.boolean("lease");
  auto content = match_rules_from_json(in.array("content"));
  if (content) {
    desired.content = std::move(*content);
  } else {
    in.problem("content", content.error().message);
  }
  desired.drain = in.duration("drain_ns");
  SERIN_CHECK(in.finish());
  return desired;
}

Json to_json(const ObservedTraffic& observed) {
  Json json = Json::object();
  json.set("canary_units", observed.canary.units())
      .set("stable", slot_to_json(observed.stable))
      .set("canary", slot_to_json(observed.canary_slot))
      .set("content", observed.content)
      .set("owner", observed.owner)
      .set("router_instance", observed.router_instance);
  return json;
}

Result<ObservedTraffic> observed_traffic_from_json(const Json& json) {
  JsonReader in(json, "observed traffic");
  ObservedTraffic observed;
  observed.canary = read_weight(in);
  observed.stable = in.nested("stable", slot_from_json);
  observed.canary_slot = in.nested("canary", slot_from_json);
  observed.content = in.text("content");
  observed.owner = in.text("owner");
  observed.router_instance = in.text("router_instance");
  SERIN_CHECK(in.finish());
  return observed;
}

}  // namespace serin::rollout
