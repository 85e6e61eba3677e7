#include "queries/window.h"

namespace serin::queries {
namespace {

Error damaged(std::string what) {
  return {Code::data_loss, "stored window: " + std::move(what)};
}

Json to_json(const InstanceWindow& window) {
  Json json = Json::object();
  json.set("instance", window.instance).set("side", to_string(window.side));
  json.set("from_ms", window.from_ms).set("to_ms", window.to_ms).set("age_s", window.age_s);
  if (window.total != 0) json.set("total", window.total);
  if (window.bad != 0) json.set("bad", window.bad);
  if (!window.buckets.empty()) json.set("buckets", numbers_to_json(window.buckets));
  if (!window.gauge.empty()) {
    Json::Array samples;
    for (const Sample& sample : window.gauge) {
      samples.emplace_back(Json::Array{Json(sample.time_ms), Json(sample.value)});
    }
    json.set("gauge", Json(std::move(samples)));
  }
  return json;
}

Result<InstanceWindow> instance_from_json(const Json& json, std::size_t index) {
  const std::string where = "instances[" + std::to_string(index) + "]";
  InstanceWindow window;
  window.instance = json["instance"].string();
  std::string_view side = json["side"].string();
  if (side != "stable" && side != "canary") {
    return std::unexpected(damaged(where + ": `side` must be stable or canary"));
  }
  window.side = side == "canary" ? Side::canary : Side::stable;
  window.from_ms = json["from_ms"].integer();
  window.to_ms = json["to_ms"].integer();
  window.age_s = json["age_s"].number();
  window.total = json["total"].number();
  window.bad = json["bad"].number();
  window.buckets = numbers_from_json(json["buckets"]);
  for (const Json& sample : json["gauge"].items()) {
    if (sample.size() != 2)
      return std::unexpected(damaged(where + ": a gauge sample is [time_ms, value]"));
    window.gauge.push_back({sample.at(0).integer(), sample.at(1).number()});
  }
  return window;
}

}  // namespace

std::string_view to_string(Side side) {
  return side == Side::stable ? "stable" : "canary";
}

Json to_json(const ComparisonWindow& window) {
  Json json = Json::object();
  Json instances = Json::array();
  for (const InstanceWindow& instance : window.instances) instances.push(to_json(instance));
  json.set("instances", std::move(instances));
  if (!window.bounds.empty()) json.set("bounds", numbers_to_json(window.bounds));
  json.set("scrapes_expected",
           numbers_to_json({window.scrapes_expected[0], window.scrapes_expected[1]}));
  json.set("scrapes_seen", numbers_to_json({window.scrapes_seen[0], window.scrapes_seen[1]}));
  json.set("scrape_interval_s", window.scrape_interval_s);
  if (window.first_samples_dropped != 0)
    json.set("first_samples_dropped", window.first_samples_dropped);
  if (window.resets != 0) json.set("resets", window.resets);
  if (window.clamped != 0) json.set("clamped", window.clamped);
  return json;
}

Result<ComparisonWindow> comparison_window_from_json(const Json& json) {
  ComparisonWindow window;
  if (!json["instances"].is_array())
    return std::unexpected(damaged("`instances` must be an array"));
  for (const Json& item : json["instances"].items()) {
    SERIN_TRY(instance, instance_from_json(item, window.instances.size()));
    window.instances.push_back(std::move(instance));
  }
  window.bounds = numbers_from_json(json["bounds"]);
  for (std::size_t side = 0; side < 2; ++side) {
    window.scrapes_expected[side] = json["scrapes_expected"].at(side).number();
    window.scrapes_seen[side] = json["scrapes_seen"].at(side).number();
  }
  window.scrape_interval_s = json["scrape_interval_s"].number();
  window.first_samples_dropped = static_cast<int>(json["first_samples_dropped"].integer());
  window.resets = static_cast<int>(json["resets"].integer());
  window.clamped = static_cast<int>(json["clamped"].integer());
  return window;
}

}  // namespace serin::queries
