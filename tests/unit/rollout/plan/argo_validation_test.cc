#include "rollout/plan/argo_validation.h"

#include <gtest/gtest.h>

#include "unit/rollout/plan/testing.h"

namespace serin::rollout {
namespace {

// The errors of an argoproj.io Rollout with a sound workload and this strategy (flow form).
std::string errors_of(std::string_view strategy, std::string_view spec = "") {
  std::string text =
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec:\n"
      "  selector: {matchLabels: {app: r}}\n  template: {metadata: {labels: {app: r}}, "
      "spec: {containers: [{name: c, image: nginx}]}}\n  strategy: " +
      std::string(strategy) + "\n" + std::string(spec);
  std::string errors;
  std::string problems = read_and_validate(text).problems;
  for (std::size_t at = 0; at < problems.size();) {
    std::size_t end = problems.find('\n', at);
    std::string line = problems.substr(at, end - at);
    if (auto error = line.find(": error "); error != std::string::npos) {
      errors += line.substr(error + 8) + "\n";
    }
    at = end + 1;
  }
  return errors;
}

std::string canary(std::string_view fields) {
  return errors_of("{canary: {" + std::string(fields) + "}}");
}

constexpr std::string_view kServices = "canaryService: c, stableService: s, ";

std::string routed(std::string_view routing, std::string_view fields) {
  return canary(std::string(kServices) + "trafficRouting: {" + std::string(routing) + "}, " +
                std::string(fields));
}

bool has(const std::string& errors, std::string_view part) {
  return errors.find(part) != std::string::npos;
}

TEST(ArgoRollout, SoundOnes) {
  EXPECT_EQ(canary(""), "");
  EXPECT_EQ(canary("steps: [{setWeight: 0}, {pause: {duration: 1h}}, {setWeight: 100}]"), "");
  EXPECT_EQ(
      routed("maxTrafficWeight: 1000, nginx: {stableIngress: i}", "steps: [{setWeight: 600}]"), "");
  EXPECT_EQ(errors_of("{blueGreen: {activeService: a, previewService: b}}"), "");
  EXPECT_EQ(
      canary("steps: [{setCanaryScale: {weight: 5}, setWeight: 5}], trafficRouting: {plugins: "
             "{x: {}}}"),
      "");
}

TEST(ArgoRollout, TheStrategyIsOne) {
  EXPECT_TRUE(has(errors_of("{}"),
                  "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"));
  EXPECT_TRUE(
      has(errors_of("{canary: {}, blueGreen: {}}"), "Multiple Strategies can not be listed"));
}

TEST(ArgoRollout, TheWorkload) {
  auto errors = [](std::string_view spec) {
    return read_and_validate(
               "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: r}, "
               "spec: {strategy: {canary: {}}" +
               std::string(spec) + "}}")
        .problems;
  };
  EXPECT_TRUE(has(errors(""), "Rollout has missing field '.spec.selector'"));
  EXPECT_TRUE(has(errors(", selector: {}"), "empty selector is invalid for deployment"));
  EXPECT_TRUE(
      has(errors(", selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: c}}}"),
          "`selector` does not match template `labels`"));
  EXPECT_TRUE(has(errors(", selector: {matchLabels: {a: b}}"),
                  "spec.template.spec.containers: Required value"));
  EXPECT_TRUE(has(errors(", template: {spec: {containers: [{name: c}]}}"),
                  "spec.template.spec.containers[0].image: Required value"));
  EXPECT_TRUE(has(errors(", template: {spec: {restartPolicy: Never}}"),
                  "Unsupported value: \"Never\": supported values: \"Always\""));
  EXPECT_EQ(errors(", workloadRef: {kind: Deployment, name: d}"), "");
  EXPECT_TRUE(has(errors(", workloadRef: {kind: Deployment}, template: {spec: {}}"),
                  "template must be empty for workload reference rollout"));
}

TEST(ArgoRollout, Numbers) {
  EXPECT_TRUE(
      has(errors_of("{canary: {}}", "  progressDeadlineSeconds: 10\n  minReadySeconds: 10\n"),
          "spec.progressDeadlineSeconds: must be greater than minReadySeconds"));
  EXPECT_TRUE(has(errors_of("{canary: {}}", "  replicas: -1\n"),
                  "spec.replicas: must be greater than or equal to 0"));
  EXPECT_TRUE(has(errors_of("{canary: {}}", "  minReadySeconds: 700\n"), "must be greater than"));
}

TEST(ArgoRollout, BlueGreen) {
  EXPECT_TRUE(has(errors_of("{blueGreen: {activeService: a, previewService: a}}"),
                  "This rollout uses the same service for the active and preview services, but two "
                  "different services are required."));
  EXPECT_TRUE(
      has(errors_of("{blueGreen: {activeService: a, scaleDownDelayRevisionLimit: 3}}",
                    "  revisionHistoryLimit: 1\n"),
          "This rollout's revision history limit can not be smaller than the rollout's scale "
          "down limit"));
  EXPECT_TRUE(has(errors_of("{blueGreen: {activeService: a, antiAffinity: {}}}"),
                  "AntiAffinity must have exactly one strategy listed"));
  EXPECT_TRUE(has(errors_of("{blueGreen: {activeService: a, antiAffinity: "
                            "{preferredDuringSchedulingIgnoredDuringExecution: {weight: 101}}}}"),
                  "AntiAffinity weight must be between 1-100"));
}

TEST(ArgoRollout, SurgeAndServices) {
  for (std::string_view both :
       {"maxSurge: 0%, maxUnavailable: 0", "maxSurge: 0, maxUnavailable: '0'"}) {
    EXPECT_TRUE(has(canary(both), "MaxSurge and MaxUnavailable both can not be zero")) << both;
  }
  EXPECT_EQ(canary("maxSurge: 0"), "");
  EXPECT_EQ(canary("maxSurge: '1', maxUnavailable: 0"), "");
  EXPECT_TRUE(has(canary("canaryService: a, stableService: a"), "the stable and canary services"));
  EXPECT_TRUE(has(canary("trafficRouting: {smi: {}}"),
                  "stableService: Canary service and Stable service must to be set to use Traffic "
                  "Routing"));
  EXPECT_EQ(
      canary("trafficRouting: {istio: {destinationRule: {name: d}, virtualService: {name: v}}}"),
      "");
}

TEST(ArgoRollout, PingPong) {
  EXPECT_TRUE(
      has(canary("pingPong: {pingService: a, pongService: ''}, trafficRouting: {alb: {ingress: "
                 "i, servicePort: 80, rootService: r}}"),
          "pongService: Ping service and Pong service must to be set to use Ping-Pong "
          "feature"));
  EXPECT_TRUE(has(canary("pingPong: {pingService: a, pongService: a}"),
                  "the same service for the ping and pong services"));
  EXPECT_TRUE(has(routed("smi: {}", "pingPong: {pingService: a, pongService: b}"),
                  "Ping-pong feature works with the ALB and Istio traffic routing only"));
  EXPECT_EQ(
      routed("istio: {virtualService: {name: v}}", "pingPong: {pingService: a, pongService: b}"),
      "");
  EXPECT_TRUE(has(canary("pingPong: {pingService: a, pongService: b}, trafficRouting: {alb: {}}"),
                  "Root service field is required"));
}

TEST(ArgoRollout, Scaling) {
  EXPECT_TRUE(has(canary("scaleDownDelaySeconds: 5"),
                  "Canary scaleDownDelaySeconds can only be used with traffic routing"));
  EXPECT_TRUE(has(canary("dynamicStableScale: true"),
                  "Canary dynamicStableScale can only be used with traffic routing"));
  EXPECT_TRUE(has(routed("smi: {}", "dynamicStableScale: true, scaleDownDelaySeconds: 10"),
                  "Canary dynamicStableScale cannot be used with scaleDownDelaySeconds"));
  EXPECT_TRUE(has(routed("smi: {}, maxTrafficWeight: 1000", ""),
                  "Canary maxTrafficWeight in traffic routing only support in Nginx and Plugins"));
}

TEST(ArgoRollout, Steps) {
  EXPECT_TRUE(has(canary("steps: [{}]"),
                  "E020 spec.strategy.canary.steps[0]: Step must have one of the following set: "
                  "experiment, setWeight, setCanaryScale or pause"));
  EXPECT_TRUE(has(canary("steps: [{setWeight: 5, pause: {}}]"), "Step must have one of"));
  EXPECT_TRUE(has(canary("steps: [{setWeight: 101}]"), "SetWeight needs to be between 0 and 100"));
  EXPECT_TRUE(has(canary("steps: [{setWeight: -1}]"), "SetWeight needs to be between 0 and 100"));
  EXPECT_TRUE(has(routed("maxTrafficWeight: 1000, nginx: {}", "steps: [{setWeight: 1001}]"),
                  "SetWeight needs to be between 0 and 1000"));
  EXPECT_EQ(canary("steps: [{pause: {duration: -500ms}}]"), "") << "whole seconds are counted";
  for (std::string_view duration : {"1x", "-5", "'-1s'", "'9999999999'"}) {
    EXPECT_TRUE(has(canary("steps: [{pause: {duration: " + std::string(duration) + "}}]"),
                    "steps[0].pause.duration: Duration needs to be greater than 0"))
        << duration;
  }
  EXPECT_TRUE(has(canary("steps: [{setCanaryScale: {weight: 5}}]"),
                  "SetCanaryScale requires TrafficRouting to be set"));
  EXPECT_TRUE(has(canary("steps: [{experiment: {templates: [{name: a, weight: 5}]}}]"),
                  "Experiment template weight cannot be set unless TrafficRouting is enabled"));
  EXPECT_TRUE(has(routed("nginx: {}", "steps: [{experiment: {templates: [{weight: 5}]}}]"),
                  "Experiment template weight is only available for"));
  EXPECT_TRUE(has(canary("steps: [{analysis: {args: [{name: a, valueFrom: {fieldRef: {fieldPath: "
                         "metadata.foo}}}]}}]"),
                  "Analyses arguments must refer to valid object metadata"));
  EXPECT_EQ(canary("steps: [{analysis: {args: [{name: a, valueFrom: {fieldRef: {fieldPath: "
                   "\"metadata.labels['x']\"}}}, {name: b, valueFrom: {fieldRef: {fieldPath: "
                   "spec.replicas}}}]}}]"),
            "");
}

TEST(ArgoRollout, ArgumentsNameFieldsOfTheObject) {
  const auto errors = [](std::string_view field) {
    const std::string args =
        "args: [{name: x, valueFrom: {fieldRef: {fieldPath: \"" + std::string(field) + "\"}}}]";
    const std::string step =
        canary("steps: [{analysis: {templates: [{templateName: t}], " + args + "}}]");
    const std::string experiment = canary(
        "steps: [{experiment: {templates: [{name: c, specRef: canary}], analyses: [{name: "
        "a, templateName: t, " +
        args + "}]}}]");
    EXPECT_EQ(step.empty(), experiment.empty()) << step << experiment;
    return step;
  };
  for (const char* known : {"metadata.name", "metadata.uid", "metadata.labels['app']",
                            "metadata.annotations['Team.example/Owner']", "spec.replicas"}) {
    EXPECT_EQ(errors(known), "") << known;
  }
  for (const char* unknown : {"metadata.foo", "metadata.labels['a b']", "metadata.name['x']",
                              "metadata.labels['']", "metadata.labels['a/b/c']"}) {
    EXPECT_TRUE(has(errors(unknown), "supported by downwardAPI")) << unknown;
  }
}

TEST(ArgoRollout, Routes) {
  constexpr std::string_view kIstio =
      "managedRoutes: [{name: h}], istio: {virtualService: {name: v}}";
  auto header = [&](std::string_view match) {
    return routed(kIstio,
                  "steps: [{setHeaderRoute: {name: h, match: [" + std::string(match) + "]}}]");
  };
  EXPECT_EQ(header("{headerName: X, headerValue: {exact: a}}"), "");
  EXPECT_TRUE(
      has(header("{headerName: X}"),
          "StringMatch value missed, match value must have one of the following: exact, regex, "
          "prefix"));
  EXPECT_TRUE(has(header("{headerName: X, headerValue: {exact: a, regex: b}}"),
                  "StringMatch match value must have exactly one of the following"));
  EXPECT_TRUE(has(canary("steps: [{setHeaderRoute: {name: h}}]"),
                  "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix"));
  EXPECT_TRUE(has(routed("managedRoutes: [{name: h}], nginx: {stableIngress: i}",
                         "steps: [{setHeaderRoute: {name: h}}]"),
                  "SetHeaderRoute requires TrafficRouting, supports Istio and ALB and Apisix"));
  EXPECT_TRUE(
      has(routed("managedRoutes: [{name: h}], alb: {}",
                 "steps: [{setHeaderRoute: {name: h, match: [{headerValue: {regex: a}}]}}]"),
          "ALB supports 'exact' value only"));
  EXPECT_TRUE(has(routed("istio: {}", "steps: [{setHeaderRoute: {name: h}}]"),
                  "Rollout has missing field 'spec.strategy.canary.trafficRouting.managedRoutes'"));
  EXPECT_TRUE(has(routed(kIstio, "steps: [{setMirrorRoute: {name: other}}]"),
                  "Steps define a route that does not exist in"));
  EXPECT_TRUE(has(routed("managedRoutes: [], istio: {}", "steps: [{setHeaderRoute: {name: h}}]"),
                  "Steps define a route that does not exist in"));
  EXPECT_TRUE(has(routed("managedRoutes: [{name: h}], nginx: {}",
                         "steps: [{setMirrorRoute: {name: h, match: [{method: {}}]}}]"),
                  "SetMirrorRoute requires TrafficRouting, supports Istio only"));
}

}  // namespace
}  // namespace serin::rollout
