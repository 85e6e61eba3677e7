#include "rollout/ports/workload.h"

#include "rollout/ports/json_reader.h"

namespace serin::rollout {

Json to_json(const DesiredWorkload& desired) {
  Json json = Json::object();
  json.set("owner", desired.owner)
      .set("slot", desired.slot == Slot::stable ? "stable" : "canary")
      .set("version", desired.version)
      .set("instances", desired.instances);
  return json;
}

Result<DesiredWorkload> desired_workload_from_json(const Json& json) {
  JsonReader in(json, "desired workload");
  DesiredWorkload desired;
  desired.owner = in.text("owner");
  std::string slot = in.text("slot");
  if (slot != "stable" && slot != "canary") in.problem("slot", "expected stable or canary");
  desired.slot = slot == "stable" ? Slot::stable : Slot::canary;
  desired.version = in.text("version");
  desired.instances = in.small_count("instances");
  SERIN_CHECK(in.finish());
  return desired;
}

Json to_json(const ObservedWorkload& observed) {
  Json json = Json::object();
  json.set("instances", observed.instances)
      .set("ready", observed.ready)
      .set("version", observed.version)
      .set("mixed", observed.mixed);
  return json;
}

Result<ObservedWorkload> observed_workload_from_json(const Json& json) {
  JsonReader in(json, "observed workload");
  ObservedWorkload observed;
  observed.instances = in.small_count("instances");
  observed.ready = in.small_count("ready");
  observed.version = in.text("version");
  observed.mixed = in.boolean("mixed");
  SERIN_CHECK(in.finish());
  return observed;
}

}  // namespace serin::rollout
