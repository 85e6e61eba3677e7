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

}  // namespace

Status add_metric(ReleasePolicy& policy, Metric metric, Versions versions) {
  for (const std::string* text :
       {&versions.label, &versions.instance, &versions.canary, &versions.stable}) {
    if (metric.compared() && config::has_placeholder(*text)) {
      return fail(Code::invalid_argument,
                  "metric " + metric.name + ": versions still hold the argument " + *text);
    }
  }
  Provider place = place_of(metric.provider);
  auto same = std::find_if(policy.sources.begin(), policy.sources.end(),
                           [&](const PolicySource& source) { return source.provider == place; });
  std::string key;
  if (same != policy.sources.end()) {
    key = same->key;
  } else {
    std::string kind(place.kind());
    auto of_kind =
        std::count_if(policy.sources.begin(), policy.sources.end(),
                      [&](const PolicySource& source) { return source.provider.kind() == kind; });
    key = of_kind == 0 ? kind : kind + "-" + std::to_string(of_kind + 1);
    policy.sources.push_back({key, std::move(place)});
  }
  policy.metrics.push_back({std::move(metric), std::move(versions), std::move(key)});
  return {};
}

}  // namespace serin::analysis
