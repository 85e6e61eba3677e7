#include "analysis/templates/merge.h"

#include <gtest/gtest.h>

#include "unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

AnalysisTemplate make(std::string name, std::string_view spec) {
  auto parsed = template_spec_from_json(parse_json(spec), config::Dialect::argo);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  AnalysisTemplate result;
  result.metadata.name = std::move(name);
  if (parsed) result.spec = *parsed;
  return result;
}

Argument argument(std::string name, std::string value) {
  return {std::move(name), std::move(value), std::nullopt};
}

std::string merged(const std::vector<AnalysisTemplate>& templates,
                   const std::vector<AnalysisTemplate>& cluster = {},
                   const Incoming& incoming = {}) {
  Templates a;
  Templates b;
  for (const auto& each : templates) a.push_back(&each);
  for (const auto& each : cluster) b.push_back(&each);
  auto run = merge(a, b, incoming);
  return run ? to_json(*run).dump() : run.error().message;
}

constexpr std::string_view kWeb = R"("provider":{"web":{"url":"u"}})";

std::string metric(std::string_view name) {
  return "{\"name\":\"" + std::string(name) + "\"," + std::string(kWeb) + "}";
}

TEST(Merge, AnArgumentThatNobodyGivesIsAnError) {
  auto t = make("t", "{\"metrics\":[" + metric("a") + "],\"args\":[{\"name\":\"x\"}]}");
  EXPECT_EQ(merged({t}), "args.x was not resolved");
  EXPECT_EQ(merged({t}, {}, {.args = {argument("x", "")}}),
            "{\"metrics\":[" + metric("a") + "],\"args\":[{\"name\":\"x\",\"value\":\"\"}]}")
      << "an empty text is a value";
}

TEST(Merge, TheCallersValueCountsAndUnknownOnesAreDropped) {
  auto t =
      make("t", "{\"metrics\":[" + metric("a") + "],\"args\":[{\"name\":\"x\",\"value\":\"d\"}]}");
  EXPECT_EQ(merged({t}, {}, {.args = {argument("x", "1"), argument("y", "2")}}),
            "{\"metrics\":[" + metric("a") + "],\"args\":[{\"name\":\"x\",\"value\":\"1\"}]}");
}

TEST(Merge, NamespacedTemplatesComeFirstThenClusterOnes) {
  auto a = make("a", "{\"metrics\":[" + metric("a") + "]}");
  auto b = make("b", "{\"metrics\":[" + metric("b") + "]}");
  auto c = make("c", "{\"metrics\":[" + metric("c") + "]}");
  EXPECT_EQ(merged({b, a}, {c}),
            "{\"metrics\":[" + metric("b") + "," + metric("a") + "," + metric("c") + "]}");
  EXPECT_EQ(merged({a}, {make("z", "{\"metrics\":[" + metric("a") + "]}")}),
            "two metrics have the same name 'a'");
}

TEST(Merge, DefaultsThatDifferAreAnErrorEvenWhenOverridden) {
  auto a = make("a", R"({"args":[{"name":"x","value":"1"}]})");
  auto b = make("b", R"({"args":[{"name":"x","value":"2"}]})");
  auto none = make("none", R"({"args":[{"name":"x"}]})");
  EXPECT_EQ(merged({a, b}, {}, {.args = {argument("x", "3")}}),
            "Argument `x` specified multiple times with different values: '1', '2'");
  EXPECT_EQ(merged({a, none}), R"({"args":[{"name":"x","value":"1"}]})");
  EXPECT_EQ(merged({none, a}), R"({"args":[{"name":"x","value":"1"}]})");
}

TEST(Merge, ASecretKeepsItsSourceBesideAnIncomingValue) {
  auto t =
      make("t", R"({"args":[{"name":"k","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})");
  EXPECT_EQ(
      merged({t}, {}, {.args = {argument("k", "v")}}),
      R"({"args":[{"name":"k","value":"v","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]})");
  Argument other{"k", std::nullopt, ValueFrom{SecretKeyRef{"other", "key"}, "", ""}};
  EXPECT_EQ(merged({t}, {}, {.args = {other}}),
            R"({"args":[{"name":"k","valueFrom":{"secretKeyRef":{"name":"other","key":"key"}}}]})");
}

TEST(Merge, RulesOfTheCallerComeFirstAndNamesAreUnique) {
  auto t = make(
      "t",
      R"({"dryRun":[{"metricName":"a"}],"measurementRetention":[{"metricName":"a","limit":3}]})");
  EXPECT_EQ(
      merged({t}, {}, {.args = {}, .dry_run = {{"b"}}, .measurement_retention = {{"b", 0}}}),
      R"({"dryRun":[{"metricName":"b"},{"metricName":"a"}],)"
      R"("measurementRetention":[{"metricName":"b","limit":0},{"metricName":"a","limit":3}]})");
  EXPECT_EQ(merged({t}, {}, {.args = {}, .dry_run = {{"a"}}, .measurement_retention = {}}),
            "two Dry-Run metric rules have the same name 'a'");
  EXPECT_EQ(merged({t}, {}, {.args = {}, .dry_run = {}, .measurement_retention = {{"a", 1}}}),
            "two Measurement Retention metric rules have the same name 'a'");
}

TEST(Merge, ReferencesAreFollowedDepthFirstAndOnce) {
  auto a =
      make("a", R"({"templates":[{"templateName":"b"},{"templateName":"d","clusterScope":true}]})");
  auto b = make("b", R"({"templates":[{"templateName":"c"},{"templateName":"a"}]})");
  auto c = make("c", "{}");
  auto d = make("d", "{}");
  auto find = [&](const TemplateRef& reference) -> const AnalysisTemplate* {
    if (reference.cluster_scope) return reference.template_name == "d" ? &d : nullptr;
    for (const auto* each : {&a, &b, &c}) {
      if (each->metadata.name == reference.template_name) return each;
    }
    return nullptr;
  };
  auto resolved = resolve_references({{"a", false}, {"c", false}}, find);
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->templates, (Templates{&a, &b, &c}));
  EXPECT_EQ(resolved->cluster_templates, Templates{&d});
  auto missing = resolve_references({{"a", false}, {"z", true}}, find);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(missing.error().message, "ClusterAnalysisTemplate 'z' not found");
}

TEST(Merge, TheNumberOfTemplatesIsBounded) {
  std::vector<AnalysisTemplate> all(kTemplatesMax + 1);
  std::vector<TemplateRef> references;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].metadata.name = std::to_string(i);
    references.push_back({all[i].metadata.name, false});
  }
  auto find = [&](const TemplateRef& reference) {
    return &all[static_cast<std::size_t>(std::stoi(reference.template_name))];
  };
  auto beyond = resolve_references(references, find);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().message, "more than 200 templates are referred to");
  references.pop_back();
  EXPECT_TRUE(resolve_references(references, find));
}

}  // namespace
}  // namespace serin::analysis
