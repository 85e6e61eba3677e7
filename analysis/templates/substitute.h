// Puts arguments into metrics: `{{args.name}}` in any text.
//
//   Result<Json> filled = substitute(metric.written, args);
//   Result<Metric> metric = resolve_metric(template_metric, args);
//
// One pass: braces in a value stay. Secrets are not read here: their arguments are named in `keep`
// and stay placeholders until the moment of asking.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "analysis/templates/model.h"
#include "base/json.h"
#include "base/result.h"

namespace serin::analysis {

// In Argo's way: the value is written as JSON, every `{{ tag }}` of that text replaced, and the
// text read again; so a `{{` that is not closed within its text takes all up to the next `}}` for
// its name. Values are escaped as Go quotes them, which for some control characters is no JSON.
// Every argument needs a value, used or not, unless it is in `keep`. Errors: invalid_argument, in
// Argo's words.
Result<Json> substitute(const Json& value, const std::vector<Argument>& args,
                        const std::set<std::string>& keep = {});

// The metric with its arguments in, read anew; numbers may have come from texts. Its dialect stays.
Result<Metric> resolve_metric(const Metric& metric, const std::vector<Argument>& args,
                              const std::set<std::string>& keep = {});

// The arguments that the texts of a value name, in order of their names: {"canary","stable"} for
// "{{args.canary}} {{ args.stable }}".
std::set<std::string> arguments_of(const Json& value);

}  // namespace serin::analysis
