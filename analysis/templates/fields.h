// The fields of templates, metrics and runs: one description each (base/config/fields.h) from which
// they are read, written and put into the schema.
#pragma once

#include <span>
#include <string_view>

#include "analysis/templates/model.h"
#include "base/config/fields.h"

namespace serin::analysis {

void fields(config::Visitor& v, Header& header);
void fields(config::Visitor& v, Authentication& authentication);
void fields(config::Visitor& v, PrometheusProvider& provider);
void fields(config::Visitor& v, WebProvider& provider);
void fields(config::Visitor& v, Provider& provider);
void fields(config::Visitor& v, Metric& metric);
void fields(config::Visitor& v, SecretKeyRef& reference);
void fields(config::Visitor& v, Argument& argument);
void fields(config::Visitor& v, DryRun& dry_run);
void fields(config::Visitor& v, MeasurementRetention& retention);
void fields(config::Visitor& v, TemplateRef& reference);
void fields(config::Visitor& v, Versions& versions);
void fields(config::Visitor& v, KayentaScoring& scoring);
void fields(config::Visitor& v, TemplateSpec& spec);
void fields(config::Visitor& v, AnalysisTemplate& document);
void fields(config::Visitor& v, AnalysisRunSpec& spec);
void fields(config::Visitor& v, AnalysisRun& document);

}  // namespace serin::analysis
