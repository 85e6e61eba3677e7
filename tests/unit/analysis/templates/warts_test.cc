// Warnings of metrics that work otherwise than people expect.
#include <gtest/gtest.h>

#include "unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

// The codes that a metric with these fields gets, in an argoproj.io template unless `ours`.
std::string codes(const std::string& fields, const std::string& query = "q", bool ours = false) {
  std::string text = ours ? "" : "apiVersion: argoproj.io/v1alpha1\n";
  text += "kind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n  metrics:\n  - name: m\n" +
          std::string("    interval: 1m\n    consecutiveErrorLimit: 4\n    ") + fields +
          "\n    provider: {prometheus: {query: '" + query + "'}}\n";
  std::string found;
  for (const auto& problem : problems_of(text).sorted()) {
    found += (found.empty() ? "" : " ") + problem.code;
  }
  return found;
}

TEST(Warts, MissingData) {
  EXPECT_EQ(codes("successCondition: 'result[0] > 0.9'"), "W012 W019");
  EXPECT_EQ(codes("failureCondition: 'result[0] > 0.9'"), "W011 W012");
  EXPECT_EQ(codes("successCondition: '!(result[0] < 0.9)'"), "W011 W012");
  EXPECT_EQ(codes("successCondition: 'len(result) == 0 || isNaN(result[0]) || result[0] > 0.9'"),
            "W011");
  EXPECT_EQ(codes("successCondition: 'len(result) > 0 && result[0] > 1'\n    failureCondition: "
                  "'len(result) == 0 || result[0] <= 1'"),
            "");
  EXPECT_EQ(codes("successCondition: 'result[0] > 0.9'", "q", true), "") << "no data holds";
}

// Who asks for NaN already is not told to ask for it.
TEST(Warts, WhatToDoAboutNan) {
  auto hint = [](const std::string& condition) {
    const std::string text =
        "kind: AnalysisTemplate\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: t}\nspec:\n"
        "  metrics:\n  - name: m\n    successCondition: '" +
        condition + "'\n    provider: {prometheus: {query: q}}\n";
    for (const auto& problem : problems_of(text).sorted()) {
      if (problem.code == "W011") return problem.hint;
    }
    return std::string();
  };
  EXPECT_EQ(hint("!(result[0] < 1)"), "add isNaN(…), or the other condition");
  EXPECT_EQ(hint("isNaN(result[0]) || result[0] > 1"),
            "leave isNaN(…) out, or negate it, where no requests are no good sign");
}

// No traffic is no failure: the guard of a failure condition is the other way round.
TEST(Warts, WhatToDoAboutAnEmptyAnswer) {
  auto hint = [](const std::string& condition) {
    const std::string text =
        "kind: AnalysisTemplate\napiVersion: argoproj.io/v1alpha1\nmetadata: {name: t}\nspec:\n"
        "  metrics:\n  - name: m\n    " +
        condition + ": result[0] < 1\n    provider: {prometheus: {query: q}}\n";
    for (const auto& problem : problems_of(text).sorted()) {
      if (problem.code == "W012") return problem.hint;
    }
    return std::string();
  };
  EXPECT_EQ(hint("successCondition"), "len(result) == 0 || …");
  EXPECT_EQ(hint("failureCondition"), "len(result) > 0 && …");
}

TEST(Warts, ConditionsThatDecideNothing) {
  EXPECT_EQ(codes("successCondition: 'result[0] > 1 && result[0] < 0'", "q", true), "W034");
  EXPECT_EQ(codes("successCondition: 'len(result) >= 0'", "q", true), "W035");
  EXPECT_EQ(codes("successCondition: 'true'", "q", true), "");
  EXPECT_EQ(codes("successCondition: 'result > 1'", "sum(a)", true), "W018");
  EXPECT_EQ(codes("successCondition: 'result > 1'", "scalar(sum(a))", true), "");
  EXPECT_EQ(codes("successCondition: 'result > 1'", "time()", true), "");
}

TEST(Warts, LimitsThatNothingExceeds) {
  const std::string condition = "successCondition: 'result[0] > 1'\n    ";
  EXPECT_EQ(codes(condition + "count: 3\n    failureLimit: 3", "q", true), "W036");
  EXPECT_EQ(codes(condition + "count: 3\n    failureLimit: 2", "q", true), "");
  EXPECT_EQ(codes(condition + "count: 3\n    inconclusiveLimit: 3", "q", true), "W036");
  EXPECT_EQ(codes(condition + "failureLimit: 100", "q", true), "") << "without end";
  EXPECT_EQ(
      codes(condition + "count: 3\n    failureLimit: 2\n    consecutiveSuccessLimit: 1", "q", true),
      "");
}

TEST(Warts, Queries) {
  const std::string condition = "successCondition: 'result[0] > 1'";
  EXPECT_EQ(codes(condition, "rate(a[29s])", true), "W031 W033");
  EXPECT_EQ(codes(condition, "rate(a[30s])", true), "W031");
  EXPECT_EQ(codes(condition, "avg_over_time(a[5s])", true), "");
  EXPECT_EQ(codes(condition, "avg(request_duration_seconds)", true), "W032");
  EXPECT_EQ(codes(condition, "avg(request_duration_seconds{code=\"200\"})", true), "");
}

TEST(Warts, RulesThatMeanNothing) {
  auto with = [](const std::string& rules) {
    std::string found;
    for (const auto& problem :
         problems_of("kind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n  " + rules +
                     "\n  metrics:\n  - {name: errors, interval: 1m, successCondition: 'true', "
                     "provider: {prometheus: {query: q}}}\n")
             .sorted()) {
      found += problem.code;
    }
    return found;
  };
  EXPECT_EQ(with("dryRun: [{metricName: 'err.*'}]"), "");
  EXPECT_EQ(with("dryRun: [{metricName: rror}]"), "");
  EXPECT_EQ(with("dryRun: [{metricName: '*'}]"), "W015");
  EXPECT_EQ(with("dryRun: [{metricName: latency}]"), "W037");
  EXPECT_EQ(with("dryRun: [{metricName: '('}]"), "W037");
  EXPECT_EQ(with("measurementRetention: [{metricName: latency, limit: 5}]"), "W037");
  EXPECT_EQ(with("dryRun: [{metricName: latency}]\n  templates: [{templateName: other}]"), "")
      << "another template may have it";
}

}  // namespace
}  // namespace serin::analysis
