// What the fields of documents mean, out of the schema.
//
//   SERIN_TRY(explained, explain(rollout::config_schema(), "metrics.interval"));
//   for (const std::string& line : explained_lines(explained)) …
//   std::string page = field_page(rollout::config_schema());     // docs/reference/configuration.md
//
// The schema is made from the code that reads documents, so neither can tell what is not so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace serin::app {

// Places named at most where a field is asked for that stands in several.
inline constexpr std::size_t kExplainPlacesMax = 12;

// `field`: a kind ("Rollout"), a type ("Metric"), or the end of a path ("metrics.interval",
// "AnalysisTemplate.spec.args"); indices are left out. Errors: not_found (with the fields that come
// nearest), invalid_argument (it means several fields; names them).
// {"name","form","required","description","default","places":[…],"fields":[{…}]}; of a type only
// name, description and fields.
Result<Json> explain(const Json& schema, std::string_view field);
std::vector<std::string> explained_lines(const Json& explained);

// Every type with its fields, as Markdown.
std::string field_page(const Json& schema);

}  // namespace serin::app
