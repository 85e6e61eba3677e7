#include "analysis/templates/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace serin::analysis {
namespace {

// One argument of several templates: the first default counts, different ones are an error.
Status add_argument(std::vector<Argument>& all, const Argument& argument) {
  auto known = std::ranges::find(all, argument.name, &Argument::name);
  if (known == all.end()) {
    all.push_back(argument);
    return {};
  }
  if (known->value && argument.value && *known->value != *argument.value) {
    return fail(
        Code::invalid_argument,
        fmt::format("Argument `{}` specified multiple times with different values: '{}', '{}'",
                    argument.name, *known->value, *argument.value));
  }
  if (!known->value) *known = argument;
  return {};
}

template <class T, class Name>
Status check_unique(const std::vector<T>& values, Name name, std::string_view what) {
  std::set<std::string> seen;
  for (const T& value : values) {
    if (!seen.insert(value.*name).second) {
      return fail(Code::invalid_argument,
                  fmt::format("two {} have the same name '{}'", what, value.*name));
    }
  }
  return {};
}

Status check_dry_run(const std::vector<DryRun>& rules) {
  return check_unique(rules, &DryRun::metric_name, "Dry-Run metric rules");
}

Status check_retention(const std::vector<MeasurementRetention>& rules) {
  return check_unique(rules, &MeasurementRetention::metric_name,
                      "Measurement Retention metric rules");
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// What serin adds to a template: the first that says something counts.
void take_settings(AnalysisRunSpec& run, const TemplateSpec& spec) {
  if (spec.safe.value_or(false)) run.safe = true;
  if (!run.versions) run.versions = spec.versions;
  if (!run.kayenta) run.kayenta = spec.kayenta;
  if (!run.false_rollback_rate) run.false_rollback_rate = spec.false_rollback_rate;
}

}  // namespace

Result<std::vector<Argument>> merge_args(const std::vector<Argument>& incoming,
                                         std::vector<Argument> own) {
  for (const Argument& argument : incoming) {
    auto known = std::ranges::find(own, argument.name, &Argument::name);
    if (known == own.end()) continue;
    if (argument.value) {
      known->value = argument.value;
    } else if (argument.value_from) {
      known->value_from = argument.value_from;
    }
  }
  for (const Argument& argument : own) {
    if (!argument.value && !argument.value_from) {
      return fail(Code::invalid_argument, fmt::format("args.{} was not resolved", argument.name));
    }
  }
  return own;
}

Result<AnalysisRunSpec> merge(const Templates& templates, const Templates& cluster_templates,
                              const Incoming& incoming) {
  Templates all = templates;
  append(all, cluster_templates);
  AnalysisRunSpec run;
  std::vector<DryRun> own_dry_run;
  std::vector<MeasurementRetention> own_retention;
  std::vector<Argument> own_args;
  for (const AnalysisTemplate* each : all) append(run.metrics, each->spec.metrics);
  SERIN_CHECK(check_unique(run.metrics, &Metric::name, "metrics"));
  for (const AnalysisTemplate* each : all) append(own_dry_run, each->spec.dry_run);
  SERIN_CHECK(check_dry_run(own_dry_run));
  for (const AnalysisTemplate* each : all) append(own_retention, each->spec.measurement_retention);
  SERIN_CHECK(check_retention(own_retention));
  for (const AnalysisTemplate* each : all) {
    for (const Argument& argument : each->spec.args) {
      SERIN_CHECK(add_argument(own_args, argument));
    }
    take_settings(run, each->spec);
  }

  SERIN_TRY(args, merge_args(incoming.args, std::move(own_args)));
  run.args = std::move(args);
  run.dry_run = incoming.dry_run;
  append(run.dry_run, own_dry_run);
  SERIN_CHECK(check_dry_run(run.dry_run));
  run.measurement_retention = incoming.measurement_retention;
  append(run.measurement_retention, own_retention);
  SERIN_CHECK(check_retention(run.measurement_retention));
  return run;
}

Result<Resolved> resolve_references(
    const std::vector<TemplateRef>& references,
    const std::function<const AnalysisTemplate*(const TemplateRef&)>& find) {
  Resolved resolved;
  std::size_t count = 0;
  // Those still to visit, the next one last.
  std::vector<TemplateRef> open(references.rbegin(), references.rend());
  while (!open.empty()) {
    TemplateRef reference = std::move(open.back());
    open.pop_back();
    const AnalysisTemplate* found = find(reference);
    if (found == nullptr) {
      return fail(Code::not_found, fmt::format("{} '{}' not found",
                                               reference.cluster_scope ? "ClusterAnalysisTemplate"
                                                                       : "AnalysisTemplate",
                                               reference.template_name));
    }
    Templates& list = reference.cluster_scope ? resolved.cluster_templates : resolved.templates;
    if (std::ranges::find(list, found) != list.end()) continue;
    if (++count > kTemplatesMax) {
      return fail(Code::invalid_argument,
                  fmt::format("more than {} templates are referred to", kTemplatesMax));
    }
    list.push_back(found);
    const auto& nested = found->spec.templates;
    open.insert(open.end(), nested.rbegin(), nested.rend());
  }
  return resolved;
}

}  // namespace serin::analysis
