// What is said of steps that a plugin carries out, and of those that copy requests.
#include <gtest/gtest.h>

#include "rollout/traffic/rules.h"
#include "unit/rollout/plan/testing.h"

namespace serin::rollout {
namespace {

constexpr std::string_view kAnalysis = ", analysis: {templates: [{templateName: t}]}}";

std::string with_mirror(std::string_view route, std::string_view routing) {
  return read_and_validate(rollout_of("{steps: [{setMirrorRoute: " + std::string(route) +
                                      "}, {setWeight: 5}, {pause: {}}], trafficRouting: " +
                                      std::string(routing) + std::string(kAnalysis)),
                           true)
      .problems;
}

constexpr std::string_view kNginxRouting =
    "{nginx: {file: /a, stableUpstream: b, canaryUpstream: c}}";

TEST(Mirror, IsForRoutersThatCanCopy) {
  constexpr std::string_view kAll = "{name: m, percentage: 5, match: [{path: {prefix: /}}]}";
  const std::string haproxy =
      with_mirror(kAll, "{haproxy: {socket: /s, map: /m, stableBackend: a, canaryBackend: b}}");
  EXPECT_NE(haproxy.find("error E013 spec.strategy.canary.steps[0].setMirrorRoute: serin can't "
                         "make the router (haproxy) send copies of requests to the canary: "
                         "HAProxy has nothing that copies requests; leave the step out, or "),
            std::string::npos)
      << haproxy;
  EXPECT_EQ(haproxy.find("E022"), std::string::npos) << "no map is missing: " << haproxy;
  EXPECT_NE(with_mirror(kAll, "{istio: {}}").find("the router (istio)"), std::string::npos);
  EXPECT_NE(read_and_validate(rollout_of("{steps: [{setMirrorRoute: {name: m}}, {setWeight: 5}, "
                                         "{pause: {}}]" +
                                         std::string(kAnalysis)),
                              true)
                .problems.find("without a router"),
            std::string::npos);
  for (std::string_view routing : {kNginxRouting, std::string_view("{webhook: {url: 'http://a'}}"),
                                   std::string_view("{command: {set: [a], get: [b]}}")}) {
    EXPECT_EQ(with_mirror(kAll, routing), "") << routing;
    EXPECT_EQ(with_mirror("{name: m}", routing), "") << "closes";
  }
}

TEST(Mirror, ConditionsAreHeadersOrAllRequests) {
  auto problems = [](std::string_view route) { return with_mirror(route, kNginxRouting); };
  EXPECT_EQ(problems("{name: m, match: [{headers: {X-A: {exact: '1'}, X-B: {prefix: b}}}]}"), "");
  EXPECT_EQ(problems("{name: m, match: [{path: {prefix: /}, headers: {a: {regex: 'b.*'}}}]}"), "");
  struct Case {
    const char* route;
    const char* expected;
  };
  for (const Case& each :
       {Case{"{name: '', match: [{path: {prefix: /}}]}", "setMirrorRoute.name: the name is empty"},
        Case{"{name: m, match: [{method: {exact: GET}}]}",
             "match[0].method: requests can't be chosen by their method"},
        Case{"{name: m, match: [{path: {prefix: /cart}}]}",
             "match[0].path: requests can't be chosen by their path; `path: {prefix: /}`"},
        Case{"{name: m, match: [{path: {exact: /}}]}", "match[0].path: requests"},
        Case{"{name: m, match: [{}]}", "match[0]: no condition is given; `path"},
        Case{"{name: m, match: [{headers: {X-A: {regex: '('}}}]}", "match[0].headers: '('"},
        Case{"{name: m, match: [{headers: {X_A: {exact: a}}}]}",
             "match[0].headers: nginx can't read the header"},
        Case{"{name: m, percentage: 0, match: [{path: {prefix: /}}]}",
             "setMirrorRoute.percentage: copies are made of 1 to 100 %"}}) {
    const std::string found = problems(each.route);
    EXPECT_NE(found.find(each.expected), std::string::npos) << each.route << "\n" << found;
    EXPECT_NE(found.find("error E024"), std::string::npos) << found;
  }
  EXPECT_NE(problems("{name: m, percentage: 101, match: [{path: {prefix: /}}]}").find("error"),
            std::string::npos);
}

TEST(Mirror, RulesOfAllRoutesAreBounded) {
  auto problems = [](std::size_t rules) {
    std::string match;
    for (std::size_t i = 0; i < rules; ++i) match += "{headers: {a: {exact: b}}}, ";
    return with_mirror("{name: m, match: [" + match + "]}", kNginxRouting);
  };
  EXPECT_EQ(problems(MatchRule::kRulesMax), "");
  EXPECT_NE(problems(MatchRule::kRulesMax + 1).find("17 rules, header routes and mirrors, at most"),
            std::string::npos);
}

TEST(Plugins, AreNamedByTheRolloutAndGetAMap) {
  auto problems = [](std::string_view plugin, std::string_view plugins = "{p: {command: [run]}}") {
    return read_and_validate(rollout_of("{steps: [{setWeight: 5}, {pause: {}}, {plugin: " +
                                            std::string(plugin) + "}]" + std::string(kAnalysis),
                                        "  plugins: " + std::string(plugins) + "\n"),
                             true)
        .problems;
  };
  EXPECT_EQ(problems("{name: p}"), "");
  EXPECT_EQ(problems("{name: p, config: {a: [1]}, timeout: 5s}"), "");
  EXPECT_EQ(problems("{name: a/b}", "{a/b: {url: 'http://a', timeout: 5s}}"), "");
  EXPECT_EQ(problems("{name: q}"),
            "r.yaml:5:67: error E021 spec.strategy.canary.steps[2].plugin.name: no plugin 'q' "
            "stands in spec.plugins, only p; write `plugins: {q: {command: [PROGRAM]}}` (or url) "
            "into spec\n1 error\n");
  EXPECT_NE(problems("{name: q}", "{}").find("nothing says what runs for the plugin 'q'"),
            std::string::npos);
  EXPECT_NE(problems("{name: p, config: text}").find("steps[2].plugin.config: a plugin's"),
            std::string::npos);
  EXPECT_NE(problems("{name: p, timeout: 0s}").find("steps[2].plugin.timeout"), std::string::npos);
  EXPECT_NE(problems("{name: p}", "{p: {command: []}}").find("E021 spec.plugins.p.command"),
            std::string::npos);
  // {"a":"…"}
  auto config = [](std::size_t bytes) {
    return "{name: p, config: {a: " + std::string(bytes - 8, 'x') + "}}";
  };
  EXPECT_EQ(problems(config(PluginStep::kConfigBytesMax)), "");
  EXPECT_NE(problems(config(PluginStep::kConfigBytesMax + 1)).find("65537 bytes as JSON"),
            std::string::npos);
}

TEST(Plugins, OfArgosDocumentsAreOnlyRead) {
  std::string problems = read_and_validate(R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r}
spec:
  plugins: {p: {command: [run]}}
  strategy: {canary: {steps: [{setWeight: 5}, {plugin: {name: p, config: {a: 1}}}]}}
)",
                                           true)
                             .problems;
  EXPECT_NE(problems.find("error E013 spec.strategy.canary.steps[1].plugin: what runs for a plugin "
                          "is known to Argo's controller only"),
            std::string::npos)
      << problems;
}

}  // namespace
}  // namespace serin::rollout
