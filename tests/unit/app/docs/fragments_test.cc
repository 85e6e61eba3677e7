// Parts of documents that the pages show (those without a kind) pass `serin lint` where they
// belong. A page need not say where: the first key does. A new kind of part is a new case here.
#include "app/inbound/rules.h"
#include "app/test/suite.h"
#include "base/config/document.h"
#include "rollout/plan/load/load.h"
#include "unit/app/docs/pages.h"

namespace serin::app {
namespace {

const char* const kRollout = R"({"kind": "Rollout", "metadata": {"name": "shop"}, "spec":
  {"strategy": {"canary": {
    "trafficRouting": {"webhook": {"url": "http://127.0.0.1:8070/routes/shop"}},
    "steps": [{"setWeight": 5}, {"pause": {"duration": "10m"}}]}}}})";

const char* const kTemplate = R"({"kind": "AnalysisTemplate", "metadata": {"name": "shop"}, "spec":
  {"metrics": []}})";

Json json_of(const std::string& yaml) {
  config::Diagnostics problems;
  auto documents = config::read_documents("part.yaml", yaml, problems);
  EXPECT_TRUE(problems.empty()) << config::to_text(problems) << yaml;
  return documents.empty() ? Json() : documents.front().root.to_json();
}

// Of routing the part's own counts, for one router excludes the others.
void merge(Json& into, const Json& part) {
  for (const auto& [key, value] : part.members()) {
    Json* there = into.find(key);
    if (there != nullptr && there->is_object() && value.is_object() && key != "trafficRouting") {
      merge(*there, value);
    } else {
      into.set(key, value);
    }
  }
}

Json at(std::string_view key, Json part) {
  return Json::object().set(key, std::move(part));
}

std::string lint(const char* whole, const Json& part) {
  Json document = *Json::parse(whole);
  merge(document, part);
  const config::Diagnostics problems = rollout::lint({{"whole.json", document.dump(1)}});
  return problems.has_errors() ? config::to_text(problems) : "";
}

std::string errors_of_part(const std::string& yaml) {
  Json part = json_of(yaml);
  if (part.is_array()) return lint(kTemplate, at("spec", at("metrics", part)));
  const std::string first = part.members().empty() ? "" : part.members().front().first;
  if (first == "spec" && part["spec"].contains("metrics")) return lint(kTemplate, part);
  if (first == "spec") return lint(kRollout, part);
  if (first == "workload") return lint(kRollout, at("spec", part));
  if (first == "trafficRouting")
    return lint(kRollout, at("spec", at("strategy", at("canary", part))));
  if (first == "compare") {
    part.set("name", "shown");
    return lint(kTemplate, at("spec", at("metrics", Json::array().push(part))));
  }
  if (first == "policy") {
    config::Diagnostics problems;
    return read_suite("shown.test.yaml", yaml, problems) ? "" : config::to_text(problems);
  }
  if (first == "keyFile") {
    auto rules = hook_rules_from(part);
    return rules ? "" : rules.error().to_string();
  }
  if (first == "receivers") return "";  // Alertmanager's own
  return "where does a part belong that begins with '" + first + "'?";
}

TEST(DocumentedParts, PassLintWhereTheyBelong) {
  int linted = 0;
  for (const auto& page : pages()) {
    for (const Fence& fence : fences_of(text_of(page))) {
      if (fence.language != "yaml" || fence.text.find("kind: ") != std::string::npos) continue;
      ++linted;
      EXPECT_EQ(errors_of_part(fence.text), "") << page << ":" << fence.line;
    }
  }
  EXPECT_GE(linted, 12);
}

TEST(DocumentedParts, WithAFaultWouldBeFound) {
  EXPECT_EQ(errors_of_part("workload: {command: {apply: [a]}}"), "");
  for (const char* part : {"workload: {comand: {apply: [a]}}", "trafficRouting: {haproxy: {}}",
                           "spec: {onEngineLos: hold}", "- {name: a}", "compare: {errs: {}}",
                           "policy: [a.yaml]", "keyFile: a", "else: 1"}) {
    EXPECT_NE(errors_of_part(part), "") << part;
  }
}

}  // namespace
}  // namespace serin::app
