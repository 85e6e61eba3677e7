#include "analysis/release/policy.h"

#include <algorithm>

namespace serin::analysis {
namespace {

// What names a place to ask: the provider without what is asked there.
Provider place_of(Provider provider) {
  if (provider.prometheus) {
    provider.prometheus->query.clear();
    provider.prometheus->range_query.reset();
  }
  return provider;
}

// The key of the place that `provider` names; one that is new is added.
std::string source_of(ReleasePolicy& policy, const Provider& provider) {
  Provider place = place_of(provider);
  auto same = std::find_if(policy.sources.begin(), policy.sources.end(),
                           [&](const PolicySource& source) { return source.provider == place; });
  if (same != policy.sources.end()) return same->key;
  std::string kind(place.kind());
  auto of_kind =
      std::count_if(policy.sources.begin(), policy.sources.end(),
                    [&](const PolicySource& source) { return source.provider.kind() == kind; });
  std::string key = of_kind == 0 ? kind : kind + "-" + std::to_string(of_kind + 1);
  policy.sources.push_back({key, std::move(place)});
  return key;
}

}  // namespace

Status add_metric(ReleasePolicy& policy, Metric metric, Versions versions) {
  for (const std::string* text :
       {&versions.label, &versions.instance, &versions.canary, &versions.stable}) {
    if (metric.compared() && config::has_placeholder(*text)) {
      return fail(Code::invalid_argument,
                  "metric " + metric.name + ": versions still hold the argument " + *text);
    }
  }
  std::string source = source_of(policy, metric.provider);
  auto& list = metric.compared() ? policy.metrics : policy.rules.metrics;
  list.push_back({std::move(metric), std::move(versions), std::move(source)});
  return {};
}

Status add_step_metric(ReleasePolicy& policy, int step, Metric metric, Versions versions) {
  if (metric.compared()) {
    return fail(Code::failed_precondition,
                "metric " + metric.name + " of step " + std::to_string(step + 1) +
                    ": compared metrics belong into the background analysis (canary.analysis), "
                    "where their evidence lives over the whole release");
  }
  std::string source = source_of(policy, metric.provider);
  policy.step_rules[step].metrics.push_back(
      {std::move(metric), std::move(versions), std::move(source)});
  return {};
}

}  // namespace serin::analysis
