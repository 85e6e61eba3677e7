#include "queries/counting/tracker_state.h"

#include <algorithm>
#include <tuple>

namespace serin::queries {
namespace {

Error damaged(const std::string& what) {
  return {Code::data_loss, "stored tracker: " + what};
}

Json to_json(const InstanceState& instance) {
  Json json = Json::object();
  json.set("side", to_string(instance.side)).set("name", instance.name);
  if (instance.started_ms != kStartedBefore) json.set("started_ms", instance.started_ms);
  json.set("last_ms", instance.last_ms).set("newest_ms", instance.newest_ms);
  json.set("accounted_ms", instance.accounted_ms);
  if (instance.gone) json.set("gone", true);
  if (instance.forgot) json.set("forgot", true);
  Json::Array spacings;
  for (std::int64_t spacing : instance.spacings_ms) spacings.emplace_back(spacing);
  json.set("spacings_ms", Json(std::move(spacings)));
  Json::Array counters;
  counters.reserve(instance.counters.size());
  for (const CounterState& counter : instance.counters) {
    Json::Array entry{Json(counter.key), Json(counter.time_ms), numbers_to_json(counter.values)};
    if (!counter.bounds.empty()) entry.push_back(numbers_to_json(counter.bounds));
    counters.emplace_back(std::move(entry));
  }
  json.set("counters", Json(std::move(counters)));
  return json;
}

Result<CounterState> counter_from_json(const Json& json, const std::string& where) {
  if (json.size() < 3 || !json.at(0).is_string() || !json.at(1).is_integer()) {
    return std::unexpected(damaged(where + ": a counter is [key, time_ms, values, bounds]"));
  }
  CounterState counter{std::string(json.at(0).string()), json.at(1).integer(),
                       numbers_from_json(json.at(3)), numbers_from_json(json.at(2))};
  if (counter.values.size() != counter.bounds.size() + 1) {
    return std::unexpected(damaged(where + ": a counter has one value more than bounds"));
  }
  return counter;
}

Result<InstanceState> instance_from_json(const Json& json, std::size_t index) {
  const std::string where = "instances[" + std::to_string(index) + "]";
  InstanceState instance;
  std::string_view side = json["side"].string();
  if (side != "stable" && side != "canary") {
    return std::unexpected(damaged(where + ": `side` must be stable or canary"));
  }
  instance.side = side == "canary" ? Side::canary : Side::stable;
  instance.name = json["name"].string();
  for (const char* required : {"last_ms", "newest_ms", "accounted_ms"}) {
    if (!json[required].is_integer()) {
      return std::unexpected(damaged(where + ": `" + required + "` must be a whole number"));
    }
  }
  instance.started_ms = json["started_ms"].integer(kStartedBefore);
  instance.last_ms = json["last_ms"].integer();
  instance.newest_ms = json["newest_ms"].integer();
  instance.accounted_ms = json["accounted_ms"].integer();
  instance.gone = json["gone"].boolean();
  instance.forgot = json["forgot"].boolean();
  for (const Json& spacing : json["spacings_ms"].items()) {
    instance.spacings_ms.push_back(spacing.integer());
  }
  if (instance.spacings_ms.size() > kSpacingsKept) {
    return std::unexpected(damaged(where + ": more spacings than are kept"));
  }
  for (const Json& item : json["counters"].items()) {
    SERIN_TRY(counter, counter_from_json(item, where));
    if (!instance.counters.empty() && !(instance.counters.back().key < counter.key)) {
      return std::unexpected(damaged(where + ": counters are not in order"));
    }
    instance.counters.push_back(std::move(counter));
  }
  return instance;
}

}  // namespace

Json to_json(const TrackerState& state) {
  Json json = Json::object();
  json.set("since_ms", state.since_ms).set("looked_ms", state.looked_ms);
  if (state.lateness_ms) json.set("lateness_ms", *state.lateness_ms);
  if (state.looked) json.set("looked", true);
  if (state.partial) json.set("partial", true);
  if (state.forgot) json.set("forgot", true);
  Json::Array instances;
  instances.reserve(state.instances.size());
  for (const InstanceState& instance : state.instances) instances.push_back(to_json(instance));
  json.set("instances", Json(std::move(instances)));
  return json;
}

Result<TrackerState> tracker_state_from_json(const Json& json) {
  TrackerState state;
  if (!json["since_ms"].is_integer() || !json["looked_ms"].is_integer() ||
      !json["instances"].is_array()) {
    return std::unexpected(
        damaged("whole numbers `since_ms`, `looked_ms` and an array `instances` are needed"));
  }
  state.since_ms = json["since_ms"].integer();
  state.looked_ms = json["looked_ms"].integer();
  if (json["lateness_ms"].is_integer()) state.lateness_ms = json["lateness_ms"].integer();
  state.looked = json["looked"].boolean();
  state.partial = json["partial"].boolean();
  state.forgot = json["forgot"].boolean();
  for (const Json& item : json["instances"].items()) {
    SERIN_TRY(instance, instance_from_json(item, state.instances.size()));
    if (!state.instances.empty()) {
      const InstanceState& before = state.instances.back();
      if (!(std::tie(before.side, before.name) < std::tie(instance.side, instance.name))) {
        return std::unexpected(damaged("instances are not in order"));
      }
    }
    state.instances.push_back(std::move(instance));
  }
  return state;
}

}  // namespace serin::queries
