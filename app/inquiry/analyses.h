// What a client asks to be judged once, over a span of the past and without a release: the metrics
// of a template, a run, or a rollout's background analysis, as `serin analyze` judges them.
//
//   AnalysisQuestion question = analysis_question(fields, now);
//   if (fields.refuse(*call)) return;
//   bench.run_json(call, [=](const Workbench::Limit& limit) { return judged(…, limit); });
//
// It moves no traffic and keeps nothing.
#pragma once

#include <expected>
#include <map>
#include <string>

#include "app/analyze/inputs.h"
#include "app/api/fields.h"
#include "app/fleet/configuration.h"
#include "app/workbench/workbench.h"

namespace serin::app {

inline constexpr Duration kAnalysisSpanMax = std::chrono::hours(24);

struct AnalysisQuestion {
  std::vector<rollout::ConfigFile> files{};  // none: the server's own
  std::string name{};                        // "" where there is only one
  std::string canary{};
  std::string stable{};
  std::map<std::string, std::string> arguments{};
  WallTime from{};
  WallTime to{};
};

// "files", "name", "canary", "stable", "args", "from" and "to" of a body.
AnalysisQuestion analysis_question(Fields& fields, WallTime now);

// AnalyzeOutcome::to_json with "name", "from", "to" and "warnings". Who is only a viewer may not
// choose what the server asks with its secrets: no documents, no arguments and no jobs of their
// own. Errors: those of analyze() and of the limit.
std::expected<Json, Problem> judged(const AnalysisQuestion& question,
                                    const Configuration& configuration,
                                    const std::map<std::string, std::string>& defaults,
                                    const Principal& who, const Workbench::Limit& limit);

}  // namespace serin::app
