// Which metrics a command is about: those of an AnalysisRun, of a template with the templates that
// it refers to, or of a rollout's background analysis, with their arguments filled in.
//
//   SERIN_TRY(chosen, choose_analysis(loaded.set, "health", pin_options));
//   chosen.analysis.metrics[0].metric;
#pragma once

#include <string>
#include <vector>

#include "rollout/plan/load/load.h"
#include "rollout/plan/load/pin.h"

namespace serin::app {

struct ChosenAnalysis {
  std::string name;
  rollout::PinnedAnalysis analysis;
  std::vector<std::string> warnings;
};

// `name` may be left out where the files leave one choice: the only rollout with an analysis, else
// the only run, else the only template that no other one refers to. Errors: invalid_argument
// (several, none, an argument without a value; says what there is), those of pinning.
Result<ChosenAnalysis> choose_analysis(const rollout::ConfigSet& set, const std::string& name,
                                       const rollout::PinOptions& options);

// A template with those that it refers to. Errors: as choose_analysis.
Result<ChosenAnalysis> pin_template(const rollout::ConfigSet& set,
                                    const analysis::AnalysisTemplate& chosen,
                                    const rollout::PinOptions& options);

// Whether a compared metric knows both versions. Errors: invalid_argument, saying how to name them.
Status check_versions(const rollout::PinnedMetric& pinned);

// The metric of that name, or the only one. Errors: invalid_argument, listing those that there are.
Result<const rollout::PinnedMetric*> choose_metric(const rollout::PinnedAnalysis& analysis,
                                                   const std::string& name);

}  // namespace serin::app
