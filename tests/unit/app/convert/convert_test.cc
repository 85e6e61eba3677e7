// Documents of Argo Rollouts, Flagger and Kayenta as serin's: what is carried over, what is told,
// and that lint has nothing against the result.
#include "app/convert/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace serin::app {
namespace {

using testing::HasSubstr;
using testing::Not;
using Level = ConvertFinding::Level;

Converted converted(ConvertFrom from, const std::string& text) {
  auto result = convert(from, {{"given.yaml", text}});
  EXPECT_TRUE(result) << result.error().to_string();
  if (!result) return {};
  EXPECT_FALSE(result->problems.has_errors()) << config::to_text(result->problems) << "\n"
                                              << result->text();
  return *std::move(result);
}

std::string told(const Converted& converted, Level level) {
  std::string all;
  for (const ConvertFinding& each : converted.findings) {
    EXPECT_GT(each.position.line, 0) << each.message;
    if (each.level == level) all += to_text(each) + "\n";
  }
  return all;
}

const rollout::ConfigSet loaded(const Converted& converted) {
  return rollout::load_config({{"a.yaml", converted.text()}}).set;
}

const char* const kArgo = R"(
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success, namespace: prod}
spec:
  args:
  - {name: service}
  - {name: hash}
  - {name: limit, value: 0.95}
  metrics:
  - name: success rate
    interval: 1m
    count: 5
    failureLimit: 2
    successCondition: result[0] >= {{args.limit}}
    provider:
      prometheus:
        address: http://prometheus:9090
        query: |
          sum(irate(requests_total{service="{{args.service}}",hash="{{args.hash}}",code!~"5.*"}[5m]))
          /
          sum(irate(requests_total{service="{{args.service}}",hash="{{args.hash}}"}[5m]))
  - name: dog
    interval: 5m
    successCondition: result < 0.01
    provider: {datadog: {query: sum:x}}
  - name: silent
    provider: {web: {url: http://x/}}
---
apiVersion: v1
kind: Service
metadata: {name: checkout}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  replicas: 5
  selector: {matchLabels: {app: checkout}}
  template: {spec: {containers: []}}
  strategy:
    canary:
      canaryService: checkout-canary
      maxSurge: 25%
      trafficRouting:
        maxTrafficWeight: 1000
        istio: {virtualService: {name: vs}}
      analysis:
        templates: [{templateName: success}]
        startingStep: 4
        args:
        - {name: service, value: checkout}
        - {name: hash, valueFrom: {podTemplateHashValue: Latest}}
      steps:
      - setWeight: 0
      - setWeight: 50
      - pause: {duration: 0}
      - experiment: {duration: 5m}
      - pause: {duration: 10m}
      - analysis: {templates: [{templateName: elsewhere}]}
      - setWeight: 500
      - pause: {}
)";

TEST(ConvertArgo, CarriesOverWhatItCanAndTellsTheRest) {
  Converted done = converted(ConvertFrom::argo, kArgo);
  const auto set = loaded(done);
  ASSERT_EQ(set.rollouts.size(), 1U) << done.text();
  ASSERT_EQ(set.templates.size(), 1U);
  const auto& plan = *set.rollouts[0].canary;
  ASSERT_EQ(plan.steps.size(), 4U) << done.text();
  EXPECT_EQ(std::get<rollout::SetWeightStep>(plan.steps[0].action).weight.percent(), 5);
  EXPECT_EQ(std::get<rollout::PauseStep>(plan.steps[1].action).duration, std::chrono::minutes(10));
  EXPECT_EQ(std::get<rollout::SetWeightStep>(plan.steps[2].action).weight.percent(), 50);
  EXPECT_EQ(std::get<rollout::PauseStep>(plan.steps[3].action).duration, std::nullopt);
  EXPECT_EQ(plan.analysis->starting_step, 1) << "three of the four before it are gone";
  const auto& metrics = set.templates[0].spec.metrics;
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0].name, "success-rate");
  EXPECT_EQ(metrics[0].dialect, config::Dialect::serin);
  EXPECT_EQ(metrics[0].failure_limit_value(), 2);
  EXPECT_EQ(set.templates[0].spec.args[2].value, "0.95");
  const std::string lost = told(done, Level::lost);
  EXPECT_THAT(lost, HasSubstr("given.yaml:23:5: lost spec.metrics[1]: The metric 'dog'"));
  EXPECT_THAT(lost, HasSubstr("'silent' is left out: it has no condition"));
  EXPECT_THAT(lost, HasSubstr("trafficRouting (istio)"));
  EXPECT_THAT(lost, HasSubstr("experiment is left out"));
  EXPECT_THAT(lost, HasSubstr("AnalysisTemplate/elsewhere is not among"));
  const std::string changed = told(done, Level::changed);
  for (const char* word : {"five provider errors", "empty answer", "NaN is a failure in Argo",
                           "was called 'success rate'", "A pause of 0 is left out",
                           "maxTrafficWeight 1000", "hash of the pod template"}) {
    EXPECT_THAT(changed, HasSubstr(word));
  }
  EXPECT_THAT(told(done, Level::note), HasSubstr("kind 'Service'"));
  EXPECT_THAT(told(done, Level::note), HasSubstr("replicas, selector, template"));
  EXPECT_THAT(done.text(), HasSubstr("# NaN is a failure in Argo"));
}

TEST(ConvertArgo, BlueGreenAndPlansWithoutTraffic) {
  Converted blue = converted(ConvertFrom::argo, R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  strategy:
    blueGreen: {activeService: shop, previewService: shop-preview, autoPromotionEnabled: false}
)");
  EXPECT_EQ(loaded(blue).rollouts.at(0).blue_green->auto_promotion_enabled, false);
  Converted none = converted(ConvertFrom::argo, R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec: {strategy: {canary: {steps: [{pause: {}}, {setWeight: 50}, {setWeight: 20}, {pause: {duration: 5m}}]}}}
)");
  EXPECT_TRUE(loaded(none).rollouts.at(0).canary->allow_decrease);
  none = converted(ConvertFrom::argo, R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec: {strategy: {canary: {}}}
)");
  EXPECT_THAT(told(none, Level::lost), HasSubstr("No step gives the canary traffic"));
}

const char* const kFlagger = R"(
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: podinfo, namespace: test}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: podinfo}
  service: {port: 9898}
  metricsServer: http://prometheus:9090
  analysis:
    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: 20
    metrics:
    - name: request-success-rate
      thresholdRange: {min: 99}
      interval: 1m
    - name: request-duration
      thresholdRange: {max: 500}
    - name: not-found
      templateRef: {name: not-found, namespace: istio-system}
      templateVariables: {code: '404'}
      thresholdRange: {min: 0, max: 5}
    - name: elsewhere
      templateRef: {name: nowhere}
    webhooks:
    - {name: acceptance, type: pre-rollout, url: http://tester/, timeout: 30s, metadata: {cmd: x}}
    - {name: load, url: http://tester/}
    - {name: gate, type: confirm-promotion, url: http://tester/gate}
    - {name: increase, type: confirm-traffic-increase, url: http://tester/gate}
    alerts: [{name: on-call, severity: error, providerRef: {name: slack}}]
---
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: {name: not-found, namespace: istio-system}
spec:
  provider: {type: prometheus, address: http://other:9090}
  query: |
    100 - sum(rate(istio_requests_total{destination_workload="{{ target }}",response_code!="{{ variables.code }}"}[{{ interval }}]))
    / sum(rate(istio_requests_total{destination_workload="{{ target }}"}[{{ interval }}])) * 100
)";

// As `kubectl get rollouts -o yaml` writes them.
TEST(ConvertArgo, ListsAreTheirItems) {
  Converted done = converted(ConvertFrom::argo, R"(apiVersion: v1
kind: List
items:
- apiVersion: argoproj.io/v1alpha1
  kind: Rollout
  metadata: {name: one}
  spec: {strategy: {canary: {steps: [{setWeight: 10}, {setCanaryScale: {weight: 5}}]}}}
- apiVersion: argoproj.io/v1alpha1
  kind: Rollout
  metadata: {name: two}
  spec: {strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}]}}}
)");
  ASSERT_EQ(loaded(done).rollouts.size(), 2U) << done.text();
  EXPECT_THAT(told(done, Level::lost), HasSubstr("given.yaml:7:"));
}

TEST(ConvertFlagger, WeightsMetricsAndHooks) {
  Converted done = converted(ConvertFrom::flagger, kFlagger);
  const auto set = loaded(done);
  ASSERT_EQ(set.rollouts.size(), 1U) << done.text();
  const rollout::Rollout& rollout = set.rollouts[0];
  std::vector<double> weights;
  for (const rollout::Step& step : rollout.canary->steps) {
    if (const auto* weight = std::get_if<rollout::SetWeightStep>(&step.action))
      weights.push_back(weight->weight.percent());
  }
  EXPECT_EQ(weights, (std::vector<double>{20, 40, 60})) << "the top is reached or passed";
  EXPECT_EQ(std::get<rollout::PauseStep>(rollout.canary->steps[1].action).duration,
            std::chrono::minutes(1));
  EXPECT_TRUE(std::holds_alternative<rollout::ApprovalStep>(rollout.canary->steps.back().action));
  EXPECT_EQ(rollout.hooks.start->url, "http://tester/");
  EXPECT_EQ(rollout.hooks.before_step->timeout, std::chrono::seconds(10));
  const auto& spec = set.templates.at(0).spec;
  EXPECT_EQ(spec.versions->label, "destination_workload");
  EXPECT_EQ(spec.versions->stable, "podinfo-primary");
  ASSERT_EQ(spec.metrics.size(), 3U);
  EXPECT_NEAR(*spec.metrics[0].options.slo->max, 0.01, 1e-12);
  EXPECT_EQ(spec.metrics[0].preset->where, "destination_workload_namespace=\"test\"");
  EXPECT_EQ(spec.metrics[1].options.slo->quantile, 0.99);
  EXPECT_EQ(*spec.metrics[1].options.slo->max, 500);
  EXPECT_EQ(spec.metrics[2].success_condition, "result[0] >= 0 && result[0] <= 5");
  EXPECT_EQ(spec.metrics[2].failure_limit_value(), 4);
  EXPECT_THAT(spec.metrics[2].provider.prometheus->query,
              HasSubstr(R"(destination_workload="podinfo",response_code!="404"}[1m])"));
  EXPECT_EQ(spec.metrics[2].provider.prometheus->address, "http://other:9090");
  const std::string lost = told(done, Level::lost);
  for (const char* word : {"MetricTemplate 'nowhere'", "metadata is not sent", "'increase'",
                           "'alerts' is not carried over", "Routing is not carried over"}) {
    EXPECT_THAT(lost, HasSubstr(word));
  }
  EXPECT_THAT(told(done, Level::changed), HasSubstr("5 failed checks of all metrics together"));
}

std::string canary(const std::string& analysis) {
  return "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: web}\nspec:\n"
         "  targetRef: {name: web}\n  analysis:\n" +
         analysis;
}

TEST(ConvertFlagger, MatchRulesBlueGreenAndStepWeights) {
  Converted match = converted(ConvertFrom::flagger,
                              canary("    iterations: 10\n    interval: 30s\n    match:\n"
                                     "    - headers: {x-user: {prefix: a.b}, cookie: {regex: "
                                     "'^(.*?;)?(canary=always)(;.*)?$'}}\n"
                                     "    - headers: {x: {exact: y}}\n      uri: {prefix: /api}\n"
                                     "    - sourceLabels: {app: x}\n"));
  const auto set = loaded(match);
  const auto& plan = *set.rollouts.at(0).canary;
  ASSERT_EQ(plan.match.size(), 1U) << match.text();
  EXPECT_EQ(plan.match[0].header.at(0).regex, "a\\.b.*");
  EXPECT_EQ(plan.match[0].cookie.at(0).regex, "^(.*?;)?(canary=always)(;.*)?$");
  EXPECT_EQ(std::get<rollout::PauseStep>(plan.steps.at(0).action).duration,
            std::chrono::minutes(5));
  EXPECT_THAT(told(match, Level::lost), HasSubstr("its 'uri' has no counterpart"));
  EXPECT_THAT(told(match, Level::lost), HasSubstr("its 'sourceLabels' has no counterpart"));
  Converted blue = converted(
      ConvertFrom::flagger,
      canary("    iterations: 3\n    threshold: 2\n    metrics:\n"
             "    - {name: own, query: 'up{ns=\"{{ namespace }}\"}', thresholdRange: {min: 1}}\n"));
  EXPECT_TRUE(loaded(blue).rollouts.at(0).blue_green->pre_promotion_analysis);
  EXPECT_EQ(loaded(blue).templates.at(0).spec.metrics.at(0).effective_count(), 3);
  // Before a switch nothing is compared: the built-in ones become rules.
  Converted known = converted(
      ConvertFrom::flagger,
      canary("    iterations: 3\n    metrics:\n"
             "    - {name: request-success-rate, thresholdRange: {min: 99}, interval: 30s}\n"
             "    - {name: request-duration, thresholdRange: {max: 500}}\n"
             "    - {name: request-duration}\n"));
  const auto known_set = loaded(known);
  const auto& rules = known_set.templates.at(0).spec.metrics;
  ASSERT_EQ(rules.size(), 2U) << known.text();
  EXPECT_EQ(rules[0].success_condition, "result[0] <= 0.01");
  EXPECT_THAT(rules[0].provider.prometheus->query, HasSubstr("destination_workload=\"web\""));
  EXPECT_THAT(rules[0].provider.prometheus->query, HasSubstr("}[30s])) or vector(0)) / sum("));
  EXPECT_EQ(rules[1].success_condition, "result[0] <= 500");
  EXPECT_THAT(told(known, Level::lost), HasSubstr("it has no limit"));
  Converted steps = converted(ConvertFrom::flagger, canary("    stepWeights: [1, 2, 80]\n"));
  EXPECT_EQ(loaded(steps).rollouts.at(0).canary->steps.size(), 6U);
  Converted lost = converted(
      ConvertFrom::flagger,
      canary("    stepWeight: 50\n    metrics:\n"
             "    - {name: own, query: '{{ if x }}up{{ end }}', thresholdRange: {min: 1}}\n"));
  EXPECT_THAT(told(lost, Level::lost), HasSubstr("'if x' in its query can't be filled in"));
}

const char* const kKayenta = R"json({
  "name": "My Canary", "configVersion": "1", "applications": ["shop"],
  "judge": {"name": "NetflixACAJudge-v1.0", "judgeConfigurations": {}},
  "metrics": [
    {"name": "error rate", "scopeName": "default", "groups": ["Errors"],
     "query": {"type": "prometheus",
               "customInlineTemplate": "PromQL:sum by (job)(rate(errors_total{job=\"shop\", version=\"${scope}\"}[1m]))"
}
, "analysisConfigurations" : {
  "canary" : {
    "direction" : "increase", "critical" : true, "nanStrategy" : "replace", "effectSize" : {
      "measure" : "cles", "allowedIncrease" : 0.6
    }
  }
}
},
    {"name": "cpu", "groups": ["System"],
     "query": {"type": "prometheus", "metricName": "cpu_usage", "customFilterTemplate": "f"},
     "analysisConfigurations": {"canary": {"critical": "true"}}},
    {"name": "free", "groups": [], "query": {"type": "prometheus", "metricName": "memory", "labelBindings": ["zone=\"${location}\""]}},
    {"name": "cloud", "groups": ["System"], "query": {"type": "stackdriver", "metricType": "x"}},
    {"name": "odd", "groups": ["System"], "query": {"type": "prometheus", "customInlineTemplate": "PromQL:rate(x{pod=~\"${scope}.*\"}[1m])"}}
  ],
  "templates": {"f": "version=\"${scope}\",env=\"prod\""},
  "classifier": {
  "groupWeights" : {
    "Errors" : 70, "System" : 30
  }
}
})json";

TEST(ConvertKayenta, KeepsTheJudgeItsOptionsAndItsScore) {
  Converted done = converted(ConvertFrom::kayenta, kKayenta);
  const auto set = loaded(done);
  ASSERT_EQ(set.templates.size(), 1U) << done.text();
  EXPECT_EQ(set.templates[0].metadata.name, "my-canary");
  const auto& spec = set.templates[0].spec;
  EXPECT_EQ(spec.versions->label, "version");
  EXPECT_EQ(spec.kayenta->pass, 95);
  EXPECT_EQ(spec.kayenta->group_weights.at("Errors"), 70);
  ASSERT_EQ(spec.metrics.size(), 3U) << done.text();
  EXPECT_EQ(spec.metrics[0].compare->gauge->query,
            R"(sum by (version, instance, job) (rate(errors_total{job="shop"}[1m])))");
  const auto& options = *spec.metrics[0].options.kayenta;
  EXPECT_EQ(options.direction, "increase");
  EXPECT_TRUE(options.critical);
  EXPECT_EQ(options.nan_strategy, "replace");
  EXPECT_EQ(options.effect_measure, "cles");
  EXPECT_EQ(options.allowed_increase, 0.6);
  EXPECT_EQ(spec.metrics[1].compare->gauge->query,
            R"(avg by (version, instance) (cpu_usage{env="prod"}))");
  EXPECT_TRUE(spec.metrics[1].options.kayenta->critical);
  EXPECT_TRUE(spec.metrics[2].options.kayenta->muted) << "in no group it counts nowhere";
  EXPECT_THAT(spec.metrics[2].compare->gauge->query, HasSubstr("{{args.location}}"));
  const std::string lost = told(done, Level::lost);
  EXPECT_THAT(lost, HasSubstr("'cloud' is left out: its source 'stackdriver'"));
  EXPECT_THAT(lost, HasSubstr("'odd' is left out"));
  EXPECT_THAT(told(done, Level::changed), HasSubstr("on which Kayenta ends"));
}

TEST(Convert, RefusesWhatIsNotThere) {
  for (ConvertFrom from : {ConvertFrom::argo, ConvertFrom::flagger, ConvertFrom::kayenta}) {
    EXPECT_FALSE(convert(from, {{"a.yaml", "kind: Service\n"}}));
    EXPECT_FALSE(convert(from, {{"a.yaml", "a: ["}}));
    EXPECT_FALSE(convert(from, {}));
    EXPECT_FALSE(convert(from, {{"a.yaml", "- 1\n- {}\n"}}));
  }
  EXPECT_FALSE(parse_convert_from("spinnaker"));
  EXPECT_EQ(*parse_convert_from("kayenta"), ConvertFrom::kayenta);
}

}  // namespace
}  // namespace serin::app
