#include "analysis/templates/read.h"

#include "analysis/templates/fields.h"
#include "base/assert.h"
#include "base/config/reader.h"
#include "base/config/writer.h"

namespace serin::analysis {
namespace {

using config::Dialect;

// `safe: true` in an argoproj.io document puts its metrics under serin's rules.
template <class Spec>
void apply_safe(Spec& spec) {
  if (!spec.safe.value_or(false)) return;
  for (Metric& metric : spec.metrics) metric.dialect = Dialect::serin;
}

template <class T>
T read_document(T value, const config::Document& document, const config::Header& header,
                config::Diagnostics& problems) {
  config::Reporter reporter(document, problems);
  config::ReadOptions options{.dialect = header.dialect, .placeholders = true};
  config::read(document.root, {}, reporter, options, value);
  apply_safe(value.spec);
  return value;
}

}  // namespace

AnalysisTemplate read_template(const config::Document& document, const config::Header& header,
                               config::Diagnostics& problems) {
  AnalysisTemplate value;
  value.cluster_scope = header.kind == "ClusterAnalysisTemplate";
  SERIN_ASSERT(value.cluster_scope || header.kind == "AnalysisTemplate");
  return read_document(std::move(value), document, header, problems);
}

AnalysisRun read_run(const config::Document& document, const config::Header& header,
                     config::Diagnostics& problems) {
  SERIN_ASSERT(header.kind == "AnalysisRun");
  return read_document(AnalysisRun(), document, header, problems);
}

Json to_json(const Metric& metric) {
  return config::write(metric);
}
Json to_json(const Argument& argument) {
  return config::write(argument);
}
Json to_json(const TemplateSpec& spec) {
  return config::write(spec);
}
Json to_json(const AnalysisRunSpec& spec) {
  return config::write(spec);
}

Result<Metric> metric_from_json(const Json& json, Dialect dialect) {
  return config::read_json<Metric>(json, dialect);
}
Result<Argument> argument_from_json(const Json& json) {
  return config::read_json<Argument>(json, Dialect::argo);
}
Result<TemplateSpec> template_spec_from_json(const Json& json, Dialect dialect) {
  auto spec = config::read_json<TemplateSpec>(json, dialect);
  if (spec) apply_safe(*spec);
  return spec;
}
Result<AnalysisRunSpec> run_spec_from_json(const Json& json, Dialect dialect) {
  auto spec = config::read_json<AnalysisRunSpec>(json, dialect);
  if (spec) apply_safe(*spec);
  return spec;
}
Result<DryRun> dry_run_from_json(const Json& json) {
  return config::read_json<DryRun>(json, Dialect::argo);
}
Result<MeasurementRetention> measurement_retention_from_json(const Json& json) {
  return config::read_json<MeasurementRetention>(json, Dialect::argo);
}

}  // namespace serin::analysis
