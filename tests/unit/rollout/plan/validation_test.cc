#include "rollout/plan/validation.h"

#include <gtest/gtest.h>

#include "analysis/templates/codes.h"
#include "analysis/templates/features.h"
#include "base/config/parsers.h"
#include "rollout/plan/codes.h"
#include "unit/rollout/plan/testing.h"

namespace serin::rollout {
namespace {

constexpr std::string_view kAnalysis = ", analysis: {templates: [{templateName: t}]}}";

// Problems of a rollout with these steps (flow form).
std::string with_steps(std::string_view steps, std::string_view more = "") {
  return read_and_validate(rollout_of("{steps: " + std::string(steps) + std::string(more) +
                                      std::string(kAnalysis)))
      .problems;
}

std::string with_haproxy(std::string_view haproxy) {
  return with_steps("[{setWeight: 5}, {pause: {}}]",
                    ", trafficRouting: {haproxy: " + std::string(haproxy) + "}");
}

// Problems of a rollout with this name.
std::string named(std::string_view name, std::string_view more = "") {
  return read_and_validate("kind: Rollout\nmetadata: {name: '" + std::string(name) +
                           "'}\nspec: {strategy: {canary: {steps: [{setWeight: 5}, {pause: {}}], "
                           "analysis: {templates: [{templateName: t}]}}}" +
                           std::string(more) + "}")
      .problems;
}

TEST(Names, AreDnsLabels) {
  for (std::string_view name : {"a", "1", "a-1", "1a", "checkout"}) EXPECT_EQ(named(name), "");
  EXPECT_EQ(named(std::string(63, 'a')), "");
  EXPECT_EQ(named(std::string(64, 'a')),
            "r.yaml:2:18: error E010 metadata.name: the name has 64 characters, at most 63 are "
            "allowed\n1 error\n");
  for (std::string_view name : {"-a", "a-", "A", "a_b", "a.b", "", "\xc3\xa9"}) {
    EXPECT_NE(named(name).find("error E010 metadata.name"), std::string::npos) << name;
  }
}

TEST(Names, StrictOnesStartWithALetterAndHaveFourCharacters) {
  EXPECT_EQ(named("abcd", ", naming: strict"), "");
  EXPECT_NE(named("abc", ", naming: strict").find("at least 4 characters"), std::string::npos);
  EXPECT_NE(named("1abc", ", naming: strict").find("starts with a letter"), std::string::npos);
}

TEST(Weights, AreAboveZeroAndAtMostAll) {
  EXPECT_EQ(with_steps("[{setWeight: 0.01}, {pause: {}}, {setWeight: 100}]"), "");
  EXPECT_EQ(
      with_steps("[{setWeight: 0}, {pause: {}}]"),
      "r.yaml:5:34: error E012 spec.strategy.canary.steps[0].setWeight: a weight must be above "
      "0\n1 error\n");
  for (std::string_view weight : {"-1", "101", "5.001", "x", "1e1"}) {
    std::string problems = with_steps("[{setWeight: " + std::string(weight) + "}, {pause: {}}]");
    EXPECT_NE(problems.find("error E006 spec.strategy.canary.steps[0].setWeight: weight"),
              std::string::npos)
        << problems;
  }
  EXPECT_NE(with_steps("[{setWeight: []}]").find("error E005"), std::string::npos);
}

TEST(Weights, ThatDoNotGrowAreWarnedOf) {
  std::string problems =
      with_steps("[{setWeight: 50}, {pause: {}}, {setWeight: 50}, {pause: {}}, {setWeight: 10}]");
  EXPECT_EQ(problems,
            "r.yaml:5:64: warning W020 spec.strategy.canary.steps[2].setWeight: 50 % is not above "
            "the 50 % before it; allowDecrease: true if this is meant\n"
            "r.yaml:5:94: warning W020 spec.strategy.canary.steps[4].setWeight: 10 % is not above "
            "the 50 % before it; allowDecrease: true if this is meant\n"
            "2 warnings\n");
  EXPECT_EQ(with_steps("[{setWeight: 50}, {pause: {}}, {setWeight: 10}]", ", allowDecrease: true"),
            "");
}

TEST(Weights, ThatNobodyWatchesAreWarnedOf) {
  EXPECT_NE(with_steps("[{setWeight: 5}, {setWeight: 10}, {pause: {}}]")
                .find("warning W024 spec.strategy.canary.steps[0].setWeight"),
            std::string::npos);
}

TEST(Weights, MustBeWithinWhatTheRouterCanExpress) {
  constexpr std::string_view kWeights =
      ", trafficRouting: {haproxy: {socket: /s, backend: b, stable: [s1], canary: [c1]}}";
  EXPECT_EQ(with_steps("[{setWeight: 0.38}, {pause: {}}]", kWeights), "") << "1 of 257";
  EXPECT_EQ(
      with_steps("[{setWeight: 0.37}, {pause: {}}]", kWeights),
      "r.yaml:5:34: error E012 spec.strategy.canary.steps[0].setWeight: 0.37 % is below what "
      "this router can express (0.38 %); two HAProxy backends with a map, or the Gateway API, "
      "can express 0.01 %\n1 error\n");
  EXPECT_NE(with_steps("[{setWeight: 2.5}, {pause: {}}]", ", trafficRouting: {istio: {}}")
                .find("error E012 spec.strategy.canary.steps[0].setWeight: Istio's weights"),
            std::string::npos);
  TrafficRouting none;
  EXPECT_EQ(smallest_share(none).units(), 1);
}

TEST(Plan, NeedsTrafficAndSomebodyWhoJudges) {
  EXPECT_NE(
      with_steps("[{pause: {}}]").find("error E021 spec.strategy.canary.steps: no step gives"),
      std::string::npos);
  auto problems = read_and_validate(rollout_of("{steps: [{setWeight: 5}, {pause: {}}]}")).problems;
  EXPECT_NE(problems.find("warning W023 spec.strategy.canary: nothing judges"), std::string::npos);
  auto stepwise = read_and_validate(
                      rollout_of("{steps: [{setWeight: 5}, {analysis: {templates: [{templateName: "
                                 "smoke}]}}]}"))
                      .problems;
  EXPECT_EQ(stepwise.find("W023"), std::string::npos) << "a step's analysis judges too";
  EXPECT_NE(
      read_and_validate(rollout_of("{steps: [{setWeight: 5}], analysis: {}}"))
          .problems.find("error E021 spec.strategy.canary.analysis: the analysis has neither"),
      std::string::npos);
  EXPECT_NE(read_and_validate(rollout_of("{steps: [{setWeight: 5}], analysis: {startingStep: 2, "
                                         "templates: [{templateName: t}, {templateName: t}]}}"))
                .problems.find("E021 spec.strategy.canary.analysis.startingStep: there are only 1"),
            std::string::npos);
}

TEST(Plan, TheNumberOfStepsIsBounded) {
  auto steps = [](std::size_t count) {
    std::string text = "[{setWeight: 5}";
    for (std::size_t i = 1; i < count; ++i) text += ", {pause: {}}";
    return text + "]";
  };
  EXPECT_EQ(with_steps(steps(kStepsMax)), "");
  EXPECT_NE(with_steps(steps(kStepsMax + 1)).find("1001 steps, at most 1000 are allowed"),
            std::string::npos);
}

TEST(Haproxy, NeedsAllOfOneLayout) {
  EXPECT_EQ(with_haproxy("{socket: /s, backend: b, stable: s, canary: c}"), "");
  EXPECT_NE(with_haproxy("{backend: b, stable: s, canary: c}").find("error E007"),
            std::string::npos);
  EXPECT_NE(with_haproxy("{socket: /s}")
                .find("error E022 spec.strategy.canary.trafficRouting."
                      "haproxy: neither layout is given"),
            std::string::npos);
  EXPECT_NE(with_haproxy("{socket: /s, backend: b, map: m}").find("do not go with map"),
            std::string::npos);
  EXPECT_NE(with_haproxy("{socket: /s, backend: b, stable: s}").find("haproxy.canary: 'canary' is"),
            std::string::npos);
  EXPECT_NE(
      with_haproxy("{socket: /s, map: m, stableBackend: b}").find("'canaryBackend' is needed"),
      std::string::npos);
  EXPECT_NE(with_haproxy("{socket: /s, map: m, stableBackend: b, canaryBackend: b}")
                .find("the slots must be two backends"),
            std::string::npos);
  EXPECT_NE(with_haproxy("{socket: /s, backend: b, stable: [x, y], canary: [y]}")
                .find("a server stands twice"),
            std::string::npos);
  EXPECT_NE(with_haproxy("{socket: '', backend: b, stable: s, canary: c}").find("path is empty"),
            std::string::npos);
}

TEST(Routing, IsOneRouter) {
  EXPECT_NE(with_steps("[{setWeight: 5}, {pause: {}}]", ", trafficRouting: {istio: {}, smi: {}}")
                .find("error E022 spec.strategy.canary.trafficRouting: more than one router"),
            std::string::npos);
  EXPECT_NE(with_steps("[{setWeight: 5}, {pause: {}}]", ", trafficRouting: {maxTrafficWeight: 10}")
                .find("maxTrafficWeight: weights are percentages"),
            std::string::npos);
}

TEST(Workload, FitsTogether) {
  auto problems = [](std::string_view workload) {
    return read_and_validate(
               rollout_of("{steps: [{setWeight: 5}, {pause: {}}]" + std::string(kAnalysis),
                          "  workload: " + std::string(workload) + "\n"))
        .problems;
  };
  EXPECT_EQ(problems("{command: {apply: [x]}, instances: 2, capacity: 25}"), "");
  EXPECT_EQ(problems("{process: {command: [x], stablePorts: [1, 2], canaryPorts: [3]}}"), "");
  EXPECT_NE(problems("{command: {apply: [x]}, systemd: {unit: u}}").find("error E023"),
            std::string::npos);
  EXPECT_NE(problems("{process: {command: [x], stablePorts: [1], canaryPorts: [1]}}")
                .find("a port stands twice"),
            std::string::npos);
  EXPECT_NE(problems("{process: {command: [x], stablePorts: [], canaryPorts: [1]}}")
                .find("both slots need at least one port"),
            std::string::npos);
  EXPECT_NE(problems("{process: {command: [x], stablePorts: [0], canaryPorts: [70000]}}")
                .find("error E006 spec.workload.process.stablePorts[0]: 0 is less than 1"),
            std::string::npos);
  EXPECT_NE(problems("{instances: 2}").find("nothing that serin could scale"), std::string::npos);
  EXPECT_NE(problems("{command: {apply: [x]}, capacity: 0}").find("a capacity of 0"),
            std::string::npos);
}

TEST(Notifications, AreOneKindWithANameAndAnAddress) {
  auto problems = [](std::string_view targets) {
    return read_and_validate(
               rollout_of("{steps: [{setWeight: 5}, {pause: {}}]" + std::string(kAnalysis),
                          "  notifications: " + std::string(targets) + "\n"))
        .problems;
  };
  auto has = [&](std::string_view targets, std::string_view part) {
    std::string found = problems(targets);
    EXPECT_NE(found.find(part), std::string::npos) << found;
  };
  EXPECT_EQ(problems("[{name: hook, webhook: {url: 'https://h.example'}, level: alert}, {name: "
                     "chat, slack: {urlFrom: {secretKeyRef: {name: chat, key: url}}}}, {name: "
                     "pager, alertmanager: {address: 'http://a:9093', labels: {team: shop}}}]"),
            "");
  has("[{name: hook}]", "exactly one");
  has("[{name: hook, webhook: {}}]", "exactly one");
  has("[{name: hook, webhook: {url: h.example}}]", "is no web address");
  has("[{name: a, alertmanager: {address: 'a:9093'}}]", "is no web address");
  has("[{name: Hook, webhook: {url: 'http://h'}}]", "error E010 spec.notifications[0].name");
  has("[{name: a, webhook: {url: 'http://h'}}, {name: a, webhook: {url: 'http://i'}}]",
      "another target has this name");
  has("[{name: chat, slack: {url: 'https://hooks.example/T0'}}]", "url");
  has("[{name: a, webhook: {url: 'http://h'}, level: loud}]", "loud");
}

TEST(Match, ConditionsAreChecked) {
  auto problems = [](std::string_view match) {
    return with_steps("[{setWeight: 5}, {pause: {}}]", ", match: [" + std::string(match) + "]");
  };
  EXPECT_EQ(
      problems("{cookie: {regex: '^(.*;)?User=Internal(;.*)?$'}, header: {key: User, exact: a}}"),
      "");
  EXPECT_EQ(problems("{os: [ios, android], browser: chrome, query: [{key: a, regex: 'b+'}]}"), "");
  EXPECT_NE(problems("{}").find("error E024 spec.strategy.canary.match[0]: a rule without"),
            std::string::npos);
  EXPECT_NE(problems("{header: {key: a, regex: '(?!x)'}}")
                .find("error E024 spec.strategy.canary.match[0].header[0].regex: '(?!x)': "),
            std::string::npos);
  EXPECT_NE(problems("{os: linux}").find("'linux' is not one of ios, android, windows or macos"),
            std::string::npos);
  EXPECT_NE(problems("{cookie: {name: a}}").find("a cookie has a name and a value, or a regex"),
            std::string::npos);
  EXPECT_NE(problems("{header: {key: a}}").find("error E008"), std::string::npos);
  EXPECT_NE(problems("{header: {key: '', exact: a}}").find("the name is empty"), std::string::npos);
  for (const char* empty :
       {"{header: {key: a, exact: ''}}", "{header: {key: a, regex: ''}}",
        "{query: {key: '', exact: a}}", "{query: {key: a, exact: ''}}", "{cookie: {regex: ''}}",
        "{cookie: {name: a, value: ''}}", "{header: {key: 'a b', exact: c}}"}) {
    EXPECT_NE(problems(empty).find("error E024"), std::string::npos) << empty << problems(empty);
  }
}

TEST(Match, OnlySoManyRulesAndHeaderRoutesAreInForce) {
  auto problems = [](std::size_t rules, int routes) {
    std::string match;
    for (std::size_t i = 0; i < rules; ++i) match += "{os: ios}, ";
    std::string steps;
    for (int i = 0; i < routes; ++i) {
      steps += "{setHeaderRoute: {name: r" + std::to_string(i) +
               ", match: [{headerName: X-A, headerValue: {exact: b}}]}}, ";
    }
    return with_steps("[" + steps + "{setWeight: 5}, {pause: {}}]", ", match: [" + match + "]");
  };
  EXPECT_EQ(problems(MatchRule::kRulesMax, 0), "");
  EXPECT_EQ(problems(MatchRule::kRulesMax - 2, 2), "");
  EXPECT_NE(problems(MatchRule::kRulesMax + 1, 0).find("error E024"), std::string::npos);
  EXPECT_NE(
      problems(MatchRule::kRulesMax - 1, 2).find("17 rules, header routes and mirrors, at most 16"),
      std::string::npos);
}

TEST(Match, WhatTheRouterCantSayIsNamed) {
  auto problems = [](std::string_view routing, std::string_view match) {
    return with_steps("[{setWeight: 5}, {pause: {}}]", ", trafficRouting: " + std::string(routing) +
                                                           ", match: [" + std::string(match) + "]");
  };
  constexpr std::string_view kNginx = "{nginx: {file: /a, stableUpstream: b, canaryUpstream: c}}";
  constexpr std::string_view kHaproxy =
      "{haproxy: {socket: /s, map: /m, matchMap: /n, stableBackend: b, canaryBackend: c}}";
  EXPECT_EQ(problems(kHaproxy, "{header: {key: X_A, exact: b}}"), "");
  EXPECT_NE(problems(kNginx, "{header: {key: X_A, exact: b}}")
                .find("error E024 spec.strategy.canary.match[0]: nginx can't read the header"),
            std::string::npos);
  std::string wide;  // each part becomes a list of all bytes but two
  for (int i = 0; i < 60; ++i) wide += "[^ab]";
  std::string conditions;
  for (int i = 0; i < 3; ++i) {
    conditions += "{key: X-" + std::to_string(i) + ", regex: '" + wide.substr(0, 250) + "'}, ";
  }
  EXPECT_NE(problems(kHaproxy, "{header: [" + conditions + "]}").find("bytes as the proxy reads"),
            std::string::npos);
}

TEST(Match, InAMeshTheServiceMustBeTheOneThatClientsReach) {
  auto problems = [](std::string_view routing, std::string_view spec) {
    return read_and_validate(rollout_of("{steps: [{setWeight: 5}, {pause: {}}], match: [{os: "
                                        "ios}], trafficRouting: " +
                                            std::string(routing) + std::string(kAnalysis),
                                        spec))
        .problems;
  };
  constexpr std::string_view kIstio = "{istio: {virtualService: {name: a}}}";
  EXPECT_NE(problems(kIstio, "").find("warning W028 spec.strategy.canary.match"),
            std::string::npos);
  EXPECT_EQ(problems(kIstio, "  endpoint: https://a.example.org\n"), "");
  EXPECT_EQ(problems("{nginx: {file: /a, stableUpstream: b, canaryUpstream: c}}", ""), "");
}

TEST(Routing, OnlyHaproxyTakesTheCanaryOutByItself) {
  auto problems = [](std::string_view routing) {
    return read_and_validate(rollout_of("{steps: [{setWeight: 5}, {pause: {}}], trafficRouting: " +
                                            std::string(routing) + std::string(kAnalysis),
                                        "  onEngineLoss: stable\n"))
        .problems;
  };
  for (std::string_view routing :
       {"{nginx: {file: /a, stableUpstream: b, canaryUpstream: c}}", "{webhook: {url: 'http://a'}}",
        "{command: {set: [a], get: [b]}}"}) {
    EXPECT_NE(problems(routing).find("error E022 spec.strategy.canary.trafficRouting"),
              std::string::npos)
        << routing;
  }
  EXPECT_NE(problems("{webhook: {url: 'ftp://a'}}").find("is no http or https URL"),
            std::string::npos);
}

TEST(Supported, WhatIsToComeIsRefused) {
  auto problems = [](std::string_view canary, std::string_view spec = "") {
    return read_and_validate(rollout_of(canary, spec), true).problems;
  };
  std::string steps = problems(
      "{steps: [{setWeight: 5}, {pause: {}}, {approval: {}}, {experiment: {a: 1}}, {analysis: "
      "{templates: [{templateName: t}]}}], trafficRouting: {istio: {}}, match: [{os: ios}], "
      "analysis: "
      "{metrics: [{name: m, provider: {job: {}}}]}}",
      "  promotion: {mode: copy}\n  workload: {systemd: {unit: u}}\n  onEngineLoss: stable\n");
  // What is supported is the table's business (analysis/templates/features.h).
  for (const auto& [feature, place] : std::vector<std::pair<std::string, std::string>>{
           {"step.approval", "spec.strategy.canary.steps[2].approval"},
           {"step.experiment", "spec.strategy.canary.steps[3].experiment"},
           {"step.analysis", "spec.strategy.canary.steps[4].analysis"},
           {"router.istio", "spec.strategy.canary.trafficRouting.istio"},
           {"match", "spec.strategy.canary.match"},
           {"provider.job.spec", "spec.strategy.canary.analysis.metrics[0].provider.job.spec"},
           {"promotion.copy", "spec.promotion.mode"},
           {"workload.systemd", "spec.workload.systemd"},
           {"onEngineLoss.stable", "spec.onEngineLoss"}}) {
    std::string expected =
        "E013 " + place + ": '" + feature.substr(feature.find('.') + 1) + "' is not supported yet";
    EXPECT_EQ(steps.find(expected) == std::string::npos, analysis::is_supported(feature))
        << expected << "\n"
        << steps;
  }
  EXPECT_NE(steps.find("'experiment' is not supported yet (supported: "), std::string::npos);
}

TEST(Hooks, NeedACommandOrAWebAddress) {
  std::string problems = read_and_validate(R"(kind: Rollout
metadata: {name: r}
spec:
  hooks:
    start: {url: 'ftp://x'}
    beforeStep: {command: []}
    end: {command: [a], timeout: 0s}
  strategy:
    canary: {steps: [{setWeight: 5}, {hook: {url: x}}]}
)")
                             .problems;
  for (const char* place :
       {"spec.hooks.start.url: 'ftp://x' is no http", "spec.hooks.beforeStep.command",
        "spec.hooks.end.timeout", "spec.strategy.canary.steps[1].hook.url"}) {
    EXPECT_NE(problems.find(place), std::string::npos) << place << "\n" << problems;
  }
}

TEST(Baseline, FreshNeedsSomebodyWhoStartsInstancesAndRoomForThem) {
  auto problems = [](const std::string& workload, const std::string& canary = "",
                     const std::string& more = "") {
    return read_and_validate("kind: Rollout\nmetadata: {name: r}\nspec:\n  workload: {" + workload +
                             "}\n" + more +
                             "  strategy: {canary: {steps: [{setWeight: 5}, {pause: {}}]" + canary +
                             "}}\n")
        .problems;
  };
  auto has = [&](const std::string& text, const std::string& workload,
                 const std::string& canary = "", const std::string& more = "") {
    std::string found = problems(workload, canary, more);
    EXPECT_NE(found.find(text), std::string::npos) << found;
  };
  auto fits = [&](const std::string& workload, const std::string& canary = "",
                  const std::string& more = "") {
    std::string found = problems(workload, canary, more);
    EXPECT_EQ(found.find("error"), std::string::npos) << found;
  };
  const std::string command = "command: {apply: [a], observe: [o]}, baseline: ";
  fits(command + "fresh");
  fits(command + "none");
  has("'old'", command + "old");
  has("spec.workload.baseline: there is no workload", "baseline: fresh");
  has("spec.workload.command: baseline: fresh must know", "command: {apply: [a]}, baseline: fresh");
  has("spec.workload.baseline: rules on content", command + "fresh",
      ", match: [{path: {prefix: /a}}], trafficRouting: {haproxy: {socket: /s, map: /m, "
      "matchMap: /n, stableBackend: a, canaryBackend: b}}");
  fits("systemd: {unit: 's-{slot}@{instance}.service'}, baseline: fresh");
  has("spec.workload.systemd.unit: this unit", "systemd: {unit: 's-{slot}'}, baseline: fresh");

  auto process = [](const char* stable, const char* canary) {
    return std::string("process: {command: [a], stablePorts: ") + stable +
           ", canaryPorts: " + canary + "}, instances: 2, baseline: fresh";
  };
  fits(process("[1, 2, 3]", "[4, 5, 6]"));
  has("stablePorts: 2 ports are too few", process("[1, 2]", "[4, 5, 6]"));
  has("canaryPorts: 1 port is too few for stable's own instances and 2 fresh ones",
      process("[1, 2, 3]", "[4]"));
  fits(process("[1, 2, 3]", "[4, 5]"), "", "  promotion: {mode: copy}\n");
  // As many as any step gives the canary.
  std::string scaled =
      read_and_validate("kind: Rollout\nmetadata: {name: r}\nspec:\n  workload: {" +
                        process("[1, 2, 3]", "[4, 5, 6]") +
                        "}\n  strategy: {canary: {steps: [{setWeight: 5}, {setCanaryScale: "
                        "{replicas: 3}}, {pause: {}}]}}\n")
          .problems;
  EXPECT_NE(scaled.find("stablePorts: 3 ports are too few"), std::string::npos) << scaled;

  std::string blue =
      read_and_validate("kind: Rollout\nmetadata: {name: r}\nspec:\n  workload: {" + command +
                        "fresh}\n  strategy: {blueGreen: {activeService: a, previewService: b}}\n")
          .problems;
  EXPECT_NE(blue.find("spec.workload.baseline: blueGreen gives"), std::string::npos) << blue;
}

TEST(Scale, NeedsAWorkloadAndAtLeastOneInstance) {
  auto problems = [](const std::string& workload) {
    return read_and_validate("kind: Rollout\nmetadata: {name: r}\nspec:\n" + workload +
                             "  strategy:\n    canary: {steps: [{setCanaryScale: {replicas: 0}}, "
                             "{setCanaryScale: {weight: 101}}, {setWeight: 5}]}\n")
        .problems;
  };
  std::string with = problems("  workload: {command: {apply: [a]}}\n");
  EXPECT_EQ(with.find("no workload"), std::string::npos) << with;
  EXPECT_NE(with.find("setCanaryScale.replicas"), std::string::npos) << with;
  EXPECT_NE(with.find("setCanaryScale.weight"), std::string::npos) << with;
  EXPECT_NE(problems("").find("no workload that serin could scale"), std::string::npos);
}

TEST(BlueGreen, ARouterIsEnough) {
  std::string problems = read_and_validate(R"(kind: Rollout
metadata: {name: r}
spec:
  strategy:
    blueGreen:
      trafficRouting: {haproxy: {socket: s, map: m, stableBackend: a, canaryBackend: b}}
)")
                             .problems;
  EXPECT_EQ(problems.find("error"), std::string::npos) << problems;
  std::string wrong = read_and_validate(R"(kind: Rollout
metadata: {name: r}
spec:
  strategy:
    blueGreen: {activeService: a, previewService: a, previewReplicaCount: 0,
                trafficRouting: {haproxy: {socket: s}}}
)")
                          .problems;
  for (const char* place : {"must be two services", "previewReplicaCount", "neither layout"}) {
    EXPECT_NE(wrong.find(place), std::string::npos) << place << "\n" << wrong;
  }
}

TEST(Strategy, IsExactlyOne) {
  EXPECT_NE(read_and_validate("{kind: Rollout, metadata: {name: r}, spec: {strategy: {}}}")
                .problems.find("error E008 spec.strategy: exactly one of canary or blueGreen"),
            std::string::npos);
  EXPECT_NE(
      read_and_validate("{kind: Rollout, metadata: {name: r}}").problems.find("error E007 spec"),
      std::string::npos);
  auto problems = [](const std::string& strategy) {
    return read_and_validate("kind: Rollout\nmetadata: {name: r}\nspec:\n  strategy: {" + strategy +
                             "}\n")
        .problems;
  };
  const std::string canary = "canary: {steps: [{setWeight: 5}, {pause: {}}]}";
  const std::string blue = "blueGreen: {activeService: a, previewService: b}";
  EXPECT_NE(problems(canary + ", " + blue).find("error E008 spec.strategy: exactly one of canary"),
            std::string::npos)
      << problems(canary + ", " + blue);
  EXPECT_NE(problems("abTest: {}").find("error E004 spec.strategy.abTest"), std::string::npos)
      << problems("abTest: {}");
  // One switch: neither weights nor rules on content.
  for (const char* policy : {"steps: [{setWeight: 5}]", "match: [{os: ios}]"}) {
    std::string found =
        problems("blueGreen: {activeService: a, previewService: b, " + std::string(policy) + "}");
    std::string field(policy, std::string_view(policy).find(':'));
    EXPECT_NE(found.find("error E004 spec.strategy.blueGreen." + field), std::string::npos)
        << found;
  }
}

TEST(Codes, AreUniqueOverTheProgram) {
  std::set<std::string_view> codes;
  for (const Rule& rule : analysis::kTemplateRules) EXPECT_TRUE(codes.insert(rule.code).second);
  for (const Rule& rule : kPlanRules) EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
  for (const Rule& rule :
       {config::kSyntax, config::kTooLarge, config::kDuplicateKey, config::kUnknownField,
        config::kWrongType, config::kInvalidValue, config::kMissingField, config::kNotOneOf,
        config::kUnknownKind, config::kIgnoredField, config::kAmbiguousText,
        config::kForeignDocument, config::kRepeatedKey}) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
  }
}

TEST(Deploys, StandWhereTheyMeanSomething) {
  auto problems = [](const std::string& steps,
                     const std::string& more = "  workload: {command: {apply: [a]}}\n") {
    return read_and_validate(rollout_of("{steps: [" + steps + "]}", more)).problems;
  };
  auto has = [&](const std::string& steps, const std::string& text,
                 const std::string& more = "  workload: {command: {apply: [a]}}\n") {
    std::string found = problems(steps, more);
    EXPECT_NE(found.find("error E021 spec.strategy.canary.steps" + text), std::string::npos)
        << steps << "\n"
        << found;
  };
  const std::string copy = "  workload: {command: {apply: [a]}}\n  promotion: {mode: copy}\n";
  EXPECT_EQ(problems("{pause: {}}, {deploy: {mode: start}}, {setWeight: 5}, {pause: {}}, {deploy: "
                     "{mode: rolling}}, {cleanup: {}}",
                     copy)
                .find("error"),
            std::string::npos);
  has("{deploy: {mode: start}}, {setWeight: 5}", "[0].deploy: there is no workload", "");
  has("{setWeight: 5}, {deploy: {mode: start}}", "[0]: this needs the canary");
  has("{analysis: {templates: [{templateName: t}]}}, {deploy: {mode: start}}, {setWeight: 5}",
      "[0]: this needs the canary");
  has("{pause: {duration: 5s}, gate: pass}, {deploy: {mode: start}}, {setWeight: 5}",
      "[0]: this needs the canary");
  has("{deploy: {mode: start}}, {deploy: {mode: start}}, {setWeight: 5}",
      "[1].deploy: the canary's instances are started once");
  has("{setWeight: 5}, {pause: {}}, {deploy: {mode: rolling}}", "[2].deploy.mode: stable's");
  has("{deploy: {mode: rolling}}, {setWeight: 5}", "[0].deploy: `rolling` belongs to", copy);
  has("{setWeight: 5}, {cleanup: {}}, {pause: {}}", "[1].cleanup: what is taken away");
  has("{setWeight: 5}, {cleanup: {}}", "[1].cleanup: with `promotion: {mode: manual}`",
      "  workload: {command: {apply: [a]}}\n  promotion: {mode: manual}\n");
  has("{setWeight: 5}, {cleanup: {}}", "[1].cleanup: there is no workload", "");
}

}  // namespace
}  // namespace serin::rollout
