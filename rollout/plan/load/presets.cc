#include "rollout/plan/load/presets.h"

#include "queries/presets/presets.h"

namespace serin::rollout {

Status expand_preset(analysis::Metric& metric) {
  if (!metric.preset) return {};
  SERIN_TRY(found, queries::find_preset(metric.preset->system, metric.preset->metric));
  SERIN_TRY(selectors, queries::scoped(*found, metric.preset->where));
  analysis::Compare compare;
  switch (found->kind) {
    case queries::Comparison::Kind::errors:
      compare.errors = analysis::ErrorsSpec{selectors.events, selectors.total};
      break;
    case queries::Comparison::Kind::histogram:
      compare.histogram = analysis::HistogramSpec{selectors.events, ""};
      break;
    case queries::Comparison::Kind::rate:
    case queries::Comparison::Kind::mean:
    case queries::Comparison::Kind::gauge:
      compare.rate = analysis::RateSpec{selectors.events};
      // The split decides how much comes; both ways of straying from it are news.
      if (!metric.options.direction) metric.options.direction = analysis::Direction::both;
      break;
  }
  metric.compare = std::move(compare);
  metric.preset.reset();
  return {};
}

analysis::Versions preset_versions(const std::optional<analysis::Preset>& preset) {
  analysis::Versions versions;
  if (!preset) return versions;
  const auto found = queries::find_preset(preset->system, preset->metric);
  if (!found) return versions;
  versions.label = (*found)->label;
  versions.instance = (*found)->instance;
  return versions;
}

}  // namespace serin::rollout
