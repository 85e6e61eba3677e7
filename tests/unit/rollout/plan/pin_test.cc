#include "rollout/plan/load/pin.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rollout/plan/load/arguments.h"
#include "rollout/plan/load/revision.h"

namespace serin::rollout {
namespace {

using config::Dialect;

ConfigSet load(std::string_view text) {
  Loaded loaded = load_config({{"f.yaml", std::string(text)}}, {.unsupported = Unsupported::tell});
  EXPECT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  return loaded.set;
}

Result<PinnedPlan> pin_first(const ConfigSet& set, const PinOptions& options) {
  return pin(set, set.rollouts.at(0), options);
}

PinOptions options(std::map<std::string, std::string> args = {}) {
  return {"2.4.0", "2.3.0", std::move(args)};
}

// A whole rollout with its analysis, as the front page shows it.
constexpr std::string_view kShort = R"(kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting: {haproxy: {socket: /run/haproxy.sock, backend: be, stable: s1, canary: c1}}
      analysis:
        metrics:
        - {name: errors, compare: {errors: {bad: 'e{code=~"5.."}', total: e}}}
        - {name: latency, compare: {histogram: {buckets: d_bucket}}}
      steps:
      - setWeight: 5
      - pause: {duration: 5m}
      - setWeight: 50
      - pause: {duration: 5m})";

TEST(Pin, FifteenLinesAreEnough) {
  EXPECT_EQ(std::ranges::count(kShort, '\n') + 1, 15);
  Loaded loaded = load_config({{"f.yaml", std::string(kShort)}});
  EXPECT_EQ(config::to_text(loaded.problems), "");
  auto plan = pin_first(loaded.set, options({{"prometheus", "http://p:9090"}}));
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_TRUE(plan->warnings.empty());
  ASSERT_EQ(plan->background->metrics.size(), 2U);
  const PinnedMetric& errors = plan->background->metrics[0];
  EXPECT_EQ(errors.metric.interval.value(), kComparedIntervalDefault);
  EXPECT_EQ(errors.metric.provider.prometheus->address, "http://p:9090");
  EXPECT_EQ(errors.versions, (analysis::Versions{"version", "2.4.0", "2.3.0", "instance"}));
  EXPECT_DOUBLE_EQ(plan->background->false_rollback_rate, 0.01);
  EXPECT_EQ(plan->background->boundary, Boundary::exact);
}

TEST(Pin, ARevisionNamesWhatThePolicySays) {
  ConfigSet set = load(kShort);
  auto revision = [&](const ConfigSet& of, const PinOptions& with) {
    auto name = policy_revision(of, of.rollouts.at(0), with);
    EXPECT_TRUE(name) << name.error().to_string();
    return name.value_or("");
  };
  PinOptions with = options({{"prometheus", "http://p:9090"}});
  std::string name = revision(set, with);
  EXPECT_EQ(name.size(), kRevisionDigits);
  PinOptions later = with;
  later.version = "2.5.0";
  EXPECT_EQ(revision(set, later), name) << "the same policy for another version";
  EXPECT_NE(revision(set, options({{"prometheus", "http://q:9090"}})), name);
  std::string longer(kShort);
  longer.replace(longer.find("setWeight: 50"), 13, "setWeight: 60");
  EXPECT_NE(revision(load(longer), with), name);
  std::string spaced(kShort);
  spaced.replace(spaced.find("      steps:"), 0, "\n");
  EXPECT_EQ(revision(load(spaced), with), name) << "the layout is no part of it";
}

TEST(Pin, PresetsStandForTheirSelectors) {
  const auto of = [](const std::string& metric, const std::string& versions = "") {
    const ConfigSet set = load(
        "kind: Rollout\nmetadata: {name: r}\nspec: {strategy: {canary: {steps: "
        "[{setWeight: 5}], analysis: {" +
        versions + "metrics: [{name: m, " + metric + "}]}}}}");
    auto plan = pin_first(set, options({{"prometheus", "http://p"}}));
    EXPECT_TRUE(plan) << plan.error().to_string();
    EXPECT_FALSE(plan->background->metrics.at(0).metric.preset);
    return plan->background->metrics.at(0);
  };
  const PinnedMetric latency = of("preset: {istio: latency, where: 'ns=\"prod\"'}");
  EXPECT_NE(latency.metric.compare->histogram->buckets.find("ns=\"prod\""), std::string::npos);
  EXPECT_EQ(latency.versions, (analysis::Versions{"destination_version", "2.4.0", "2.3.0", "pod"}));
  const PinnedMetric errors = of("preset: {haproxy: errors}", "versions: {label: proxy}, ");
  EXPECT_EQ(errors.metric.compare->errors->total, "haproxy_server_http_responses_total");
  EXPECT_EQ(errors.versions.label, "proxy");
  EXPECT_EQ(of("preset: {traefik: traffic}").metric.options.direction, analysis::Direction::both);
}

TEST(Pin, WithoutAnAddressThereIsNoProvider) {
  auto plan = pin_first(load(kShort), options());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->background->metrics[0].metric.provider.count(), 0);
}

constexpr std::string_view kMixed = R"(kind: AnalysisTemplate
metadata: {name: ours}
spec:
  versions: {label: v, instance: pod}
  falseRollbackRate: 0.02
  args: [{name: limit, value: "0.8"}, {name: token, valueFrom: {secretKeyRef: {name: s, key: k}}}]
  metrics:
  - name: saturation
    interval: 30s
    provider:
      prometheus:
        address: "{{args.prometheus}}"
        query: "usage{v='{{args.canary}}'}"
        headers: [{key: A, value: "Bearer {{args.token}}"}]
    successCondition: result[0] < {{args.limit}}
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: theirs}
spec:
  args: [{name: url}, {name: hash}]
  metrics:
  - name: smoke
    provider: {web: {url: "http://{{args.url}}/{{args.hash}}"}}
    successCondition: result == 'ok'
  dryRun: [{metricName: smoke}]
---
kind: Rollout
metadata: {name: shop, labels: {app.kubernetes.io/name: shop-label}}
spec:
  strategy:
    canary:
      analysis:
        templates: [{templateName: ours}, {templateName: theirs, clusterScope: true}]
        args:
        - name: url
          valueFrom: {fieldRef: {fieldPath: "metadata.labels['app.kubernetes.io/name']"}}
        - {name: hash, valueFrom: {podTemplateHashValue: Latest}}
        measurementRetention: [{metricName: smoke, limit: 3}]
      steps:
      - setWeight: 5
      - analysis:
          templates: [{templateName: theirs, clusterScope: true}]
          args: [{name: url, value: u}, {name: hash, value: h}]
)";

TEST(Pin, MergesAndFillsBothDialects) {
  auto plan = pin_first(load(kMixed), options({{"prometheus", "http://p"}, {"limit", "0.9"}}));
  ASSERT_TRUE(plan) << plan.error().to_string();
  const PinnedAnalysis& background = *plan->background;
  ASSERT_EQ(background.metrics.size(), 2U);
  const analysis::Metric& ours = background.metrics[0].metric;
  EXPECT_EQ(ours.dialect, Dialect::serin);
  EXPECT_EQ(ours.success_condition, "result[0] < 0.9");
  EXPECT_EQ(ours.provider.prometheus->address, "http://p");
  EXPECT_EQ(ours.provider.prometheus->query, "usage{v='2.4.0'}");
  EXPECT_EQ(ours.provider.prometheus->headers[0].value, "Bearer {{args.token}}");
  EXPECT_EQ(background.secrets.at("token"), (analysis::SecretKeyRef{"s", "k"}));
  EXPECT_EQ(background.metrics[0].versions.instance, "pod");
  const analysis::Metric& theirs = background.metrics[1].metric;
  EXPECT_EQ(theirs.dialect, Dialect::argo);
  EXPECT_EQ(theirs.provider.web->url, "http://shop-label/2.4.0");
  EXPECT_EQ(background.metrics[1].versions.instance, "instance");
  EXPECT_EQ(background.dry_run.at(0).metric_name, "smoke");
  EXPECT_EQ(background.measurement_retention.at(0).limit, 3);
  EXPECT_DOUBLE_EQ(background.false_rollback_rate, 0.02);
  EXPECT_EQ(plan->steps.at(1).metrics.at(0).metric.provider.web->url, "http://u/h");
}

TEST(Pin, TheJsonReadsBack) {
  auto plan = pin_first(load(kMixed), options({{"prometheus", "http://p"}, {"other", "1"}}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->warnings, std::vector<std::string>{"no template has an argument 'other'"});
  Json json = to_json(*plan);
  auto again = pinned_plan_from_json(json);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_TRUE(again->background == plan->background);
  EXPECT_EQ(again->steps, plan->steps);
  EXPECT_EQ(to_json(*again).dump(), json.dump());
  auto broken = pinned_plan_from_json(Json::object());
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Code::data_loss);
}

TEST(Pin, AnUnknownStableVersionIsFilledInLater) {
  PinOptions unknown{"2.4.0", "", {{"prometheus", "http://p"}}};
  auto plan = pin_first(load(kShort), unknown);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->background->metrics[0].versions.stable, "{{args.stable}}");
  auto known = with_stable(*plan, "2.3.0");
  ASSERT_TRUE(known) << known.error().to_string();
  auto direct = pin_first(load(kShort), options({{"prometheus", "http://p"}}));
  EXPECT_EQ(to_json(*known).dump(), to_json(*direct).dump());
  EXPECT_TRUE(with_stable(*known, "2.3.0"));
  EXPECT_EQ(with_stable(*known, "2.2.0").error().code, Code::failed_precondition);
}

TEST(Pin, ATemplateMayAskForStableToo) {
  constexpr std::string_view kText = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: stable}, {name: canary}]
  metrics:
  - name: m
    interval: 1s
    successCondition: "result == '{{args.stable}}'"
    provider: {web: {url: "{{args.canary}}"}}
---
kind: Rollout
metadata: {name: r}
spec:
  strategy:
    canary: {analysis: {templates: [{templateName: t}]}, steps: [{setWeight: 5}, {pause: {}}]}
)";
  auto open = pin_first(load(kText), {"2", "", {}});
  ASSERT_TRUE(open) << open.error().to_string();
  EXPECT_EQ(open->background->metrics[0].metric.success_condition, "result == '{{args.stable}}'");
  auto filled = with_stable(*open, "1");
  ASSERT_TRUE(filled);
  EXPECT_EQ(filled->background->metrics[0].metric.success_condition, "result == '1'");
  EXPECT_EQ(filled->background->metrics[0].metric.provider.web->url, "2");
}

TEST(Pin, AReusablePlanIsTheOneThatOtherVersionsWouldPin) {
  for (std::string_view text : {kShort, kMixed}) {
    ConfigSet set = load(text);
    PinOptions later{"2.4.0", "2.3.0", {{"prometheus", "http://p"}}};
    PinOptions older{"2.2.0", "2.4.0", {{"prometheus", "http://p"}}};
    auto plan = pin_reusable(set, set.rollouts.at(0), later);
    ASSERT_TRUE(plan) << plan.error().to_string();
    auto back = pinned_plan_from_json(to_json(*plan));
    ASSERT_TRUE(back);
    auto other = with_versions(*back, "2.2.0", "2.4.0");
    ASSERT_TRUE(other) << other.error().to_string();
    auto direct = pin_reusable(set, set.rollouts.at(0), older);
    ASSERT_TRUE(direct);
    EXPECT_EQ(to_json(*other).dump(), to_json(*direct).dump());
  }
  auto once = pin_first(load(kShort), options({{"prometheus", "http://p"}}));
  EXPECT_EQ(with_versions(*once, "1", "2").error().code, Code::failed_precondition);
}

TEST(Pin, ErrorsNameTheAnalysis) {
  ConfigSet set = load(kMixed);
  set.rollouts[0].canary->analysis->args.clear();
  EXPECT_EQ(pin_first(set, options()).error().to_string(), "analysis: args.url was not resolved");
  set.cluster_templates.clear();
  auto missing = pin_first(set, options());
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_EQ(missing.error().to_string(), "analysis: ClusterAnalysisTemplate 'theirs' not found");
}

TEST(Pin, WhatIsFilledInIsValidatedAgain) {
  constexpr std::string_view kText = R"(kind: AnalysisTemplate
metadata: {name: t}
spec:
  args: [{name: i, value: 10s}, {name: r, value: "1.1"}]
  metrics:
  - name: m
    interval: "{{args.i}}"
    compare: {rate: {count: c}, tolerate: {ratio: "{{args.r}}"}}
---
kind: Rollout
metadata: {name: r}
spec:
  strategy:
    canary: {analysis: {templates: [{templateName: t}]}, steps: [{setWeight: 5}, {pause: {}}]}
)";
  ConfigSet set = load(kText);
  EXPECT_TRUE(pin_first(set, options()));
  auto interval = pin_first(set, options({{"i", "10"}}));
  ASSERT_FALSE(interval);
  EXPECT_NE(interval.error().to_string().find("interval: invalid duration \"10\""),
            std::string::npos)
      << interval.error().to_string();
  auto ratio = pin_first(set, options({{"r", "9"}}));
  ASSERT_FALSE(ratio);
  EXPECT_NE(ratio.error().to_string().find("must lie above tolerate.ratio 9"), std::string::npos)
      << ratio.error().to_string();
}

TEST(Pin, ASecretOfATemplateIsNotOverridden) {
  auto plan = pin_first(load(kMixed), options({{"token", "abc"}}));
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->background->secrets.size(), 1U);
  EXPECT_EQ(plan->background->metrics[0].metric.provider.prometheus->headers[0].value,
            "Bearer {{args.token}}");
  ASSERT_EQ(plan->warnings.size(), 1U);
  EXPECT_NE(plan->warnings[0].find("the argument 'token' is the template's secret"),
            std::string::npos);
}

TEST(Pin, SafeIsForTheWholeRelease) {
  PinOptions safe = options({{"prometheus", "http://p"}});
  safe.safe = true;
  auto plan = pin_first(load(kMixed), safe);
  ASSERT_TRUE(plan) << plan.error().to_string();
  EXPECT_EQ(plan->background->metrics[1].metric.dialect, Dialect::serin);
}

TEST(PinRun, FillsARunOfItsOwn) {
  Loaded loaded = load_config({{"f.yaml", R"(apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: r}
spec:
  args: [{name: u, value: x}]
  metrics: [{name: m, provider: {web: {url: "{{args.u}}"}}}]
)"}});
  auto run = pin_run(loaded.set.runs.at(0), options({{"u", "y"}}));
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_EQ(run->metrics.at(0).metric.provider.web->url, "y");
}

TEST(Arguments, ValuesOfTheRollout) {
  auto json = Json::parse(
      R"({"metadata":{"name":"r","labels":{"a.b/c":"d"}},"spec":{"steps":[{"w":5},{"t":true}]}})");
  auto value = [&](std::string_view path) {
    auto found = value_at(*json, path);
    return found ? *found : found.error().message;
  };
  EXPECT_EQ(value("metadata.name"), "r");
  EXPECT_EQ(value("metadata.labels['a.b/c']"), "d");
  EXPECT_EQ(value("metadata.annotations['x']"), "");
  EXPECT_EQ(value("spec.steps[0].w"), "5");
  EXPECT_EQ(value("spec.steps[1].t"), "true");
  EXPECT_EQ(value("spec.steps[x].w"), "invalid index 'x'");
  EXPECT_EQ(value("spec.steps[2].w"), "index 2 out of range");
  EXPECT_EQ(value("spec.nothing"), "invalid path spec.nothing in rollout");
  EXPECT_EQ(value("metadata.name.x"), "invalid path metadata.name.x in rollout");
  EXPECT_EQ(value("spec.steps"), "path spec.steps in rollout must terminate in a primitive value");
}

}  // namespace
}  // namespace serin::rollout
