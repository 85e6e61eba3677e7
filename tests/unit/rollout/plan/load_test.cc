#include "rollout/plan/load/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace serin::rollout {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTemplate = R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  args: [{name: limit, value: "0.8"}, {name: team}]
  metrics:
  - name: error-rate
    compare: {errors: {bad: 'e{code=~"5.."}', total: e}}
  - name: saturation
    interval: 30s
    provider: {prometheus: {query: 'avg(usage{team="{{args.team}}"})'}}
    successCondition: result[0] < {{args.limit}}
)";

constexpr std::string_view kRollout = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: health}], args: [{name: team, value: shop}]}
      steps: [{setWeight: 5}, {pause: {duration: 5m}}]
)";

std::string problems_of(const std::vector<ConfigFile>& files, const LoadOptions& options = {}) {
  return config::to_text(lint(files, options));
}

ConfigFile file(std::string_view text, std::string name = "f.yaml") {
  return {std::move(name), std::string(text)};
}

TEST(Load, FilesReferToEachOther) {
  for (auto files : {std::vector{file(kTemplate, "t.yaml"), file(kRollout, "r.yaml")},
                     std::vector{file(kRollout, "r.yaml"), file(kTemplate, "t.yaml")},
                     std::vector{file(std::string(kTemplate) + "---\n" + std::string(kRollout))}}) {
    Loaded loaded = load_config(files);
    EXPECT_EQ(config::to_text(loaded.problems), "");
    ASSERT_NE(loaded.set.find_rollout("checkout"), nullptr);
    EXPECT_NE(loaded.set.find_template({"health", false}), nullptr);
    EXPECT_EQ(loaded.set.find_template({"health", true}), nullptr);
    EXPECT_EQ(loaded.set.find_rollout("other"), nullptr);
  }
}

TEST(Load, NamesWhatIsMissing) {
  EXPECT_EQ(problems_of({file(kRollout, "r.yaml")}),
            "r.yaml:7:30: error E011 spec.strategy.canary.analysis.templates[0]: AnalysisTemplate "
            "'health' is not among the files\n1 error\n");
  EXPECT_EQ(
      problems_of({file("{kind: AnalysisTemplate, metadata: {name: t}, spec: {templates: "
                        "[{templateName: gone, clusterScope: true}]}}")}),
      "f.yaml:1:66: error E011 spec.templates[0]: ClusterAnalysisTemplate 'gone' is not among "
      "the files\n1 error\n");
}

TEST(Load, AnArgoRolloutsTemplatesMayBeElsewhere) {
  std::string problems = problems_of({file(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  workloadRef: {kind: Deployment, name: d}
  strategy: {canary: {analysis: {templates: [{templateName: t}]}, steps: [{pause: {}}]}}
)")});
  EXPECT_EQ(
      problems,
      "f.yaml:6:46: warning W026 spec.strategy.canary.analysis.templates[0]: AnalysisTemplate "
      "'t' is not among the files\n1 warning\n");
}

TEST(Load, ArgumentsThatNobodyGives) {
  std::string rollout(kRollout);
  rollout.replace(rollout.find("args: [{name: team, value: shop}]"), 33,
                  "args: [{name: x, value: 1}]");
  std::vector files{file(kTemplate, "t.yaml"), file(rollout, "r.yaml")};
  EXPECT_EQ(problems_of(files),
            "r.yaml:7:7: warning W027 spec.strategy.canary.analysis: the argument 'team' has no "
            "value; give it under args, or with --set team=… at the start\n"
            "r.yaml:7:62: warning W016 spec.strategy.canary.analysis.args[0]: no template has an "
            "argument 'x'\n"
            "2 warnings\n");
  EXPECT_EQ(problems_of(files, {.args = {"team"}}).find("W027"), std::string::npos);
}

TEST(Load, TemplatesThatDoNotMerge) {
  std::string other(kTemplate);
  other.replace(other.find("name: health"), 12, "name: health2");
  std::string rollout(kRollout);
  rollout.replace(rollout.find("[{templateName: health}]"), 24,
                  "[{templateName: health}, {templateName: health2}]");
  EXPECT_EQ(problems_of({file(kTemplate), file(other), file(rollout, "r.yaml")}),
            "r.yaml:7:18: error E019 spec.strategy.canary.analysis.templates: two metrics have the "
            "same name 'error-rate'\n1 error\n");
}

TEST(Load, NamesAreUnique) {
  std::string problems = problems_of({file(kTemplate, "a.yaml"), file(kTemplate, "b.yaml")});
  EXPECT_EQ(problems,
            "b.yaml:3:18: error E015 metadata.name: another template has this name, at a.yaml:3\n"
            "1 error\n");
  const std::string twice = std::string(kRollout) + "---\n" + std::string(kRollout);
  problems = problems_of({file(kTemplate), file(twice, "r.yaml")});
  EXPECT_NE(problems.find("E015 metadata.name: another rollout has this name, at r.yaml:3"),
            std::string::npos)
      << problems;
}

TEST(Load, OfAValueThatCantBeReadNothingMoreIsSaid) {
  auto with_steps = [](const std::string& steps) {
    std::string rollout(kRollout);
    const std::string before = "steps: [{setWeight: 5}, {pause: {duration: 5m}}]";
    rollout.replace(rollout.find(before), before.size(), "steps: [" + steps + "]");
    return problems_of({file(kTemplate), file(rollout, "r.yaml")});
  };
  for (const char* weight : {"105", "12.345", "-1", ".nan", "abc", "[5]", "{}"}) {
    const std::string found =
        with_steps("{setWeight: " + std::string(weight) + "}, {pause: {duration: 5m}}");
    EXPECT_NE(found.find("].setWeight: "), std::string::npos) << found;
    EXPECT_TRUE(found.ends_with("\n1 error\n")) << weight << "\n" << found;
  }
  const std::string pause = with_steps("{setWeight: 5}, {pause: {duration: [5m]}}");
  EXPECT_TRUE(pause.ends_with("found a list\n1 error\n")) << pause;
  const std::string none = with_steps("{setWeight: 0}, {pause: {duration: 5m}}");
  EXPECT_NE(none.find("must be above 0"), std::string::npos) << none;
}

// Argo's documents are looked at, replayed and rendered whatever routes their requests.
TEST(Load, WhatIsNotCarriedOutIsRefusedWhereAReleaseWouldStart) {
  auto told = [](std::string_view api, Unsupported unsupported) {
    std::string text = "apiVersion: " + std::string(api) + R"(
kind: Rollout
metadata: {name: r}
spec:
  selector: {matchLabels: {app: r}}
  template: {metadata: {labels: {app: r}}, spec: {containers: [{name: a, image: i}]}}
  strategy:
    canary:
      stableService: s
      canaryService: c
      trafficRouting: {istio: {virtualService: {name: v}}}
      steps: [{setWeight: 5}, {pause: {duration: 1m}}]
)";
    if (api.starts_with("serin")) {
      text.erase(text.find("  selector"), text.find("  strategy") - text.find("  selector"));
    }
    return problems_of({file(text)}, {.unsupported = unsupported});
  };
  const char* argo = "argoproj.io/v1alpha1";
  const char* own = "serin.dev/v1alpha1";
  const char* error = "error E013 spec.strategy.canary.trafficRouting.istio: 'istio' is not";
  const char* warning = "warning W029 spec.strategy.canary.trafficRouting.istio: 'istio' is not";
  EXPECT_THAT(told(argo, Unsupported::refuse), HasSubstr(error));
  EXPECT_THAT(told(own, Unsupported::refuse), HasSubstr(error));
  EXPECT_THAT(told(argo, Unsupported::refuse_in_serin), HasSubstr(warning));
  EXPECT_THAT(told(own, Unsupported::refuse_in_serin), HasSubstr(error));
  EXPECT_THAT(told(argo, Unsupported::tell), HasSubstr(warning));
  EXPECT_THAT(told(own, Unsupported::tell), HasSubstr(warning));
  EXPECT_THAT(told(argo, Unsupported::tell), Not(HasSubstr("error")));
}

TEST(Load, AStepsAnalysisMustEnd) {
  std::string problems =
      problems_of({file(R"({kind: Rollout, metadata: {name: r}, spec: {strategy: {canary: {
  analysis: {templates: [{templateName: t}]},
  steps: [{setWeight: 5}, {analysis: {templates: [{templateName: t}]}}]}}}})"),
                   file(R"({kind: AnalysisTemplate, metadata: {name: t}, spec: {metrics: [
  {name: m, interval: 10s, successCondition: 'true', provider: {web: {url: u}}}]}})")},
                  {.unsupported = Unsupported::tell});
  EXPECT_EQ(
      problems,
      "f.yaml:3:28: error E021 spec.strategy.canary.steps[1].analysis: AnalysisTemplate t has "
      "metric m which runs indefinitely. Invalid value for count: <nil>\n1 error\n");
}

// What a release would refuse at its start.
TEST(Load, OnlyRulesJudgeInTheAnalysisOfAStepOrOfASwitch) {
  std::string problems = problems_of({file(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  strategy:
    blueGreen:
      trafficRouting: {haproxy: {socket: /s, map: /m, stableBackend: a, canaryBackend: b}}
      prePromotionAnalysis:
        metrics:
        - name: errors
          compare: {errors: {bad: b, total: t}}
          provider: {prometheus: {address: 'http://127.0.0.1:9090'}}
      postPromotionAnalysis: {templates: [{templateName: t}]}
---
apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  metrics:
  - name: slow
    compare: {errors: {bad: b, total: t}}
    provider: {prometheus: {address: 'http://127.0.0.1:9090'}}
)")});
  EXPECT_THAT(problems, HasSubstr("f.yaml:10:11: error E021 "
                                  "spec.strategy.blueGreen.prePromotionAnalysis.metrics[0]: the "
                                  "metric 'errors' is compared"));
  EXPECT_THAT(problems, HasSubstr("f.yaml:13:31: error E021 "
                                  "spec.strategy.blueGreen.postPromotionAnalysis.templates: the "
                                  "metric 'slow' of the template 't' is compared"));
  EXPECT_THAT(problems, HasSubstr("2 errors"));

  std::string step = problems_of({file(R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  strategy:
    canary:
      trafficRouting: {haproxy: {socket: /s, map: /m, stableBackend: a, canaryBackend: b}}
      analysis: {metrics: [{name: e, compare: {errors: {bad: b, total: t}}}]}
      steps:
      - setWeight: 5
      - analysis: {metrics: [{name: e, compare: {errors: {bad: b, total: t}}}]}
)")});
  EXPECT_THAT(step, HasSubstr("steps[1].analysis.metrics[0]: the metric 'e' is compared"));
  EXPECT_THAT(step, HasSubstr("1 error"));
}

TEST(Load, AllProblemsOfAllFiles) {
  std::string problems = problems_of({file("a: [", "a.yaml"), file("{kind: Thing}", "b.yaml"),
                                      file("{apiVersion: v1, kind: Service}", "c.yaml"),
                                      file("{kind: AnalysisRun, metadata: {name: r}, spec: "
                                           "{metrics: [{name: m, provider: {job: "
                                           "{}}}]}}",
                                           "d.yaml")});
  EXPECT_NE(problems.find("a.yaml:1:1: error E001"), std::string::npos) << problems;
  EXPECT_NE(problems.find("b.yaml:1:8: error E009 kind: kind 'Thing' is not read"),
            std::string::npos);
  EXPECT_NE(problems.find("c.yaml:1:14: warning W003"), std::string::npos);
  EXPECT_NE(problems.find("d.yaml:1:80: error E013 spec.metrics[0].provider.job"),
            std::string::npos);
  EXPECT_NE(problems.find("3 errors, 1 warning\n"), std::string::npos);
}

TEST(Load, SafeIsForAllDocuments) {
  std::vector files{file(R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  metrics: [{name: a, consecutiveErrorLimit: 4, provider: {web: {url: u}}}]
)")};
  EXPECT_EQ(problems_of(files).find("error E017"), std::string::npos);
  EXPECT_NE(problems_of(files, {.safe = true}).find("nothing says what a failure is"),
            std::string::npos);
}

// The configuration of recorded rollouts as they are kept for scoring.
TEST(Load, TheConfigurationOfRecordings) {
  Loaded loaded = load_config({file(R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: service-health}
spec:
  versions: {label: version, canary: canary, stable: stable, instance: pod}
  metrics:
  - name: error-rate
    interval: 30s
    compare: {errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}}
  - name: latency
    interval: 30s
    compare: {histogram: {buckets: http_request_duration_seconds_bucket}, warmup: 180s}
  - name: memory
    interval: 30s
    compare: {gauge: {query: container_memory_working_set_bytes}, warmup: 0s}
  - name: cpu
    interval: 30s
    compare: {gauge: {query: container_cpu_usage_seconds}, warmup: 60s}
---
apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: service}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: service-health}], falseRollbackRate: 0.01}
      steps:
      - setWeight: 5
      - pause: {duration: 900s}
      - setWeight: 10
      - pause: {duration: 900s}
)")});
  EXPECT_EQ(config::to_text(loaded.problems), "");
  EXPECT_EQ(loaded.set.templates.at(0).spec.metrics.size(), 4U);
  EXPECT_EQ(loaded.set.rollouts.at(0).canary->analysis->false_rollback_rate, 0.01);
}

}  // namespace
}  // namespace serin::rollout
