// Families of analysis templates and rollouts: validation, merging, argument substitution.
#include <array>

#include "analysis/templates/faults.h"
#include "analysis/templates/merge.h"
#include "analysis/templates/read.h"
#include "analysis/templates/substitute.h"
#include "base/config/document.h"
#include "base/config/metadata.h"
#include "conformance/registry.h"
#include "rollout/plan/argo_validation.h"
#include "rollout/plan/read.h"

namespace serin::conformance {
namespace {

using config::Dialect;

Json error(std::string message) {
  return Json::object().set("error", std::move(message));
}

// Problems of the document that `header` describes, as Argo's own validation has them.
void validate(const config::Document& document, const config::Header& header,
              config::Diagnostics& problems, Json& errors) {
  if (header.kind == "Rollout") {
    const rollout::Rollout value = rollout::read_rollout(document, header, problems);
    rollout::validate_argo(value, config::Reporter(document, problems));
    return;
  }
  const std::vector<analysis::Metric> metrics =
      header.kind == "AnalysisRun"
          ? analysis::read_run(document, header, problems).spec.metrics
          : analysis::read_template(document, header, problems).spec.metrics;
  if (Status valid = analysis::check_metrics(metrics); !valid) errors.push(valid.error().message);
}

Json answer_validation(const Json& input) {
  config::Diagnostics problems;
  Json errors = Json::array();
  for (const auto& document :
       config::read_documents("input.yaml", input["yaml"].string(), problems)) {
    if (auto header = config::header_of(document, problems)) {
      validate(document, *header, problems, errors);
    }
  }
  for (const auto& problem : problems.sorted()) {
    if (problem.is_error()) errors.push(problem.message);
  }
  return Json::object().set("valid", errors.size() == 0).set("errors", std::move(errors));
}

Result<std::vector<analysis::AnalysisTemplate>> templates_from(const Json& list) {
  std::vector<analysis::AnalysisTemplate> templates;
  for (const Json& item : list.items()) {
    analysis::AnalysisTemplate value;
    SERIN_TRY(spec, analysis::template_spec_from_json(item["spec"], Dialect::argo));
    value.spec = std::move(spec);
    value.metadata.name = item["metadata"]["name"].string();
    templates.push_back(std::move(value));
  }
  return templates;
}

template <class T>
Result<std::vector<T>> list_from(const Json& list, Result<T> (*read)(const Json&)) {
  std::vector<T> values;
  for (const Json& item : list.items()) {
    SERIN_TRY(value, read(item));
    values.push_back(std::move(value));
  }
  return values;
}

analysis::Templates pointers(const std::vector<analysis::AnalysisTemplate>& templates) {
  analysis::Templates list;
  for (const auto& each : templates) list.push_back(&each);
  return list;
}

Result<analysis::AnalysisRunSpec> merged(const Json& input) {
  SERIN_TRY(templates, templates_from(input["templates"]));
  SERIN_TRY(cluster, templates_from(input["clusterTemplates"]));
  SERIN_TRY(args, list_from(input["incomingArgs"], analysis::argument_from_json));
  SERIN_TRY(dry_run, list_from(input["incomingDryRun"], analysis::dry_run_from_json));
  SERIN_TRY(retention, list_from(input["incomingMeasurementRetention"],
                                 analysis::measurement_retention_from_json));
  return analysis::merge(pointers(templates), pointers(cluster),
                         {std::move(args), std::move(dry_run), std::move(retention)});
}

Json answer_merge(const Json& input) {
  const auto run = merged(input);
  if (!run) return error(run.error().message);
  return Json::object().set("merged", analysis::to_json(*run));
}

Result<analysis::Metric> resolved(const Json& input) {
  SERIN_TRY(metric, analysis::metric_from_json(input["metric"], Dialect::argo));
  SERIN_TRY(args, list_from(input["args"], analysis::argument_from_json));
  return analysis::resolve_metric(metric, args);
}

Json answer_substitution(const Json& input) {
  const auto metric = resolved(input);
  if (!metric) return error(metric.error().message);
  return Json::object().set("metric", analysis::to_json(*metric));
}

}  // namespace

std::span<const Family> template_families() {
  static constexpr std::array<Family, 3> kFamilies{{{"arg_substitution", answer_substitution},
                                                    {"template_merge", answer_merge},
                                                    {"validation", answer_validation}}};
  return kFamilies;
}

}  // namespace serin::conformance
