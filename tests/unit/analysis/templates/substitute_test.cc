#include "analysis/templates/substitute.h"

#include <gtest/gtest.h>

#include "unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

std::vector<Argument> args(std::initializer_list<std::pair<std::string, std::string>> values) {
  std::vector<Argument> all;
  for (const auto& [name, value] : values) all.push_back({name, value, std::nullopt});
  return all;
}

std::string filled(std::string_view json, const std::vector<Argument>& arguments,
                   const std::set<std::string>& keep = {}) {
  auto result = substitute(parse_json(json), arguments, keep);
  return result ? result->dump() : result.error().message;
}

TEST(Substitute, FillsEveryText) {
  EXPECT_EQ(
      filled(R"({"a":"{{args.x}}-{{ args.x }}","b":[{"c":"{{args.y}}{{args.x}}"}],"{{args.y}}":1})",
             args({{"x", "1"}, {"y", "two"}})),
      R"({"a":"1-1","b":[{"c":"two1"}],"two":1})");
}

TEST(Substitute, EscapesValuesAndLooksAtThemOnce) {
  EXPECT_EQ(filled(R"({"a":"{{args.t}}"})", args({{"t", "a\n\\b\tc\"\b\f\r"}})),
            R"({"a":"a\n\\b\tc\"\u0008\u000c\r"})");
  EXPECT_EQ(filled(R"({"a":"{{args.t}}"})", args({{"t", "{{args.t}}"}})), R"({"a":"{{args.t}}"})");
  EXPECT_EQ(filled(R"({"a":"{{args.t}}"})", args({{"t", "\xc3\xa9\xf0\x9f\x98\x80"}})),
            "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}");
  EXPECT_EQ(filled(R"j({"a":"all(result, {# > {{args.a}}})"})j", args({{"a", "1"}})),
            R"j({"a":"all(result, {# > 1})"})j");
}

TEST(Substitute, WhatGoEscapesDifferentlyFromJsonIsAnError) {
  auto fault = [](std::string value) {
    return filled(R"({"a":"{{args.t}}"})", args({{"t", std::move(value)}}));
  };
  EXPECT_EQ(fault("\a"), "invalid character 'a' in string escape code");
  EXPECT_EQ(fault("\v"), "invalid character 'v' in string escape code");
  EXPECT_EQ(fault("\x01"), "invalid character 'x' in string escape code");
  EXPECT_EQ(fault("\x7f"), "invalid character 'x' in string escape code");
  EXPECT_EQ(fault("\xff"), "invalid character 'x' in string escape code");
  EXPECT_EQ(fault("\xf3\xa0\x80\x81"), "invalid character 'U' in string escape code");
  EXPECT_EQ(filled(R"({"a":"b"})", args({{"t", "\a"}})), R"({"a":"b"})") << "unused";
}

TEST(Substitute, WhatNothingFillsIsAnError) {
  EXPECT_EQ(filled(R"({"a":"{{ $labels.x }}"})", {}), "failed to resolve {{ $labels.x }}");
  EXPECT_EQ(filled(R"({"a":"{{args.y}}"})", args({{"x", "1"}})), "failed to resolve {{args.y}}");
  EXPECT_EQ(filled(R"({"a":"b"})", {{"x", std::nullopt, std::nullopt}}),
            "argument \"x\" was not supplied");
}

TEST(Substitute, TheLastTagThatNothingFillsIsNamedBeforeWhatIsWrongWithValues) {
  EXPECT_EQ(filled(R"({"a":"{{one}} {{two}}","b":"{{args.t}}"})", args({{"t", "\a"}})),
            "failed to resolve {{two}}");
}

TEST(Substitute, SpacesAroundATagAreAnySpacesAndHtmlIsEscapedInIt) {
  EXPECT_EQ(filled("{\"a\":\"{{\xc2\xa0 args.x\xe3\x80\x80}}\"}", args({{"x", "1"}})),
            R"({"a":"1"})");
  EXPECT_EQ(filled(R"({"a":"{{args.x<}} & more"})", args({{"x<", "1"}})),
            "failed to resolve {{args.x\\u003c}}");
  EXPECT_EQ(filled(R"({"a":"{{args.x}} <&>"})", args({{"x", "<&>"}})), R"({"a":"<&> <&>"})");
}

TEST(Substitute, AnOpenBraceTakesAllUpToTheNextClosedOne) {
  EXPECT_EQ(filled(R"({"a":"{{args.x","b":{"c":{}}})", args({{"x", "1"}})),
            R"(failed to resolve {{args.x","b":{"c":{}})");
  EXPECT_EQ(filled(R"(["{{args.x"])", args({{"x", "1"}})),
            "cannot find the end of the tag '{{args.x\"]'");
  EXPECT_EQ(filled(R"({"a":"}} {"})", {}), R"({"a":"}} {"})");
}

TEST(Substitute, SecretsStayPlaceholders) {
  EXPECT_EQ(filled(R"({"a":"Bearer {{ args.token }} {{args.x}}"})",
                   {{"token", std::nullopt, ValueFrom{SecretKeyRef{"s", "k"}, "", ""}},
                    {"x", "1", std::nullopt}},
                   {"token"}),
            R"({"a":"Bearer {{ args.token }} 1"})");
}

TEST(Substitute, KnowsTheNames) {
  EXPECT_EQ(arguments_of(parse_json(R"({"a":"{{args.x}} {{ args.y }} {{other}}","{{args.z}}":1})")),
            (std::set<std::string>{"x", "y", "z"}));
  EXPECT_TRUE(arguments_of(parse_json(R"(["{{args.x"])")).empty());
}

TEST(ResolveMetric, ReadsTheFilledMetricAnew) {
  auto metric = metric_from_json(
      parse_json(R"({"name":"{{args.n}}","interval":"{{args.i}}","count":"{{args.c}}",)"
                 R"("successCondition":"result < {{args.max}}",)"
                 R"("provider":{"prometheus":{"address":"{{args.a}}","query":"q"}}})"),
      config::Dialect::argo);
  ASSERT_TRUE(metric);
  EXPECT_EQ(metric->effective_count(), std::nullopt);
  auto resolved = resolve_metric(
      *metric,
      args({{"n", "m"}, {"i", "30s"}, {"c", "5"}, {"max", "0.5"}, {"a", "http://p:9090"}}));
  ASSERT_TRUE(resolved) << resolved.error().message;
  EXPECT_EQ(resolved->name, "m");
  EXPECT_EQ(resolved->interval.value(), std::chrono::seconds(30));
  EXPECT_EQ(resolved->effective_count(), 5);
  EXPECT_EQ(resolved->success_condition, "result < 0.5");
  EXPECT_EQ(resolved->provider.prometheus->address, "http://p:9090");
}

TEST(ResolveMetric, NumbersOfSerinMayComeFromArguments) {
  auto read = read_and_validate(R"(
kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: ratio}, {name: wait}]
  metrics:
  - name: m
    compare:
      errors: {bad: 'e{code="5"}', total: e}
      tolerate: {ratio: "{{args.ratio}}"}
      required: "{{args.need}}"
      warmup: "{{args.wait}}"
)");
  EXPECT_EQ(read.problems,
            "t.yaml:7:5: error E016 spec.metrics[0]: nothing fills {{args.need}}; declare 'need' "
            "under args\n1 error\n");
  auto resolved = resolve_metric(read.value.spec.metrics.at(0),
                                 args({{"ratio", "1.1"}, {"need", "false"}, {"wait", "5s"}}));
  ASSERT_TRUE(resolved) << resolved.error().message;
  MetricRules rules = rules_of(*resolved);
  EXPECT_DOUBLE_EQ(rules.tolerate_ratio, 1.1);
  EXPECT_FALSE(rules.required);
  EXPECT_EQ(rules.warmup, std::chrono::seconds(5));
  auto wrong = resolve_metric(read.value.spec.metrics.at(0),
                              args({{"ratio", "much"}, {"need", "true"}, {"wait", "5"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "compare.tolerate.ratio: expected a number, found the text 'much'; compare.warmup: "
            "invalid duration \"5\": the unit is missing (ns, us, ms, s, m or h), as in 5s");
}

}  // namespace
}  // namespace serin::analysis
