#include "app/analyze/asked.h"

#include <fmt/format.h>

#include <string>

#include "app/analyze/look.h"

namespace serin::app {
namespace {

const rollout::PinnedMetric* find_in(const rollout::PinnedAnalysis& analysis,
                                     std::string_view name) {
  for (const rollout::PinnedMetric& each : analysis.metrics) {
    if (each.metric.name == name) return &each;
  }
  return nullptr;
}

const rollout::PinnedMetric* find_in(const std::optional<rollout::PinnedAnalysis>& analysis,
                                     std::string_view name) {
  return analysis ? find_in(*analysis, name) : nullptr;
}

const rollout::PinnedMetric* find_metric(const rollout::PinnedPlan& plan, std::string_view name) {
  if (const auto* found = find_in(plan.background, name)) return found;
  for (const auto& [index, analysis] : plan.steps) {
    if (const auto* found = find_in(analysis, name)) return found;
  }
  if (const auto* found = find_in(plan.pre_promotion, name)) return found;
  return find_in(plan.post_promotion, name);
}

}  // namespace

bool is_plain_address(std::string_view address) {
  if (!address.starts_with("http://") && !address.starts_with("https://")) return false;
  return address.find_first_of("@?#{} \"'<>\\") == std::string_view::npos;
}

Result<Json> queries_of(const Json& pinned, std::string_view metric, Now now) {
  SERIN_TRY(plan, rollout::pinned_plan_from_json(pinned));
  const rollout::PinnedMetric* found = find_metric(plan, metric);
  if (found == nullptr)
    return fail(Code::not_found, fmt::format("no query is asked for '{}'", metric));
  const analysis::Provider& provider = found->metric.provider;
  auto nobody = [](const analysis::Provider&, const queries::Request&,
                   Duration) -> Result<queries::Answer> {
    return fail(Code::cancelled, "nothing is asked");
  };
  SERIN_TRY(look, look_at(*found, now, nobody));
  Json asked = Json::array();
  for (const MetricLook::Part& part : look.parts)
    asked.push(Json::object().set("text", part.request.text));
  Json address;
  if (provider.prometheus && is_plain_address(provider.prometheus->address))
    address = Json(provider.prometheus->address);
  return Json::object()
      .set("metric", metric)
      .set("provider", provider.kind())
      .set("address", std::move(address))
      .set("queries", std::move(asked));
}

}  // namespace serin::app
