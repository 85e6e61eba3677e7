#include "app/analyze/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "analysis/templates/merge.h"

namespace serin::app {
namespace {

using analysis::AnalysisTemplate;
using rollout::ConfigSet;
using rollout::PinOptions;

// Something that can be analysed, and how.
struct Candidate {
  std::string name;
  std::function<Result<ChosenAnalysis>()> pin;
};

bool is_referred_to(const ConfigSet& set, const AnalysisTemplate& wanted) {
  auto refers = [&](const AnalysisTemplate& each) {
    return std::ranges::any_of(each.spec.templates, [&](const analysis::TemplateRef& reference) {
      return set.find_template(reference) == &wanted;
    });
  };
  return std::ranges::any_of(set.templates, refers) ||
         std::ranges::any_of(set.cluster_templates, refers);
}

std::vector<Candidate> rollouts_of(const ConfigSet& set, const PinOptions& options) {
  std::vector<Candidate> found;
  for (const rollout::Rollout& each : set.rollouts) {
    if (!each.canary || !each.canary->analysis) continue;
    found.push_back({each.metadata.name, [&set, &each, options]() -> Result<ChosenAnalysis> {
                       SERIN_TRY(plan, rollout::pin(set, each, options));
                       return ChosenAnalysis{each.metadata.name, *std::move(plan.background),
                                             std::move(plan.warnings)};
                     }});
  }
  return found;
}

std::vector<Candidate> runs_of(const ConfigSet& set, const PinOptions& options) {
  std::vector<Candidate> found;
  for (const analysis::AnalysisRun& each : set.runs) {
    std::string name =
        each.metadata.name.empty() ? each.metadata.generate_name : each.metadata.name;
    found.push_back({name, [&each, name, options]() -> Result<ChosenAnalysis> {
                       SERIN_TRY(pinned, rollout::pin_run(each, options));
                       return ChosenAnalysis{name, std::move(pinned), {}};
                     }});
  }
  return found;
}

std::vector<Candidate> templates_of(const ConfigSet& set, const PinOptions& options, bool all) {
  std::vector<Candidate> found;
  for (const auto* list : {&set.templates, &set.cluster_templates}) {
    for (const AnalysisTemplate& each : *list) {
      if (!all && is_referred_to(set, each)) continue;
      found.push_back({each.metadata.name,
                       [&set, &each, options] { return pin_template(set, each, options); }});
    }
  }
  return found;
}

std::string names_of(const std::vector<Candidate>& candidates) {
  std::string names;
  for (const Candidate& each : candidates) names += (names.empty() ? "" : ", ") + each.name;
  return names;
}

}  // namespace

Result<ChosenAnalysis> pin_template(const ConfigSet& set, const AnalysisTemplate& chosen,
                                    const PinOptions& options) {
  SERIN_TRY(resolved, analysis::resolve_references(
                          {{chosen.metadata.name, chosen.cluster_scope}},
                          [&](const auto& name) { return set.find_template(name); }));
  analysis::Incoming incoming;
  incoming.args.push_back({"canary", options.version, std::nullopt});
  if (!options.stable_version.empty()) {
    incoming.args.push_back({"stable", options.stable_version, std::nullopt});
  }
  for (const auto& [name, value] : options.args) {
    incoming.args.push_back({name, value, std::nullopt});
  }
  auto merged = analysis::merge(resolved.templates, resolved.cluster_templates, incoming);
  if (!merged) {
    return std::unexpected(std::move(merged).error().with("give arguments with --set NAME=VALUE"));
  }
  analysis::AnalysisRun run;
  run.dialect = chosen.dialect;
  run.spec = *std::move(merged);
  PinOptions rest = options;  // arguments that no template declares are not put in
  std::erase_if(rest.args, [&](const auto& arg) {
    return arg.first != "prometheus" &&
           std::ranges::find(run.spec.args, arg.first, &analysis::Argument::name) ==
               run.spec.args.end();
  });
  SERIN_TRY(pinned, rollout::pin_run(run, rest));
  return ChosenAnalysis{chosen.metadata.name, std::move(pinned), {}};
}

Result<ChosenAnalysis> choose_analysis(const ConfigSet& set, const std::string& name,
                                       const PinOptions& options) {
  std::vector<Candidate> all;
  for (auto& list :
       {rollouts_of(set, options), runs_of(set, options), templates_of(set, options, true)}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  if (!name.empty()) {
    auto found = std::ranges::find(all, name, &Candidate::name);
    if (found != all.end()) return found->pin();
    return fail(Code::invalid_argument,
                fmt::format("there is no analysis '{}' (there is: {})", name, names_of(all)));
  }
  for (const auto& list :
       {rollouts_of(set, options), runs_of(set, options), templates_of(set, options, false)}) {
    if (list.size() == 1) return list.front().pin();
    if (list.size() > 1) {
      return fail(Code::invalid_argument,
                  fmt::format("the files hold several analyses: choose one with --name ({})",
                              names_of(all)));
    }
  }
  return fail(Code::invalid_argument,
              "the files hold no AnalysisTemplate, AnalysisRun or Rollout with an analysis");
}

Status check_versions(const rollout::PinnedMetric& pinned) {
  if (!pinned.metric.compare) return {};
  for (const std::string* version : {&pinned.versions.canary, &pinned.versions.stable}) {
    if (!version->empty() && !config::has_placeholder(*version)) continue;
    return fail(Code::invalid_argument,
                fmt::format("metric {} compares two versions: name them with --canary and --stable",
                            pinned.metric.name));
  }
  return {};
}

Result<const rollout::PinnedMetric*> choose_metric(const rollout::PinnedAnalysis& analysis,
                                                   const std::string& name) {
  std::string names;
  for (const rollout::PinnedMetric& each : analysis.metrics) {
    if (each.metric.name == name) return &each;
    names += (names.empty() ? "" : ", ") + each.metric.name;
  }
  if (name.empty() && analysis.metrics.size() == 1) return &analysis.metrics.front();
  return fail(Code::invalid_argument,
              name.empty()
                  ? fmt::format("there are several metrics: choose one with --metric ({})", names)
                  : fmt::format("there is no metric '{}' (there is: {})", name, names));
}

}  // namespace serin::app
