// What is wrong with templates, runs and metrics beyond types: all of it at once, with places.
//
//   Reporter reporter(document, problems);
//   validate(analysis_template, reporter);
//   check_supported(analysis_template.spec.metrics, reporter, Path() / "spec" / "metrics");
//
// Texts with placeholders are left for the moment when the arguments are known. argoproj.io
// documents get Argo's errors, and warnings for what surprises people; serin.dev documents get
// errors for all that can't work.
#pragma once

#include <vector>

#include "analysis/templates/codes.h"
#include "analysis/templates/model.h"
#include "base/config/document.h"

namespace serin::analysis {

// Arguments that serin supplies by itself: the two versions, and the address of Prometheus.
inline constexpr std::string_view kOwnArguments[] = {"canary", "stable", "prometheus"};

void validate(const AnalysisTemplate& document, const config::Reporter& reporter);
void validate(const AnalysisRun& document, const config::Reporter& reporter);

// The metrics at `path`, judged by the rules of their dialect, with the arguments that are declared
// for them. An empty list is an error only where `needed`.
void validate_metrics(const std::vector<Metric>& metrics, const std::vector<Argument>& args,
                      const config::Reporter& reporter, const config::Path& path, bool needed);

void validate_args(const std::vector<Argument>& args, const config::Reporter& reporter,
                   const config::Path& path);

// Adds a finding for every feature in use that this version does not carry out: kNotYet, or
// kOnlyRead where documents are only looked at.
void check_supported(const std::vector<Metric>& metrics, const config::Reporter& reporter,
                     const config::Path& path, const config::Rule& rule = kNotYet);

}  // namespace serin::analysis
