#include <gtest/gtest.h>

#include "rollout/plan/kubernetes/names.h"
#include "rollout/plan/kubernetes/pods.h"

namespace serin::rollout::kubernetes {
namespace {

Json json(std::string_view text) {
  return Json::parse(text).value();
}

// "path: message" a line.
struct Told {
  std::string lines;
  Report report = [this](const config::Path& path, const std::string& message) {
    lines += path.to_string() + ": " + message.substr(0, message.find(" (e.g.")) + "\n";
  };
};

std::string pod(std::string_view spec) {
  Told told;
  check_pod_template(json(R"({"spec":)" + std::string(spec) + "}"), config::Path(), told.report);
  return told.lines;
}

std::string container(std::string_view more) {
  return pod(R"({"containers":[{"name":"c","image":"i")" + std::string(more) + "}]}");
}

std::string selector(std::string_view text) {
  Told told;
  check_selector(json(text), config::Path() / "selector", told.report);
  return told.lines;
}

TEST(KubernetesNames, KeysOfLabels) {
  for (const char* good : {"app", "a", "My.App_1", "team.example.com/app", "a-b.c/D"}) {
    EXPECT_TRUE(qualified_name_faults(good).empty()) << good;
  }
  for (const char* bad : {"", "-a", "a-", "a b", "/a", "a/", "A.B/c", "a/b/c", "x..y/z"}) {
    EXPECT_FALSE(qualified_name_faults(bad).empty()) << bad;
  }
  EXPECT_TRUE(qualified_name_faults(std::string(kNamePartMax, 'a')).empty());
  EXPECT_FALSE(qualified_name_faults(std::string(kNamePartMax + 1, 'a')).empty());
  const auto prefixed = [](std::size_t length) { return std::string(length, 'p') + "/a"; };
  EXPECT_TRUE(qualified_name_faults(prefixed(kNamePrefixMax)).empty());
  EXPECT_FALSE(qualified_name_faults(prefixed(kNamePrefixMax + 1)).empty());
}

TEST(KubernetesNames, ValuesAndContainers) {
  for (const char* good : {"", "1", "v1.2_x-Y"})
    EXPECT_TRUE(label_value_faults(good).empty()) << good;
  for (const char* bad : {"a b", "-1", "1.", "é"}) EXPECT_FALSE(label_value_faults(bad).empty());
  for (const char* good : {"a", "0", "my-app"}) EXPECT_TRUE(dns_label_faults(good).empty());
  for (const char* bad : {"", "A", "a_b", "a-", "a.b"}) EXPECT_FALSE(dns_label_faults(bad).empty());
  EXPECT_TRUE(label_value_faults(std::string(kNamePartMax, 'a')).empty());
  EXPECT_FALSE(label_value_faults(std::string(kNamePartMax + 1, 'a')).empty());
}

TEST(KubernetesPods, SelectorsThatCannotBeUsed) {
  EXPECT_EQ(selector(R"({"matchLabels":{"app":"r"}})"), "");
  EXPECT_EQ(selector(R"({"matchExpressions":[{"key":"a","operator":"In"}]})"),
            "selector.matchExpressions[0].values: must be specified when `operator` is 'In' or "
            "'NotIn'\nselector: invalid label selector\n");
  EXPECT_EQ(selector(R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["x"]}]})"),
            "selector.matchExpressions[0].values: may not be specified when `operator` is 'Exists' "
            "or 'DoesNotExist'\nselector: invalid label selector\n");
  EXPECT_EQ(selector(R"({"matchExpressions":[{"key":"a","operator":"is"}]})"),
            "selector.matchExpressions[0].operator: not a valid selector operator\nselector: "
            "invalid label selector\n");
  EXPECT_NE(selector(R"({"matchLabels":{"a b":"r"}})").find("name part must consist of"),
            std::string::npos);
}

TEST(KubernetesPods, WhatASelectorSelects) {
  const Json labels = json(R"({"app":"r","tier":"web"})");
  const auto holds = [&](std::string_view text) { return selects(json(text), labels); };
  const auto where = [&](std::string_view requirement) {
    return holds(R"({"matchExpressions":[)" + std::string(requirement) + "]}");
  };
  EXPECT_TRUE(holds("{}"));
  EXPECT_TRUE(holds(R"({"matchLabels":{"app":"r"}})"));
  EXPECT_FALSE(holds(R"({"matchLabels":{"app":"r","zone":"a"}})"));
  EXPECT_TRUE(where(R"({"key":"app","operator":"In","values":["q","r"]})"));
  EXPECT_FALSE(where(R"({"key":"app","operator":"In","values":["q"]})"));
  EXPECT_FALSE(where(R"({"key":"zone","operator":"In","values":["q"]})"));
  EXPECT_TRUE(where(R"({"key":"zone","operator":"NotIn","values":["q"]})"));
  EXPECT_FALSE(where(R"({"key":"app","operator":"NotIn","values":["r"]})"));
  EXPECT_TRUE(where(R"({"key":"app","operator":"Exists"})"));
  EXPECT_FALSE(where(R"({"key":"app","operator":"DoesNotExist"})"));
  EXPECT_TRUE(where(R"({"key":"zone","operator":"DoesNotExist"})"));
  EXPECT_FALSE(where(R"({"key":"app","operator":"is"})"));
}

TEST(KubernetesPods, Containers) {
  EXPECT_EQ(container(""), "");
  EXPECT_EQ(pod("{}"), "spec.containers: Required value\n");
  EXPECT_EQ(pod(R"({"containers":[{}]})"),
            "spec.containers[0].name: Required value\nspec.containers[0].image: Required value\n");
  EXPECT_EQ(pod(R"({"containers":[{"name":"c","image":"i"},{"name":"c","image":"i "}]})"),
            "spec.containers[1].name: Duplicate value: \"c\"\nspec.containers[1].image: must not "
            "have leading or trailing whitespace\n");
  EXPECT_NE(pod(R"({"containers":[{"name":"C_x","image":"i"}]})").find("RFC 1123 label"),
            std::string::npos);
  EXPECT_EQ(container(R"(,"env":[{"name":"A"},{"value":"b"}])"),
            "spec.containers[0].env[1].name: Required value\n");
  EXPECT_EQ(pod(R"({"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]})"),
            "spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"\n");
}

TEST(KubernetesPods, PortsAndVolumes) {
  EXPECT_EQ(container(R"(,"ports":[{"containerPort":1},{"containerPort":65535}])"), "");
  EXPECT_EQ(container(R"(,"ports":[{"containerPort":65536}])"),
            "spec.containers[0].ports[0].containerPort: must be between 1 and 65535, inclusive\n");
  EXPECT_EQ(container(R"(,"ports":[{}])"),
            "spec.containers[0].ports[0].containerPort: Required value\n");
  EXPECT_NE(container(R"(,"ports":[{"containerPort":1,"protocol":"tcp"}])").find("Unsupported"),
            std::string::npos);
  EXPECT_NE(container(R"(,"ports":[{"containerPort":1,"name":"a"},{"containerPort":2,"name":"a"}])")
                .find("Duplicate value: \"a\""),
            std::string::npos);
  EXPECT_EQ(container(R"(,"volumeMounts":[{"name":"v","mountPath":"/x"}])"),
            "spec.containers[0].volumeMounts[0].name: Not found: \"v\"\n");
  EXPECT_EQ(pod(R"({"volumes":[{"name":"v"}],"containers":[{"name":"c","image":"i",
                    "volumeMounts":[{"name":"v","mountPath":"/x"}]}]})"),
            "");
  EXPECT_EQ(pod(R"({"volumes":[{"name":"v"},{"name":"v"},{}],
                    "containers":[{"name":"c","image":"i"}]})"),
            "spec.volumes[1].name: Duplicate value: \"v\"\nspec.volumes[2].name: Required value\n");
}

TEST(KubernetesPods, Labels) {
  Told told;
  check_pod_template(json(R"({"metadata":{"labels":{"a":"x y"}},
                              "spec":{"containers":[{"name":"c","image":"i"}]}})"),
                     config::Path(), told.report);
  EXPECT_NE(told.lines.find("a valid label must be an empty string"), std::string::npos);
}

}  // namespace
}  // namespace serin::rollout::kubernetes
