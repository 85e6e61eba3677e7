// Rules as the text of other routers: the same bytes each time, and the same answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/config/parsers.h"
#include "rollout/traffic/conditions.h"
#include "rollout/traffic/render/kubernetes.h"
#include "rollout/traffic/render/proxies.h"
#include "rollout/traffic/render/yaml.h"
#include "support/paths.h"
#include "unit/rollout/traffic/cases.h"

namespace serin::rollout {
namespace {

// With SERIN_WRITE_GOLDEN set the files are written anew, to be looked at before they are kept.
void expect_golden(const std::string& text, const std::string& name) {
  std::string path = test::source_dir() + "/tests/unit/rollout/traffic/golden/" + name;
  if (std::getenv("SERIN_WRITE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {}));
}

KubernetesSplit split_of(std::vector<MatchRule> rules, int units) {
  KubernetesSplit split;
  split.name = "shop";
  split.release = "shop-42";
  split.host = "shop.default.svc.cluster.local";
  split.stable_version = "v1";
  split.canary_version = "v2";
  split.stable_service = "shop-stable";
  split.canary_service = "shop-canary";
  split.gateway = "edge";
  split.units = units;
  split.rules = std::move(rules);
  return split;
}

std::vector<MatchRule> all_kinds() {
  return {{.cookie = {{.name = "User", .value = "Internal", .regex = {}}},
           .header = {{.key = "X-Team", .exact = {}, .regex = "qa-.*"},
                      {.key = "X-Odd", .exact = "a\"b: $c #\\", .regex = {}}},
           .query = {{.key = "User", .exact = "Internal", .regex = {}},
                     {.key = "beta", .exact = {}, .regex = "[0-9]+"}},
           .os = {"ios", "android"}},
          {.browser = {"chrome", "ie"}}};
}

std::string text_of(const std::vector<Json>& objects) {
  std::string text;
  for (const Json& object : objects) text += "---\n" + to_yaml(object);
  return text;
}

TEST(Istio, TextStaysTheSame) {
  auto objects = istio_objects(split_of(all_kinds(), 2500));
  ASSERT_TRUE(objects) << objects.error().to_string();
  expect_golden(text_of(*objects), "istio.yaml");
}

TEST(GatewayApi, TextStaysTheSame) {
  auto route = gateway_route(split_of(all_kinds(), 50));
  ASSERT_TRUE(route) << route.error().to_string();
  expect_golden(to_yaml(*route), "gateway.yaml");
}

TEST(Nginx, TextStaysTheSame) {
  auto text = nginx_text({.name = "shop",
                          .stable_upstream = "blue",
                          .canary_upstream = "green",
                          .units = 525,
                          .rules = all_kinds(),
                          .status_listen = "127.0.0.1:9478",
                          .status = "generation=7"});
  ASSERT_TRUE(text) << text.error().to_string();
  expect_golden(*text, "nginx.conf");
}

// Of all requests, and of two kinds of them.
std::vector<MatchRule> copies() {
  return {{.mirror = 30},
          {.header = {{.key = "X-A", .exact = "1", .regex = {}}}, .mirror = 100},
          {.header = {{.key = "X-B", .exact = {}, .regex = "b.*"}}, .os = {"ios"}, .mirror = 30}};
}

TEST(Nginx, CopiesStandBesideTheSplit) {
  std::vector<MatchRule> rules = copies();
  rules.insert(rules.begin() + 1, all_kinds()[1]);
  auto text = nginx_text({.name = "my-shop",
                          .stable_upstream = "blue",
                          .canary_upstream = "green",
                          .units = 0,
                          .rules = rules});
  ASSERT_TRUE(text) << text.error().to_string();
  expect_golden(*text, "nginx-mirror.conf");
}

TEST(Nginx, WithoutCopiesTheirVariableIsEmpty) {
  auto text = nginx_text({.name = "shop", .stable_upstream = "a", .canary_upstream = "b"});
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("map \"\" $serinmirror_shop {\n  default \"\";\n}\n"), std::string::npos)
      << *text;
  auto only = nginx_text(
      {.name = "shop", .stable_upstream = "a", .canary_upstream = "b", .rules = {{.mirror = 100}}});
  ASSERT_TRUE(only);
  EXPECT_TRUE(only->find("split_clients \"$request_id\" $serin_shop {\n  * a;\n}\n") !=
              std::string::npos)
      << "no request is moved: " << *only;
}

TEST(Istio, CopiesAreMirrorsOfRoutes) {
  std::vector<MatchRule> rules = copies();
  rules.insert(rules.begin() + 1, all_kinds()[1]);
  rules.pop_back();
  auto objects = istio_objects(split_of(rules, 500));
  ASSERT_TRUE(objects) << objects.error().to_string();
  expect_golden(to_yaml((*objects)[1]), "istio-mirror.yaml");
}

TEST(GatewayApi, CopiesAreMirrorsOfRoutes) {
  std::vector<MatchRule> rules = copies();
  rules.insert(rules.begin() + 1, all_kinds()[1]);
  rules.pop_back();
  auto route = gateway_route(split_of(rules, 500));
  ASSERT_TRUE(route) << route.error().to_string();
  expect_golden(to_yaml(*route), "gateway-mirror.yaml");
}

TEST(Haproxy, CopiesAreRefused) {
  auto haproxy = haproxy_text({.name = "shop",
                               .map = "/m",
                               .match_map = "/n",
                               .key = "shop",
                               .stable_backend = "a",
                               .canary_backend = "b",
                               .rules = {{.mirror = 30}}});
  ASSERT_FALSE(haproxy);
  EXPECT_NE(haproxy.error().message.find("HAProxy has nothing that copies"), std::string::npos);
}

TEST(Haproxy, TextStaysTheSame) {
  auto text = haproxy_text({.name = "shop",
                            .map = "/etc/haproxy/share.map",
                            .match_map = "/etc/haproxy/match.map",
                            .key = "shop",
                            .stable_backend = "blue",
                            .canary_backend = "green",
                            .lease_backend = "serin_lease",
                            .lease_listen = "127.0.0.1:9477",
                            .units = 500,
                            .rules = {all_kinds()[1]}});
  ASSERT_TRUE(text) << text.error().to_string();
  expect_golden(*text, "haproxy.cfg");
}

TEST(Istio, WeightsAreWholePercentages) {
  EXPECT_TRUE(istio_objects(split_of({}, 100)));
  auto objects = istio_objects(split_of({}, 50));
  ASSERT_FALSE(objects);
  EXPECT_NE(objects.error().message.find("Gateway API"), std::string::npos);
}

TEST(Istio, OneConditionAHeader) {
  MatchRule twice{.header = {{.key = "X-A", .exact = "1", .regex = {}},
                             {.key = "x-a", .exact = {}, .regex = "[0-9]"}}};
  auto objects = istio_objects(split_of({twice}, 0));
  ASSERT_FALSE(objects);
  EXPECT_NE(objects.error().message.find("'x-a'"), std::string::npos);
}

TEST(Istio, KeepsWhatIsNotSerins) {
  KubernetesSplit split = split_of({all_kinds()[1]}, 1000);
  split.existing_virtual_service =
      *Json::parse(R"({"metadata":{"name":"front","labels":{"team":"a"}},"spec":{
        "hosts":["shop.example"],"gateways":["edge"],"http":[
        {"name":"admin","match":[{"uri":{"prefix":"/admin"}}],
        "route":[{"destination":{"host":"a"}}]},
        {"route":[{"destination":{"host":"shop"}}]}]}})");
  split.existing_destination_rule = *Json::parse(
      R"({"metadata":{"name":"front"},"spec":{"host":"shop",
      "trafficPolicy":{"tls":{"mode":"SIMPLE"}},
      "subsets":[{"name":"stable","labels":{"app":"shop","version":"old"}}]}})");
  auto first = istio_objects(split);
  ASSERT_TRUE(first);
  const Json& rule = (*first)[0];
  EXPECT_EQ(rule["spec"]["trafficPolicy"]["tls"]["mode"].string(), "SIMPLE");
  EXPECT_EQ(rule["spec"]["subsets"].at(0)["labels"]["app"].string(), "shop");
  EXPECT_EQ(rule["spec"]["subsets"].at(0)["labels"]["version"].string(), "v1");
  const Json& service = (*first)[1];
  EXPECT_EQ(service["spec"]["gateways"].at(0).string(), "edge");
  EXPECT_EQ(service["metadata"]["labels"]["team"].string(), "a");
  auto names = [](const Json& object) {
    std::vector<std::string> out;
    for (const Json& route : object["spec"]["http"].items())
      out.emplace_back(route["name"].string());
    return out;
  };
  EXPECT_THAT(names(service),
              testing::ElementsAre("admin", "serin-shop-42-match", "serin-shop-42", ""));
  // Written again over what it wrote: in the same places, and without rules that are gone.
  split.existing_virtual_service = service;
  split.rules.clear();
  auto second = istio_objects(split);
  ASSERT_TRUE(second);
  EXPECT_THAT(names((*second)[1]), testing::ElementsAre("admin", "serin-shop-42", ""));
  // The next release's routes take the place of this one's, which would else go before them.
  split.existing_virtual_service = (*second)[1];
  split.release = "shop-43";
  auto third = istio_objects(split);
  ASSERT_TRUE(third);
  EXPECT_THAT(names((*third)[1]), testing::ElementsAre("admin", "serin-shop-43", ""));
}

TEST(GatewayApi, KeepsWhatIsNotSerins) {
  KubernetesSplit split = split_of({all_kinds()[1]}, 1000);
  split.existing_route = *Json::parse(
      R"({"metadata":{"name":"front"},"spec":{"parentRefs":[{"name":"edge"}],"rules":[
      {"matches":[{"path":{"type":"PathPrefix","value":"/admin"}}],"backendRefs":[{"name":"a"}]},
      {"matches":[{"headers":[{"name":"x-new","value":"1"}]}],
       "backendRefs":[{"name":"shop-canary"}]},
      {"backendRefs":[{"name":"shop-stable"}]}]}})");
  // Whether a rule looks at the request, the first service that it names, and how many more.
  auto rules = [](const Json& route) {
    std::vector<std::string> out;
    for (const Json& rule : route["spec"]["rules"].items()) {
      out.push_back((rule.contains("matches") ? "match " : "all ") +
                    std::string(rule["backendRefs"].at(0)["name"].string()) +
                    (rule["backendRefs"].size() == 2 ? "+1" : ""));
    }
    return out;
  };
  auto first = gateway_route(split);
  ASSERT_TRUE(first);
  EXPECT_THAT(rules(*first),
              testing::ElementsAre("match a", "match shop-canary", "match shop-stable+1",
                                   "all shop-stable+1", "all shop-stable"));
  split.existing_route = *first;
  split.rules.clear();
  split.release = "shop-43";
  auto second = gateway_route(split);
  ASSERT_TRUE(second);
  EXPECT_THAT(rules(*second), testing::ElementsAre("match a", "match shop-canary",
                                                   "all shop-stable+1", "all shop-stable"));
  // What version 1.4 allows to be named is known by its name, whatever it is.
  split.existing_route = *Json::parse(
      R"({"metadata":{"annotations":{"serin.io/run":"shop-40"}},"spec":{"rules":[
      {"name":"serin-shop-40","backendRefs":[{"name":"old"}]},{"backendRefs":[{"name":"b"}]}]}})");
  auto third = gateway_route(split);
  ASSERT_TRUE(third);
  EXPECT_THAT(rules(*third), testing::ElementsAre("all shop-stable+1", "all b"));
}

// Istio as its documentation says it: matches of a route are alternatives, conditions of one hold
// together, regular expressions match as a whole; a parameter is compared as it was sent.
class IstioReader {
 public:
  explicit IstioReader(const Json& service) : http_(service["spec"]["http"]) {}

  std::string subset(const RequestHead& request) const {
    for (const Json& route : http_.items()) {
      bool taken = !route.contains("match");
      for (const Json& match : route["match"].items()) taken = taken || holds(match, request);
      if (taken) return std::string(route["route"].at(0)["destination"]["subset"].string());
    }
    return "";
  }

 private:
  static bool fits(const Json& condition, const std::string* value) {
    if (value == nullptr) return false;
    if (condition.contains("exact")) return *value == condition["exact"].string();
    return re2::RE2::FullMatch(*value, re2::RE2(std::string(condition["regex"].string())));
  }
  static bool holds(const Json& match, const RequestHead& request) {
    for (const auto& [name, condition] : match["headers"].members()) {
      const std::string* found = nullptr;
      for (const auto& [key, value] : request.headers) {
        std::string lower = key;
        for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (found == nullptr && lower == name) found = &value;
      }
      if (!fits(condition, found)) return false;
    }
    for (const auto& [name, condition] : match["queryParams"].members()) {
      std::string value;
      if (!fits(condition, parameter(request.target, name, value) ? &value : nullptr)) return false;
    }
    return true;
  }
  static bool parameter(const std::string& target, const std::string& name, std::string& value) {
    std::size_t at = target.find('?');
    while (at != std::string::npos) {
      std::size_t begin = at + 1;
      at = target.find('&', begin);
      std::string pair = target.substr(begin, at == std::string::npos ? at : at - begin);
      std::size_t equals = pair.find('=');
      if (pair.substr(0, equals) != name) continue;
      value = equals == std::string::npos ? "" : pair.substr(equals + 1);
      return true;
    }
    return false;
  }

  const Json& http_;
};

TEST(Istio, RequestsGoWhereTheTableSays) {
  for (const cases::RuleSet& set : cases::rule_sets()) {
    auto objects = istio_objects(split_of(set.rules, 0));
    ASSERT_TRUE(objects) << set.name << ": " << objects.error().to_string();
    for (const cases::Case& one : cases::cases()) {
      if (one.rules != set.name) continue;
      bool canary = IstioReader((*objects)[1]).subset(one.request) == "canary";
      EXPECT_EQ(canary, one.canary != one.istio_differs)
          << one.rules << " " << one.request.target << " "
          << (one.request.headers.empty() ? "" : one.request.headers[0].second);
    }
    bool asks_query = !set.rules.front().query.empty();
    EXPECT_EQ(istio_notes(split_of(set.rules, 0)).size(), asks_query ? 2U : 1U);
  }
}

TEST(Yaml, ReadsBackAsWritten) {
  Json value = Json::object();
  value.set("plain", "a.b/c-d").set("empty", "").set("list", Json::array()).set("none", Json());
  value.set("odd", Json::array()
                       .push("a: b")
                       .push("yes")
                       .push("No")
                       .push("12")
                       .push("line\nbreak\t\"q\" \\ # $ é \x01")
                       .push("- x")
                       .push("{a}")
                       .push(" lead")
                       .push(Json::array().push(1).push(true).push(-2.5)));
  value.set("a\"b",
            Json::object().set("deep", Json::object().set("x", 1)).set("e", Json::object()));
  config::Parsed parsed = config::parse_yaml(to_yaml(value));
  ASSERT_FALSE(parsed.fault) << parsed.fault->message << "\n" << to_yaml(value);
  ASSERT_EQ(parsed.roots.size(), 1U);
  EXPECT_EQ(parsed.roots[0].to_json(), value) << to_yaml(value);
}

TEST(Yaml, ReadsBackRenderedRules) {
  auto objects = istio_objects(split_of(all_kinds(), 2500));
  ASSERT_TRUE(objects);
  for (const Json& object : *objects) {
    config::Parsed parsed = config::parse_yaml(to_yaml(object));
    ASSERT_EQ(parsed.roots.size(), 1U);
    EXPECT_EQ(parsed.roots[0].to_json(), object);
  }
}

}  // namespace
}  // namespace serin::rollout
