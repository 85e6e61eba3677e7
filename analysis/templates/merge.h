// Merges templates into one run: metrics, arguments, dry-run rules and retention.
//
//   auto run = merge(templates, cluster_templates, {.args = args});
//
// In Argo's way, for both dialects: namespaced templates first, then cluster ones, each in order of
// reference; arguments that no template has are dropped; an argument whose defaults differ is an
// error even where the caller gives a value. Resolving references (nested ones too) is
// resolve_references' part; putting arguments in is substitute.h's.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "analysis/templates/model.h"
#include "base/result.h"

namespace serin::analysis {

// References followed at most from one run.
inline constexpr std::size_t kTemplatesMax = 200;

// What a rollout adds to the templates of its run.
struct Incoming {
  std::vector<Argument> args{};
  std::vector<DryRun> dry_run{};
  std::vector<MeasurementRetention> measurement_retention{};
};

using Templates = std::vector<const AnalysisTemplate*>;

// Errors: invalid_argument, in Argo's words.
Result<AnalysisRunSpec> merge(const Templates& templates, const Templates& cluster_templates,
                              const Incoming& incoming);

// The template's arguments with the caller's values: a value over a value, else a source over a
// source. Errors: invalid_argument where one has neither.
Result<std::vector<Argument>> merge_args(const std::vector<Argument>& incoming,
                                         std::vector<Argument> own);

struct Resolved {
  Templates templates;
  Templates cluster_templates;
};

// Follows references depth first: a template, then those that it refers to. One that was met before
// is left out, so that a circle ends. `find` yields nullptr for what does not exist. Errors:
// not_found, naming the template; invalid_argument beyond kTemplatesMax.
Result<Resolved> resolve_references(
    const std::vector<TemplateRef>& references,
    const std::function<const AnalysisTemplate*(const TemplateRef&)>& find);

}  // namespace serin::analysis
