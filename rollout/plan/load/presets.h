// Presets put in place: a metric's `preset` becomes the selectors that it stands for.
//
//   SERIN_CHECK(expand_preset(metric));      // {istio: latency} is metric.compare now
//   analysis::Versions versions = preset_versions(metric.preset);   // before, where the document
//   has none
#pragma once

#include "analysis/templates/model.h"
#include "base/result.h"

namespace serin::rollout {

// Nothing to do without a preset. Errors: invalid_argument (no such preset, its `where`).
Status expand_preset(analysis::Metric& metric);

// How the preset's system tells versions and instances apart; the usual labels without a preset.
analysis::Versions preset_versions(const std::optional<analysis::Preset>& preset);

}  // namespace serin::rollout
