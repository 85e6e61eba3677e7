// Reads templates, runs and metrics from documents and writes them as JSON.
//
//   AnalysisTemplate read = read_template(document, header, problems);
//   Json json = to_json(metric);
//   Result<Metric> again = metric_from_json(json, Dialect::argo);
//
// Types and fields are checked here; what the fields mean together is validation.h's business.
#pragma once

#include "analysis/templates/model.h"
#include "base/config/document.h"
#include "base/json.h"
#include "base/result.h"

namespace serin::analysis {

// header.kind is AnalysisTemplate or ClusterAnalysisTemplate (asserted). What can't be read is
// added to `problems` and keeps its default, so that validation can go on and name all at once.
AnalysisTemplate read_template(const config::Document& document, const config::Header& header,
                               config::Diagnostics& problems);
// header.kind is AnalysisRun (asserted).
AnalysisRun read_run(const config::Document& document, const config::Header& header,
                     config::Diagnostics& problems);

// Without fields that are empty or zero, as Argo writes them.
Json to_json(const Metric& metric);
Json to_json(const Argument& argument);
Json to_json(const TemplateSpec& spec);
Json to_json(const AnalysisRunSpec& spec);

// Errors: invalid_argument, all problems of the value in one message.
Result<Metric> metric_from_json(const Json& json, config::Dialect dialect);
Result<Argument> argument_from_json(const Json& json);
Result<TemplateSpec> template_spec_from_json(const Json& json, config::Dialect dialect);
Result<AnalysisRunSpec> run_spec_from_json(const Json& json, config::Dialect dialect);
Result<DryRun> dry_run_from_json(const Json& json);
Result<MeasurementRetention> measurement_retention_from_json(const Json& json);

}  // namespace serin::analysis
