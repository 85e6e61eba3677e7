// Configuration files as a set: templates, rollouts and runs, read, validated, and their references
// followed. The caller has read the files.
//
//   Loaded loaded = load_config({{"release.yaml", text}});
//   if (loaded.problems.has_errors()) …                       // to_text(loaded.problems)
//   Result<PinnedPlan> plan = pin(loaded.set, loaded.set.rollouts[0], {…});   // pin.h
//
// `lint` is the same without the set. Nothing here asks a server: whether a query finds anything is
// found out later.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/templates/model.h"
#include "base/config/diagnostic.h"
#include "rollout/plan/rollout.h"

namespace serin::rollout {

struct ConfigFile {
  std::string name;
  std::string text;
};

struct ConfigSet {
  std::vector<analysis::AnalysisTemplate> templates;
  std::vector<analysis::AnalysisTemplate> cluster_templates;
  std::vector<Rollout> rollouts;
  std::vector<analysis::AnalysisRun> runs;

  // nullptr where there is none.
  const Rollout* find_rollout(std::string_view name) const;
  const analysis::AnalysisTemplate* find_template(const analysis::TemplateRef& reference) const;
  bool operator==(const ConfigSet&) const = default;
};

// What becomes of parts of a document that this version does not carry out: a release must not
// start by it; who only looks at Argo's documents, replays or renders them is told.
enum class Unsupported { refuse, refuse_in_serin, tell };

struct LoadOptions {
  // Names of the arguments that will be given when a release starts (`--set`).
  std::set<std::string> args{};
  // Serin's rules over the metrics of argoproj.io documents too (`--safe`).
  bool safe = false;
  Unsupported unsupported = Unsupported::refuse;
};

struct Loaded {
  // Everything that could be read, also where there are errors.
  ConfigSet set;
  config::Diagnostics problems;
};

// Files later in the list may refer to earlier ones and the other way round.
Loaded load_config(const std::vector<ConfigFile>& files, const LoadOptions& options = {});

config::Diagnostics lint(const std::vector<ConfigFile>& files, const LoadOptions& options = {});

}  // namespace serin::rollout
