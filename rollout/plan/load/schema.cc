#include "rollout/plan/load/schema.h"

#include "analysis/templates/fields.h"
#include "base/config/schema.h"
#include "rollout/plan/fields.h"

namespace serin::rollout {
namespace {

// The same fields under another kind.
struct ClusterTemplate {
  analysis::AnalysisTemplate value;
};
void fields(config::Visitor& v, ClusterTemplate& document) {
  document.value.cluster_scope = true;
  fields(v, document.value);
}

// The schema where the document is of this kind. Editors show its errors alone.
Json when(std::string_view kind, Json reference) {
  Json constant = Json::object();
  constant.set("const", kind);
  Json properties = Json::object();
  properties.set("kind", std::move(constant));
  Json condition = Json::object();
  condition.set("properties", std::move(properties));
  Json branch = Json::object();
  branch.set("if", std::move(condition)).set("then", std::move(reference));
  return branch;
}

}  // namespace

Json config_schema() {
  config::SchemaWriter writer;
  Json branches = Json::array();
  branches.push(when("Rollout", writer.reference<Rollout>()));
  branches.push(when("AnalysisTemplate", writer.reference<analysis::AnalysisTemplate>()));
  branches.push(when("ClusterAnalysisTemplate", writer.reference<ClusterTemplate>()));
  branches.push(when("AnalysisRun", writer.reference<analysis::AnalysisRun>()));
  Json kinds = Json::array();
  for (const char* kind :
       {"Rollout", "AnalysisTemplate", "ClusterAnalysisTemplate", "AnalysisRun"}) {
    kinds.push(kind);
  }
  Json kind = Json::object();
  kind.set("enum", std::move(kinds));
  Json properties = Json::object();
  properties.set("kind", std::move(kind));
  Json schema = Json::object();
  schema.set("$schema", "https://json-schema.org/draft/2020-12/schema")
      .set("$id", "https://serin.dev/schema.json")
      .set("title", "serin.dev/v1alpha1")
      .set("description", "Configuration of serin: one document.")
      .set("type", "object")
      .set("properties", std::move(properties))
      .set("required", Json::array().push("kind"))
      .set("allOf", std::move(branches))
      .set("$defs", writer.definitions());
  return schema;
}

}  // namespace serin::rollout
