#include <array>

#include "analysis/templates/fields.h"

namespace serin::analysis {

using config::Visitor;

void fields(Visitor& v, SecretKeyRef& reference) {
  v.type("SecretKeyRef", "A key of a secret.");
  v("name", reference.name, "The secret's name.", {.required = true, .always = true});
  v("key", reference.key, "The key.", {.required = true, .always = true});
}

namespace {

struct FieldRef {
  std::string field_path;
};

void fields(Visitor& v, FieldRef& reference) {
  v.type("FieldRef", "A field of the rollout.");
  v("fieldPath", reference.field_path, "Its path, such as metadata.name.",
    {.required = true, .always = true});
}

}  // namespace

void fields(Visitor& v, ValueFrom& value_from) {
  static constexpr std::array<std::string_view, 2> kHashes{"Stable", "Latest"};
  v.type("ValueFrom", "Where an argument's value comes from.");
  v("secretKeyRef", value_from.secret_key_ref, "A key of a secret.");
  std::optional<FieldRef> field_ref;
  if (!value_from.field_ref.empty()) field_ref = FieldRef{value_from.field_ref};
  v("fieldRef", field_ref, "A field of the rollout.");
  if (field_ref && v.reading()) value_from.field_ref = field_ref->field_path;
  v("podTemplateHashValue", value_from.pod_template_hash_value,
    "The pod template's hash of a version (Kubernetes).", {.words = kHashes});
}

void fields(Visitor& v, Argument& argument) {
  v.type("Argument", "A value that templates are filled with: {{args.NAME}}.");
  v("name", argument.name, "Its name.", {.required = true, .always = true});
  v("value", argument.value, "Its value, or in a template its default.");
  v("valueFrom", argument.value_from, "Where the value comes from.");
}

void fields(Visitor& v, DryRun& dry_run) {
  v.type("DryRun", "Metrics that are measured but decide nothing.");
  v("metricName", dry_run.metric_name, "A regular expression on the metric's name.",
    {.required = true, .always = true});
}

void fields(Visitor& v, MeasurementRetention& retention) {
  v.type("MeasurementRetention", "How many measurements are kept.");
  v("metricName", retention.metric_name, "A regular expression on the metric's name.",
    {.required = true, .always = true});
  v("limit", retention.limit, "How many; 0: 10.", {.required = true, .always = true});
}

void fields(Visitor& v, TemplateRef& reference) {
  v.type("TemplateRef", "A template by its name.");
  v("templateName", reference.template_name, "Its name.", {.required = true, .always = true});
  v("clusterScope", reference.cluster_scope, "It is a ClusterAnalysisTemplate.");
}

void fields(Visitor& v, Versions& versions) {
  v.type("Versions", "How the series of the two versions are told apart.");
  v("label", versions.label, "The label that names the version.");
  v("canary", versions.canary, "Its value for the canary.");
  v("stable", versions.stable, "Its value for stable.");
  v("instance", versions.instance, "The label that names an instance.");
}

void fields(Visitor& v, KayentaScoring& scoring) {
  v.type("KayentaScoring", "How the scores of Kayenta's algorithm are put together.");
  v("pass", scoring.pass, "At least this passes.", {.always = true, .minimum = 0, .maximum = 100});
  v("marginal", scoring.marginal, "At least this is inconclusive.",
    {.always = true, .minimum = 0, .maximum = 100});
  v("groupWeights", scoring.group_weights, "Each group's weight, together 100.");
}

namespace {

template <class Spec>
void shared_fields(Visitor& v, Spec& spec) {
  v("metrics", spec.metrics, "What is watched.");
  v("args", spec.args, "Values to be filled in.");
  v("dryRun", spec.dry_run, "Metrics that decide nothing.");
  v("measurementRetention", spec.measurement_retention, "How many measurements are kept.");
  v("safe", spec.safe, "In argoproj.io documents: serin's rules instead of Argo's.");
  v("versions", spec.versions, "How the two versions are told apart.", {.serin_only = true});
  v("falseRollbackRate", spec.false_rollback_rate,
    "Share of harmless releases that may be rolled back; a default for the rollout's.",
    {.serin_only = true, .maximum = 0.5, .above = 0.0});
  v("kayenta", spec.kayenta, "With `judge: kayenta`.", {.serin_only = true});
}

template <class T>
void document_fields(Visitor& v, T& document, std::string_view kind) {
  static constexpr std::array<std::string_view, 2> kVersions{config::kApiVersionSerin,
                                                             config::kApiVersionArgo};
  std::array<std::string_view, 1> kinds{kind};
  std::string api_version(document.dialect == config::Dialect::argo ? config::kApiVersionArgo
                                                                    : config::kApiVersionSerin);
  std::string kind_text(kind);
  Json status;
  v("apiVersion", api_version, "Whose rules hold.", {.words = kVersions});
  v("kind", kind_text, "What the document is.", {.required = true, .words = kinds});
  v("metadata", document.metadata, "Name and labels.", {.required = true});
  v("spec", document.spec, "What it asks for.", {.required = true});
  v("status", status, "Ignored: what a cluster keeps of the object's state.");
  if (v.reading()) document.dialect = v.dialect();
}

}  // namespace

void fields(Visitor& v, TemplateSpec& spec) {
  v.type("TemplateSpec", "Metrics, and the values they are filled with.");
  shared_fields(v, spec);
  v("templates", spec.templates, "Other templates whose metrics belong to this one.");
}

void fields(Visitor& v, AnalysisTemplate& document) {
  std::string_view kind = document.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate";
  v.type(kind, "Metrics and rules that rollouts refer to.");
  document_fields(v, document, kind);
}

void fields(Visitor& v, TtlStrategy& ttl) {
  v.type("TtlStrategy", "When a finished run is forgotten.");
  v("secondsAfterCompletion", ttl.seconds_after_completion, "Seconds after any end.");
  v("secondsAfterFailure", ttl.seconds_after_failure, "Seconds after a failure.");
  v("secondsAfterSuccess", ttl.seconds_after_success, "Seconds after a success.");
}

void fields(Visitor& v, AnalysisRunSpec& spec) {
  v.type("AnalysisRunSpec", "Metrics with the values that they are filled with.");
  shared_fields(v, spec);
  v("terminate", spec.terminate, "End the run now.");
  v("ttlStrategy", spec.ttl_strategy, "When the finished run is forgotten.");
}

void fields(Visitor& v, AnalysisRun& document) {
  v.type("AnalysisRun", "One execution of metrics and rules.");
  document_fields(v, document, "AnalysisRun");
}

}  // namespace serin::analysis
