#include <charconv>

#include "analysis/templates/fields.h"
#include "analysis/templates/read.h"
#include "base/config/reader.h"
#include "base/config/writer.h"
#include "rollout/plan/load/pin.h"
#include "rollout/plan/read.h"

namespace serin::rollout {
namespace {

using config::Dialect;

std::unexpected<Error> lost(std::string what) {
  return fail(Code::data_loss, "pinned plan: " + std::move(what));
}

template <class T>
Result<T> part(const Json& json, Dialect dialect = Dialect::serin) {
  auto value = config::read_json<T>(json, dialect);
  if (!value) return lost(value.error().message);
  return value;
}

template <class T>
Json list_of(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push(config::write(value));
  return list;
}

template <class T>
Result<std::vector<T>> list_from(const Json& json) {
  std::vector<T> values;
  for (const Json& item : json.items()) {
    SERIN_TRY(value, part<T>(item));
    values.push_back(std::move(value));
  }
  return values;
}

Json to_json(const PinnedAnalysis& analysis) {
  Json metrics = Json::array();
  for (const PinnedMetric& each : analysis.metrics) {
    metrics.push(Json::object()
                     .set("dialect", each.metric.dialect == Dialect::argo ? "argo" : "serin")
                     .set("metric", analysis::to_json(each.metric))
                     .set("versions", config::write(each.versions)));
  }
  Json secrets = Json::object();
  for (const auto& [name, secret] : analysis.secrets) secrets.set(name, config::write(secret));
  Json json = Json::object();
  json.set("metrics", std::move(metrics))
      .set("dryRun", list_of(analysis.dry_run))
      .set("measurementRetention", list_of(analysis.measurement_retention))
      .set("secrets", std::move(secrets))
      .set("falseRollbackRate", analysis.false_rollback_rate)
      .set("boundary", to_string(analysis.boundary));
  if (analysis.kayenta) json.set("kayenta", config::write(*analysis.kayenta));
  return json;
}

Result<PinnedAnalysis> analysis_from(const Json& json) {
  PinnedAnalysis analysis;
  for (const Json& item : json["metrics"].items()) {
    Dialect dialect = item["dialect"].string() == "argo" ? Dialect::argo : Dialect::serin;
    PinnedMetric each;
    SERIN_TRY(metric, part<analysis::Metric>(item["metric"], dialect));
    SERIN_TRY(versions, part<analysis::Versions>(item["versions"]));
    analysis.metrics.push_back({std::move(metric), std::move(versions)});
  }
  SERIN_TRY(dry_run, list_from<analysis::DryRun>(json["dryRun"]));
  SERIN_TRY(retention, list_from<analysis::MeasurementRetention>(json["measurementRetention"]));
  analysis.dry_run = std::move(dry_run);
  analysis.measurement_retention = std::move(retention);
  for (const auto& [name, secret] : json["secrets"].members()) {
    SERIN_TRY(reference, part<analysis::SecretKeyRef>(secret));
    analysis.secrets.emplace(name, std::move(reference));
  }
  if (!json["falseRollbackRate"].is_number()) return lost("no falseRollbackRate");
  analysis.false_rollback_rate = json["falseRollbackRate"].number();
  bool calibrated = json["boundary"].string() == to_string(Boundary::calibrated);
  analysis.boundary = calibrated ? Boundary::calibrated : Boundary::exact;
  if (const Json* kayenta = json.find("kayenta")) {
    SERIN_TRY(scoring, part<analysis::KayentaScoring>(*kayenta));
    analysis.kayenta = std::move(scoring);
  }
  return analysis;
}

Result<std::optional<PinnedAnalysis>> maybe_analysis(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  if (found == nullptr) return std::nullopt;
  SERIN_TRY(analysis, analysis_from(*found));
  return std::optional(std::move(analysis));
}

}  // namespace

Json to_json(const PinnedPlan& plan) {
  Json json = Json::object();
  json.set("rollout", to_json(plan.rollout))
      .set("version", plan.version)
      .set("stableVersion", plan.stable_version);
  if (plan.background) json.set("background", to_json(*plan.background));
  Json steps = Json::object();
  for (const auto& [index, analysis] : plan.steps) {
    steps.set(std::to_string(index), to_json(analysis));
  }
  json.set("steps", std::move(steps));
  if (plan.pre_promotion) json.set("prePromotion", to_json(*plan.pre_promotion));
  if (plan.post_promotion) json.set("postPromotion", to_json(*plan.post_promotion));
  Json warnings = Json::array();
  for (const std::string& warning : plan.warnings) warnings.push(warning);
  json.set("warnings", std::move(warnings));
  if (!plan.open.is_null()) json.set("open", plan.open);
  return json;
}

Result<PinnedPlan> pinned_plan_from_json(const Json& json) {
  PinnedPlan plan;
  auto rollout = rollout_from_json(json["rollout"]);
  if (!rollout) return lost(rollout.error().message);
  plan.rollout = std::move(*rollout);
  plan.version = json["version"].string();
  plan.open = json["open"];
  plan.stable_version = json["stableVersion"].string();
  SERIN_TRY(background, maybe_analysis(json, "background"));
  SERIN_TRY(before, maybe_analysis(json, "prePromotion"));
  SERIN_TRY(after, maybe_analysis(json, "postPromotion"));
  plan.background = std::move(background);
  plan.pre_promotion = std::move(before);
  plan.post_promotion = std::move(after);
  for (const auto& [name, value] : json["steps"].members()) {
    std::size_t index = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error != std::errc() || end != name.data() + name.size()) return lost("a step's index");
    SERIN_TRY(analysis, analysis_from(value));
    plan.steps.emplace(index, std::move(analysis));
  }
  for (const Json& warning : json["warnings"].items()) {
    plan.warnings.emplace_back(warning.string());
  }
  return plan;
}

}  // namespace serin::rollout
