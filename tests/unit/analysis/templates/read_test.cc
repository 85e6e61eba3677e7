#include "analysis/templates/read.h"

#include <gtest/gtest.h>

#include "analysis/templates/codes.h"
#include "analysis/templates/features.h"
#include "unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

using std::chrono::seconds;

constexpr std::string_view kService = R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: service-health}
spec:
  versions: {label: version, canary: "{{args.canary}}", stable: "{{args.stable}}", instance: pod}
  metrics:
  - name: error-rate
    interval: 10s
    compare:
      errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}
      direction: up
      tolerate: {ratio: 1.02, absolute: 0.0005, effect: 1.05}
      acceptable: {ratio: 1.5, absolute: 0.002}
      required: true
      share: 3
      warmup: 0s
      noData: hold
      onFail: rollback
    provider: {prometheus: {address: "{{args.prometheus}}"}}
  - name: slow
    compare:
      histogram: {buckets: http_request_duration_seconds_bucket}
      slo: {quantile: 0.99, max: 0.3}
  - name: memory
    interval: 30s
    compare: {gauge: {query: container_memory_working_set_bytes}}
    warmup: 0s
    onFail: notify
  - name: rps
    compare: {rate: {count: http_requests_total}, direction: down}
  - name: work
    compare: {mean: {sum: work_sum, count: work_count, max: 5}}
  - name: saturation
    interval: 30s
    provider: {prometheus: {query: avg(usage)}}
    successCondition: result[0] < 0.8
    noData: pass
)";

TEST(ReadTemplate, TheWholeOfACompareBlock) {
  auto [value, problems] = read_and_validate(kService);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(value.metadata.name, "service-health");
  EXPECT_EQ(value.spec.versions->instance, "pod");
  ASSERT_EQ(value.spec.metrics.size(), 6U);
  const Metric& errors = value.spec.metrics[0];
  EXPECT_EQ(errors.dialect, config::Dialect::serin);
  EXPECT_EQ(errors.compare->errors->bad, R"(http_requests_total{code=~"5.."})");
  MetricRules rules = rules_of(errors);
  EXPECT_EQ(rules.direction, Direction::up);
  EXPECT_DOUBLE_EQ(rules.tolerate_absolute, 0.0005);
  EXPECT_DOUBLE_EQ(rules.acceptable_ratio, 1.5);
  EXPECT_DOUBLE_EQ(rules.share, 3);
  EXPECT_EQ(value.spec.metrics[1].options.slo->quantile, 0.99);
  EXPECT_EQ(value.spec.metrics[4].compare->mean->max, 5);
  EXPECT_EQ(value.spec.metrics[5].options.no_data, NoData::pass);
}

TEST(ReadTemplate, DefaultsAreExplicitByKind) {
  MetricRules errors = rules_for(CompareKind::errors, {});
  EXPECT_TRUE(errors.required);
  EXPECT_EQ(errors.warmup, seconds(0));
  EXPECT_DOUBLE_EQ(errors.share, 2);
  EXPECT_EQ(errors.no_data, NoData::hold);
  EXPECT_EQ(errors.on_fail, OnFail::rollback);
  MetricRules histogram = rules_for(CompareKind::histogram, {});
  EXPECT_TRUE(histogram.required);
  EXPECT_EQ(histogram.warmup, seconds(180));
  MetricRules gauge = rules_for(CompareKind::gauge, {});
  EXPECT_FALSE(gauge.required);
  EXPECT_EQ(gauge.warmup, seconds(60));
  EXPECT_DOUBLE_EQ(gauge.share, 1);
  JudgeOptions slo;
  slo.slo = Slo{0.99, 0.3, std::nullopt};
  EXPECT_DOUBLE_EQ(rules_for(CompareKind::histogram, slo).effect, errors.effect);
  EXPECT_DOUBLE_EQ(rules_for(CompareKind::histogram, slo).acceptable_ratio, 1.5);
  EXPECT_EQ(rules_for(CompareKind::histogram, slo).warmup, seconds(180));
  EXPECT_EQ(rules_for(CompareKind::mean, {}).warmup, seconds(180));
  EXPECT_EQ(rules_for(CompareKind::rate, {}).warmup, seconds(0));
}

TEST(ReadTemplate, OptionsAtTheMetricAndInsideCompareAreTheSame) {
  auto [value, problems] = read_and_validate(kService);
  EXPECT_EQ(rules_of(value.spec.metrics[2]).warmup, seconds(0));
  EXPECT_EQ(rules_of(value.spec.metrics[2]).on_fail, OnFail::notify);
  EXPECT_EQ(rules_of(value.spec.metrics[3]).direction, Direction::down);
  auto both = read_and_validate(R"(
kind: AnalysisTemplate
metadata: {name: t}
spec:
  metrics:
  - {name: m, share: 2, compare: {rate: {count: c}, share: 3}}
)");
  EXPECT_EQ(both.problems,
            "t.yaml:6:22: error E008 spec.metrics[0].share: given both at the metric and inside "
            "compare; write it once\n1 error\n");
}

TEST(ReadTemplate, WritesWhatItRead) {
  auto [value, problems] = read_and_validate(kService);
  Json json = to_json(value.spec);
  auto again = template_spec_from_json(json, config::Dialect::serin);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again).dump(), json.dump());
  EXPECT_EQ(json["metrics"].at(2)["warmup"].string(), "0s");
}

TEST(ReadTemplate, AllErrorsAtOnce) {
  auto [value, problems] = read_and_validate(R"(apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: Bad_Name}
spec:
  args: [{name: x}, {name: x, value: 1, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
  metrics:
  - name: -bad
    intervall: 10s
    compare: {errors: {bad: 'rate(x[5m])', total: t}, tolerate: {ratio: 2}}
  - name: two
    compare: {errors: {bad: b, total: t}, rate: {count: c}}
    successCondition: result < 1
  - name: two
    interval: 0s
    provider: {prometheus: {address: 'http://p'}, web: {url: u}}
  - name: slo
    compare: {histogram: {buckets: b}, slo: {max: 1, min: 2}}
  - name: unfilled
    failureCondition: "result > {{args.limit}}"
    provider: {web: {url: u}}
    share: 2
    count: many
)");
  for (std::string_view expected : {
           "t.yaml:3:18: error E010 metadata.name: a name has lower-case letters, digits and "
           "hyphens",
           "t.yaml:5:28: error E015 spec.args[1].name: the argument 'x' stands twice",
           "t.yaml:5:21: error E008 spec.args[1]: an argument has a value or a valueFrom, not both",
           "t.yaml:7:11: error E010 spec.metrics[0].name: '-bad' can't be a metric's name",
           "t.yaml:8:16: error E004 spec.metrics[0].intervall: there is no field 'intervall'; did "
           "you "
           "mean 'interval'?",
           "t.yaml:9:29: error E018 spec.metrics[0].compare.errors.bad: ",
           "error E017 spec.metrics[0].acceptable: acceptable.ratio 1.5 must lie above "
           "tolerate.ratio 2",
           "t.yaml:11:5: error E008 spec.metrics[1].compare: exactly one of errors, rate, mean, "
           "histogram or gauge must be given, not errors and rate",
           "t.yaml:12:23: error E017 spec.metrics[1].successCondition: 'successCondition' does not "
           "apply to compared metrics",
           "t.yaml:13:11: error E015 spec.metrics[2].name: duplicate name 'two'",
           "t.yaml:14:15: error E017 spec.metrics[2].interval: the interval must be longer than 0",
           "t.yaml:15:5: error E017 spec.metrics[2].provider: multiple providers specified",
           "t.yaml:13:5: error E017 spec.metrics[2]: nothing says what a failure is",
           "error E017 spec.metrics[3].compare.slo: a target has exactly one of max and min",
           "error E017 spec.metrics[3].compare.slo: the target of a histogram names a quantile",
           "t.yaml:18:5: error E016 spec.metrics[4]: nothing fills {{args.limit}}",
           "t.yaml:21:12: error E017 spec.metrics[4].share: 'share' belongs to compared metrics",
           "t.yaml:22:12: error E006 spec.metrics[4].count: 'many' is no whole number",
       }) {
    EXPECT_NE(problems.find(expected), std::string::npos) << expected << "\n" << problems;
  }
}

TEST(ReadTemplate, ArgoDocumentsKeepTheirMeaning) {
  auto [value, problems] = read_and_validate(R"(apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: T_1, creationTimestamp: null}
spec:
  metrics:
  - name: a
    foo: bar
    Interval: 30s
    compare: {errors: {}}
    failureCondition: result[0] > 0.1
    failureLimit: few
    provider: {prometheus: {address: y, query: 'sum(rate(x[5m]))'}}
  - name: b
    provider: {web: {url: "{{args.url}}"}}
  dryRun: [{metricName: '*'}]
)");
  EXPECT_TRUE(value.cluster_scope);
  EXPECT_EQ(value.spec.metrics[0].dialect, config::Dialect::argo);
  EXPECT_FALSE(value.spec.metrics[0].compare);
  EXPECT_EQ(value.spec.metrics[0].interval.text(), "30s");
  EXPECT_EQ(value.spec.metrics[0].provider.prometheus->address, "true");
  for (std::string_view expected :
       {"warning W001 spec.metrics[0].foo: the unknown field 'foo' is ignored",
        "warning W001 spec.metrics[0].compare: 'compare' is ignored",
        "warning W002 spec.metrics[0].provider.prometheus.address: unquoted y",
        "warning W010 spec.metrics[0]: 5 errors of the provider in a row",
        "warning W011 spec.metrics[0].failureCondition: with only a failureCondition NaN",
        "warning W012 spec.metrics[0].failureCondition: an empty answer",
        "warning W013 spec.metrics[1]: without a condition",
        "warning W014 spec.metrics[0].failureLimit: 'few' is no whole number and counts as 0",
        "warning W015 spec.dryRun[0].metricName: '*' is read as a regular expression",
        "warning W017 spec.metrics[1]: nothing fills {{args.url}}",
        "warning W031 spec.metrics[0].provider.prometheus.query: rate() and increase() miss"}) {
    EXPECT_NE(problems.find(expected), std::string::npos) << expected << "\n" << problems;
  }
  EXPECT_EQ(problems.find("error"), problems.find("errors of the provider")) << problems;
}

TEST(ReadTemplate, SafePutsSerinsRulesOverAnArgoDocument) {
  auto [value, problems] = read_and_validate(R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: t}
spec:
  safe: true
  metrics:
  - {name: a, interval: 1d, failureCondition: 'result[0] > 1', provider: {web: {url: u}}}
)");
  EXPECT_EQ(value.dialect, config::Dialect::argo);
  EXPECT_EQ(value.spec.metrics[0].dialect, config::Dialect::serin);
  EXPECT_EQ(
      problems,
      "t.yaml:7:25: error E017 spec.metrics[0].interval: invalid interval string: time: unknown "
      "unit \"d\" in duration \"1d\"\n1 error\n");
}

TEST(ReadTemplate, ForeignAndUnknownDocumentsAreNamed) {
  EXPECT_EQ(
      read_and_validate("{apiVersion: v1, kind: Service}").problems,
      "t.yaml:1:14: warning W003 apiVersion: apiVersion 'v1' is not read; serin.dev/v1alpha1 and "
      "argoproj.io/v1alpha1 are\n1 warning\n");
  EXPECT_NE(
      read_and_validate("{apiVersion: serin.dev/v2, kind: Rollout}").problems.find("error E009"),
      std::string::npos);
  EXPECT_NE(read_and_validate("[1]").problems.find("error E009"), std::string::npos);
  EXPECT_NE(read_and_validate("{metadata: {}}").problems.find("error E009 kind"),
            std::string::npos);
}

TEST(ReadTemplate, ConditionsAreCompiled) {
  constexpr std::string_view kText = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: x}]
  metrics:
  - name: a
    interval: 1m
    successCondition: result[0] < 1 &&
    provider: {prometheus: {query: q}}
  - name: b
    interval: 1m
    successCondition: result < 1
    failureCondition: result.foo == 1
    provider: {prometheus: {query: q}}
  - name: c
    interval: 1m
    successCondition: result.foo == 1 && result[0] < {{args.x}}
    provider: {web: {url: u}}
  - name: d
    interval: 1m
    successCondition: result.foo == 1 && reslt
    provider: {web: {url: u}}
  - name: e
    interval: 1m
    successCondition: result[0] > 1
    provider:
      prometheus: {query: q, rangeQuery: {start: now() - 5m, end: now(), step: 1m}}
)";
  std::string problems = read_and_validate(kText).problems;
  for (std::string_view expected :
       {"t.yaml:8:23: error E014 spec.metrics[0].successCondition: ",
        "t.yaml:13:23: error E014 spec.metrics[1].failureCondition: ",
        "t.yaml:21:23: error E014 spec.metrics[3].successCondition: unknown name reslt (at 1:",
        "t.yaml:27:50: error E014 spec.metrics[4].provider.prometheus.rangeQuery.start: ",
        "4 errors, 1 warning\n"}) {
    EXPECT_NE(problems.find(expected), std::string::npos) << expected << "\n" << problems;
  }
  std::string argo = "apiVersion: argoproj.io/v1alpha1\n" + std::string(kText);
  EXPECT_NE(read_and_validate(argo).problems.find("warning W018 spec.metrics[3].successCondition"),
            std::string::npos);
}

TEST(ReadRun, TakesTheFieldsOfARun) {
  config::Diagnostics problems;
  auto documents = config::read_documents("r.yaml", R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {generateName: run-}
spec:
  terminate: true
  ttlStrategy: {secondsAfterCompletion: 10}
  metrics:
  - name: a
    consecutiveErrorLimit: 2
    successCondition: 'true'
    provider: {job: {spec: {backoffLimit: 1}}}
)",
                                          problems);
  auto header = config::header_of(documents.at(0), problems);
  AnalysisRun run = read_run(documents[0], *header, problems);
  validate(run, config::Reporter(documents[0], problems));
  EXPECT_EQ(config::to_text(problems), "");
  EXPECT_TRUE(run.spec.terminate);
  EXPECT_EQ(run.spec.ttl_strategy->seconds_after_completion, 10);
  EXPECT_EQ(run.spec.metrics[0].provider.job->spec.dump(), R"({"backoffLimit":1})");
  check_supported(run.spec.metrics, config::Reporter(documents[0], problems),
                  config::Path() / "spec" / "metrics");
  EXPECT_EQ(config::to_text(problems),
            "r.yaml:11:22: error E013 spec.metrics[0].provider.job.spec: 'job.spec' is not "
            "supported yet (supported: alertmanager, haproxy, job, prometheus, web)\n1 error\n");
}

TEST(Features, WhatIsNotSupportedIsNamed) {
  EXPECT_TRUE(is_supported("step.setWeight"));
  EXPECT_FALSE(is_supported("step.experiment"));
  EXPECT_EQ(not_supported("promotion.copy"),
            "'copy' is not supported yet (supported: manual, swap)");
  EXPECT_EQ(not_supported("option.preset"), "'preset' is not supported yet");
}

TEST(Codes, AreUnique) {
  std::set<std::string_view> codes;
  for (const Rule& rule : kTemplateRules) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
    EXPECT_EQ(rule.code.size(), 4U);
  }
}

}  // namespace
}  // namespace serin::analysis
