// Copies of requests where a router has no rules for them apart from its routes: Istio and the
// Gateway API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rollout/plan/header_route.h"
#include "rollout/traffic/evaluate.h"
#include "rollout/traffic/render/kubernetes.h"
#include "rollout/traffic/render/ordered.h"

namespace serin::rollout {
namespace {

using Rules = std::vector<MatchRule>;

KeyMatch is_one(const std::string& header) {
  return {.key = header, .exact = "1", .regex = {}};
}
MatchRule moves(const std::string& header) {
  return {.header = {is_one(header)}};
}
MatchRule copies(int percent, const std::string& header = "") {
  MatchRule rule{.mirror = percent};
  if (!header.empty()) rule.header = {is_one(header)};
  return rule;
}

// A request has some of the headers a, b, c and d, each "1".
RequestHead request_of(unsigned bits) {
  RequestHead request;
  for (unsigned i = 0; i < 4; ++i) {
    if ((bits >> i & 1U) != 0) request.headers.emplace_back(std::string(1, "abcd"[i]), "1");
  }
  return request;
}

KubernetesSplit split_of(Rules rules) {
  return {.name = "shop",
          .release = "shop-42",
          .units = 2500,
          .rules = std::move(rules),
          .host = "shop",
          .stable_service = "shop-stable",
          .canary_service = "shop-canary"};
}

struct Taken {
  bool to_canary = false;
  int percent = 0;
  bool operator==(const Taken&) const = default;
};

Taken wanted(const Rules& rules, const RequestHead& request) {
  return {goes_to_canary(rules, request), copied_percent(rules, request)};
}

bool has(const RequestHead& request, std::string_view name, std::string_view value) {
  return std::ranges::any_of(
      request.headers, [&](const auto& one) { return one.first == name && one.second == value; });
}

// The first route that fits.
Taken by_istio(const Json& service, const RequestHead& request) {
  for (const Json& route : service["spec"]["http"].items()) {
    bool fits = !route.contains("match");
    for (const Json& match : route["match"].items()) {
      fits = fits || std::ranges::all_of(match["headers"].members(), [&](const auto& one) {
               return has(request, one.first, one.second["exact"].string());
             });
    }
    if (!fits) continue;
    const Json& first = route["route"].at(0);
    bool alone = first["destination"]["subset"].string() == "canary" && first["weight"] == 100;
    EXPECT_EQ(route.contains("mirror"), route.contains("mirrorPercentage"));
    if (!route.contains("mirror")) return {alone, 0};
    EXPECT_EQ(route["mirror"]["subset"].string(), "canary");
    return {alone, static_cast<int>(route["mirrorPercentage"]["value"].integer())};
  }
  ADD_FAILURE() << "no route";
  return {};
}

// The rule with the match of most headers that fits, the first of such.
Taken by_gateway(const Json& object, const RequestHead& request) {
  const Json* best = nullptr;
  int most = -1;
  for (const Json& rule : object["spec"]["rules"].items()) {
    auto consider = [&](int headers) {
      if (headers <= most) return;
      most = headers;
      best = &rule;
    };
    if (!rule.contains("matches")) consider(0);
    for (const Json& match : rule["matches"].items()) {
      bool fits = std::ranges::all_of(match["headers"].items(), [&](const Json& one) {
        return has(request, one["name"].string(), one["value"].string());
      });
      if (fits) consider(static_cast<int>(match["headers"].size()));
    }
  }
  if (best == nullptr) {
    ADD_FAILURE() << "no rule";
    return {};
  }
  bool alone = (*best)["backendRefs"].at(0)["weight"] == 0;
  if (!best->contains("filters")) return {alone, 0};
  const Json& filter = (*best)["filters"].at(0);
  EXPECT_EQ(filter["type"].string(), "RequestMirror");
  const Json& mirror = filter["requestMirror"];
  EXPECT_EQ(mirror["backendRef"]["name"].string(), "shop-canary");
  return {alone, mirror.contains("percent") ? static_cast<int>(mirror["percent"].integer()) : 100};
}

const std::vector<Rules> kAlike = {
    {},
    {moves("a")},
    {copies(30)},
    {copies(100)},
    {copies(60, "b")},
    {moves("a"), copies(30)},
    {moves("a"), moves("c"), copies(60, "b")},
    {moves("a"), copies(60, "a")},
    {copies(60, "b"), copies(30)},
    {copies(60, "b"), copies(60, "c"), moves("a"), copies(30)},
    {copies(30, "b"), copies(30)},
    {copies(20, "b"), copies(30), moves("d")},
    {{.header = {is_one("a"), is_one("b"), is_one("c")}}, moves("d"), copies(50, "d"), copies(10)},
};

TEST(Copies, AreMadeOfTheSameRequestsInIstio) {
  std::vector<Rules> all = kAlike;
  all.push_back({copies(60, "b"), copies(40, "c"), moves("a"), copies(30)});
  all.push_back({copies(60, "b"), copies(80, "c"), copies(40, "d"), moves("a")});
  for (const Rules& rules : all) {
    auto objects = istio_objects(split_of(rules));
    ASSERT_TRUE(objects) << objects.error().to_string();
    for (unsigned bits = 0; bits < 16; ++bits) {
      EXPECT_EQ(by_istio((*objects)[1], request_of(bits)), wanted(rules, request_of(bits)))
          << to_json(rules).dump() << " headers " << bits;
    }
  }
}

TEST(Copies, AreMadeOfTheSameRequestsInTheGatewayApi) {
  for (const Rules& rules : kAlike) {
    auto route = gateway_route(split_of(rules));
    ASSERT_TRUE(route) << route.error().to_string();
    for (unsigned bits = 0; bits < 16; ++bits) {
      EXPECT_EQ(by_gateway(*route, request_of(bits)), wanted(rules, request_of(bits)))
          << to_json(rules).dump() << " headers " << bits;
    }
  }
}

// There the match with most conditions wins, whatever stands first.
TEST(Copies, OfSeveralPercentagesByHeadersAreRefusedInTheGatewayApi) {
  auto route = gateway_route(split_of({copies(60, "b"), copies(40, "c")}));
  ASSERT_FALSE(route);
  EXPECT_NE(route.error().message.find("same percentage"), std::string::npos);
}

TEST(Copies, ConditionsThatCantHoldTogetherAreSaid) {
  const MatchRule other{.header = {{.key = "A", .exact = "2", .regex = {}}}, .mirror = 50};
  auto objects = istio_objects(split_of({moves("a"), other}));
  ASSERT_FALSE(objects);
  EXPECT_NE(objects.error().message.find("two conditions on the header 'a'"), std::string::npos)
      << objects.error().message;
}

TEST(Copies, RoutesOfAnEarlierReleaseAreReplaced) {
  KubernetesSplit split = split_of({moves("a"), copies(60, "b")});
  auto first = istio_objects(split);
  ASSERT_TRUE(first);
  auto names = [](const Json& service) {
    std::vector<std::string> out;
    for (const Json& route : service["spec"]["http"].items())
      out.emplace_back(route["name"].string());
    return out;
  };
  EXPECT_THAT(names((*first)[1]),
              testing::ElementsAre("serin-shop-42-match-copies1", "serin-shop-42-match",
                                   "serin-shop-42-copies1", "serin-shop-42"));
  split.existing_virtual_service = (*first)[1];
  split.release = "shop-43";
  split.rules.clear();
  auto second = istio_objects(split);
  ASSERT_TRUE(second);
  EXPECT_THAT(names((*second)[1]), testing::ElementsAre("serin-shop-43"));
}

TEST(Copies, PeopleAreToldWhatDiffers) {
  EXPECT_THAT(istio_notes(split_of({copies(100)})),
              testing::ElementsAre(testing::HasSubstr("-shadow")));
  EXPECT_THAT(gateway_notes(split_of({copies(30)})),
              testing::ElementsAre(testing::HasSubstr("1.3")));
  EXPECT_THAT(gateway_notes(split_of({copies(100)})), testing::IsEmpty());
}

// Routes are opened and closed by their names; what a step sets stands while it runs.
TEST(Planned, TrafficFollowsTheSteps) {
  auto step = [](auto action) {
    Step made;
    made.action = std::move(action);
    return made;
  };
  auto open = [&](const std::string& header) {
    HeaderMatch match{.header_name = header, .header_value = StringMatch()};
    match.header_value->exact = "1";
    return step(SetHeaderRouteStep{.name = "testers", .match = {std::move(match)}});
  };
  auto shadow = [&](std::vector<RouteMatch> match) {
    return step(SetMirrorRouteStep{.name = "shadow", .match = std::move(match), .percentage = 30});
  };
  CanaryStrategy canary;
  canary.match = {moves("m")};
  canary.steps = {open("a"), shadow({RouteMatch()}),
                  step(SetWeightStep{.weight = Weight::from_units(500)}), open("b"), shadow({})};
  EXPECT_EQ(traffic_at(canary, 0).rules, (Rules{moves("m"), moves("a")}));
  EXPECT_EQ(traffic_at(canary, 0).weight.units(), 0);
  EXPECT_EQ(traffic_at(canary, 2).rules, (Rules{moves("m"), moves("a"), copies(30)}));
  EXPECT_EQ(traffic_at(canary, 2).weight.units(), 500);
  EXPECT_EQ(traffic_at(canary, 3).rules, (Rules{moves("m"), copies(30), moves("b")}));
  EXPECT_EQ(traffic_at(canary, 9).rules, (Rules{moves("m"), moves("b")}));
  EXPECT_EQ(traffic_at(canary, 9).weight.units(), 500);
}

}  // namespace
}  // namespace serin::rollout
