#include "rollout/plan/read.h"

#include <gtest/gtest.h>

#include "unit/rollout/plan/testing.h"

namespace serin::rollout {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kCheckout = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: checkout}
spec:
  strategy:
    canary:
      trafficRouting:
        haproxy: {socket: /run/haproxy.sock, backend: be, stable: [s1, s2], canary: c1}
      analysis:
        metrics:
        - name: error-rate
          compare: {errors: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total}}
      steps:
      - setWeight: 12.5
      - pause: {duration: 5m}
        gate: pass
      - pause: {}
)";

TEST(ReadRollout, AWholeRollout) {
  auto [rollout, problems] = read_and_validate(kCheckout, true);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(rollout.metadata.name, "checkout");
  const HaproxyRouting& haproxy = *rollout.canary->traffic_routing.haproxy;
  EXPECT_EQ(haproxy.socket, std::vector<std::string>{"/run/haproxy.sock"});
  EXPECT_EQ(haproxy.stable, (std::vector<std::string>{"s1", "s2"}));
  EXPECT_EQ(haproxy.canary, std::vector<std::string>{"c1"});
  EXPECT_FALSE(haproxy.map_layout());
  EXPECT_EQ(haproxy.drain, seconds(30));
  const auto& steps = rollout.canary->steps;
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(std::get<SetWeightStep>(steps[0].action).weight.units(), 1250);
  EXPECT_EQ(std::get<PauseStep>(steps[1].action).duration, minutes(5));
  EXPECT_TRUE(steps[1].gate_pass);
  EXPECT_EQ(std::get<PauseStep>(steps[2].action).duration, std::nullopt);
  EXPECT_EQ(steps[2].kind(), "pause");
  EXPECT_EQ(rollout.canary->analysis->metrics[0].name, "error-rate");
}

TEST(ReadRollout, DefaultsAreExplicit) {
  auto [rollout, problems] = read_and_validate(kCheckout);
  EXPECT_EQ(rollout.promotion.mode, PromotionMode::swap);
  EXPECT_EQ(rollout.promotion.warm, minutes(15));
  EXPECT_EQ(rollout.on_inconclusive, OnInconclusive::pause);
  EXPECT_FALSE(rollout.on_engine_loss);
  EXPECT_TRUE(rollout.edge_errors.enabled);
  EXPECT_EQ(rollout.verify.duration, Duration::zero());
  EXPECT_EQ(rollout.workload.kind(), "none");
}

TEST(ReadRollout, TheMapLayout) {
  auto [rollout, problems] = read_and_validate(rollout_of(
      "{trafficRouting: {haproxy: {socket: [/a.sock, /b.sock], map: /etc/haproxy/serin.map, "
      "stableBackend: be-stable, canaryBackend: be-canary, drain: 0s}}, steps: [{setWeight: 0.01}, "
      "{pause: {duration: 90}}], analysis: {templates: [{templateName: t}]}}"));
  EXPECT_EQ(problems, "");
  const HaproxyRouting& haproxy = *rollout.canary->traffic_routing.haproxy;
  EXPECT_TRUE(haproxy.map_layout());
  EXPECT_EQ(haproxy.socket.size(), 2U);
  EXPECT_EQ(haproxy.drain, Duration::zero());
  EXPECT_EQ(std::get<SetWeightStep>(rollout.canary->steps[0].action).weight.units(), 1);
  EXPECT_EQ(std::get<PauseStep>(rollout.canary->steps[1].action).duration, seconds(90));
}

TEST(ReadRollout, AnEndlessPauseInEveryForm) {
  for (std::string_view pause : {"{}", "{duration: 0}", "{duration: 0s}", "{duration: '0'}"}) {
    auto [rollout, problems] = read_and_validate(
        rollout_of("{steps: [{setWeight: 5}, {pause: " + std::string(pause) + "}]}"));
    EXPECT_EQ(std::get<PauseStep>(rollout.canary->steps.at(1).action).duration, std::nullopt);
    EXPECT_EQ(problems.find("error"), std::string::npos) << problems;
    EXPECT_EQ(problems.find("W021") != std::string::npos, pause != "{}") << problems;
  }
}

TEST(ReadRollout, APauseNeedsADuration) {
  auto fault = [](std::string_view duration) {
    return read_and_validate(
               rollout_of("{steps: [{setWeight: 5}, {pause: {duration: " + std::string(duration) +
                          "}}], analysis: {templates: [{templateName: t}]}}"))
        .problems;
  };
  EXPECT_EQ(fault("1x"),
            "r.yaml:5:57: error E006 spec.strategy.canary.steps[1].pause.duration: '1x' is no "
            "duration; seconds, or a duration such as 90s or 1h30m\n1 error\n");
  EXPECT_NE(fault("-5").find("error E006"), std::string::npos);
  EXPECT_NE(fault("1.5").find("error E005"), std::string::npos);
  EXPECT_EQ(fault("1m30s"), "");
}

TEST(ReadRollout, EveryKindOfStep) {
  auto [rollout, problems] = read_and_validate(rollout_of(R"({steps: [
      {deploy: {mode: start}},
      {setWeight: 5},
      {analysis: {templates: [{templateName: t}], args: [{name: a, value: 1}]}},
      {setCanaryScale: {replicas: 3}},
      {setHeaderRoute: {name: h, match: [{headerName: X, headerValue: {exact: y}}]}},
      {setMirrorRoute: {name: m, percentage: 10,
       match: [{path: {prefix: /}, headers: {a: {regex: b}}}]}},
      {plugin: {name: p, config: {a: 1}, timeout: 7s}},
      {experiment: {duration: 1m}},
      {approval: {timeout: 1h, onTimeout: rollback, comment: really}},
      {hook: {command: [run, it], timeout: 5s}},
      {deploy: {mode: rolling}},
      {cleanup: {}}]})",
                                                          "  workload: {command: {apply: [a]}}\n"
                                                          "  plugins: {p: {command: [run]}}\n"
                                                          "  promotion: {mode: copy}\n"));
  std::vector<std::string_view> kinds;
  for (const Step& step : rollout.canary->steps) kinds.push_back(step.kind());
  EXPECT_EQ(kinds,
            (std::vector<std::string_view>{"deploy", "setWeight", "analysis", "setCanaryScale",
                                           "setHeaderRoute", "setMirrorRoute", "plugin",
                                           "experiment", "approval", "hook", "deploy", "cleanup"}));
  const auto& steps = rollout.canary->steps;
  EXPECT_EQ(std::get<AnalysisStep>(steps[2].action).args[0].value, "1");
  EXPECT_EQ(std::get<SetHeaderRouteStep>(steps[4].action).match[0].header_value->exact, "y");
  EXPECT_EQ(std::get<SetMirrorRouteStep>(steps[5].action).match[0].headers.at("a").regex, "b");
  EXPECT_EQ(std::get<PluginStep>(steps[6].action).config["a"].integer(), 1);
  EXPECT_EQ(std::get<PluginStep>(steps[6].action).timeout, seconds(7));
  EXPECT_EQ(rollout.plugins.at("p").command, std::vector<std::string>{"run"});
  EXPECT_EQ(std::get<ApprovalStep>(steps[8].action).on_timeout, OnTimeout::rollback);
  EXPECT_EQ(std::get<HookStep>(steps[9].action).timeout, seconds(5));
  EXPECT_EQ(std::get<DeployStep>(steps[0].action).mode, DeployMode::start);
  EXPECT_EQ(std::get<DeployStep>(steps[10].action).mode, DeployMode::rolling);
  EXPECT_EQ(problems.find("error"), std::string::npos) << problems;
}

TEST(ReadRollout, AStepIsExactlyOneThing) {
  auto problems =
      read_and_validate(rollout_of("{steps: [{setWeight: 5, pause: {}}, {}, {gate: pass}, {gate: "
                                   "fail, setWeight: 6}]}"))
          .problems;
  EXPECT_NE(
      problems.find(
          "E008 spec.strategy.canary.steps[0]: exactly one of setWeight, pause, "
          "analysis, setCanaryScale, setHeaderRoute, setMirrorRoute, plugin, "
          "experiment, approval, hook, deploy or cleanup must be given, not setWeight and pause"),
      std::string::npos)
      << problems;
  EXPECT_NE(problems.find("E008 spec.strategy.canary.steps[1]"), std::string::npos);
  EXPECT_NE(problems.find("E008 spec.strategy.canary.steps[2]"), std::string::npos);
  EXPECT_NE(problems.find("E006 spec.strategy.canary.steps[3].gate: 'fail' is not one of pass"),
            std::string::npos);
}

TEST(ReadRollout, WritesWhatItRead) {
  for (const std::string& text : {
           std::string(kCheckout),
           rollout_of("{steps: [{setWeight: 5}, {experiment: {a: 1}}, {hook: {url: u}}], match: "
                      "[{cookie: {name: a, value: b}, os: ios}], analysis: {templates: "
                      "[{templateName: t, clusterScope: true}], startingStep: 1, boundary: "
                      "calibrated, falseRollbackRate: 0.02}}",
                      "  workload: {process: {command: [x], stablePorts: [1], canaryPorts: [2]}, "
                      "capacity: 50}\n  promotion: {mode: manual, warm: 1h}\n  verify: {duration: "
                      "10m}\n  onInconclusive: rollback\n  onEngineLoss: hold\n  naming: strict\n"
                      "  edgeErrors: {enabled: false}\n"
                      "  hooks: {start: {command: [a, b]}, end: {url: http://h, timeout: 5s}}\n"),
           std::string("kind: Rollout\nmetadata: {name: r}\nspec:\n  strategy:\n    blueGreen:\n"
                       "      autoPromotionSeconds: 5\n      trafficRouting: {haproxy: {socket: s, "
                       "map: m, stableBackend: a, canaryBackend: b}}\n"),
           std::string("apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n"
                       "spec:\n  rollbackWindow: {revisions: 3}\n  strategy:\n    canary:\n      "
                       "pingPong: {pingService: a}\n      trafficRouting: {maxTrafficWeight: 1000, "
                       "nginx: {stableIngress: i}, smi: {}}\n      steps: [{setWeight: 600}]\n"),
       }) {
    auto [rollout, problems] = read_and_validate(text);
    Json json = to_json(rollout);
    auto again = rollout_from_json(json);
    ASSERT_TRUE(again) << again.error().message << json.dump();
    EXPECT_EQ(to_json(*again).dump(), json.dump());
    EXPECT_TRUE(*again == rollout || (rollout.canary && rollout.canary->analysis))
        << "metrics keep the text that they were read from";
  }
}

TEST(ReadRollout, ArgosWeightsCountOfMaxTrafficWeight) {
  auto [rollout, problems] = read_and_validate(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  strategy:
    canary:
      trafficRouting: {maxTrafficWeight: 1000, nginx: {stableIngress: i}}
      steps: [{setWeight: 600}, {pause: {duration: 0}}, {pause: {duration: '10'}}]
)");
  const auto& steps = rollout.canary->steps;
  EXPECT_EQ(std::get<SetWeightStep>(steps[0].action).weight.units(), 6000);
  EXPECT_EQ(std::get<PauseStep>(steps[1].action).duration, Duration::zero()) << "passes at once";
  EXPECT_EQ(std::get<PauseStep>(steps[2].action).duration, seconds(10));
  EXPECT_NE(problems.find("warning W022 spec.strategy.canary.steps[1].pause.duration"),
            std::string::npos);
}

TEST(ReadRollout, ArgosWeightsAreWholeNumbers) {
  auto problems = read_and_validate(
                      "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {strategy: {canary: "
                      "{steps: [{setWeight: 12.5}]}}}}")
                      .problems;
  EXPECT_NE(problems.find("error E005 spec.strategy.canary.steps[0].setWeight: expected a whole "
                          "number, found the number 12.5"),
            std::string::npos)
      << problems;
}

}  // namespace
}  // namespace serin::rollout
