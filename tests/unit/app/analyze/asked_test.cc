#include "app/analyze/asked.h"

#include <gtest/gtest.h>

#include "rollout/plan/load/pin.h"
#include "support/samples.h"

namespace serin::app {
namespace {

Json pinned(const std::string& prometheus) {
  auto loaded = rollout::load_config({{"shop.yaml", test::shop_policy(R"(  - name: saturation
    interval: 30s
    provider: {prometheus: {address: "{{args.prometheus}}", query: 'avg(busy{version="v2"})'}}
    successCondition: result[0] < 0.8
)")}});
  EXPECT_FALSE(loaded.problems.has_errors()) << config::to_text(loaded.problems);
  auto plan =
      rollout::pin(loaded.set, loaded.set.rollouts.at(0),
                   {.version = "v2", .stable_version = "v1", .args = {{"prometheus", prometheus}}});
  EXPECT_TRUE(plan) << plan.error().to_string();
  return plan ? rollout::to_json(*plan) : Json();
}

TEST(Asked, TellsTheQueriesOfComparisonsAndRules) {
  const Json plan = pinned("http://metrics:9090/prom");
  auto compared = queries_of(plan, "error-rate", {});
  ASSERT_TRUE(compared) << compared.error().to_string();
  EXPECT_EQ((*compared)["provider"].string(), "prometheus");
  EXPECT_EQ((*compared)["address"].string(), "http://metrics:9090/prom");
  ASSERT_GE((*compared)["queries"].size(), 1U);
  std::string_view text = (*compared)["queries"].at(0)["text"].string();
  EXPECT_NE(text.find("requests_total"), std::string_view::npos) << text;
  EXPECT_NE(text.find("v2"), std::string_view::npos) << text;
  auto rule = queries_of(plan, "saturation", {});
  ASSERT_TRUE(rule) << rule.error().to_string();
  ASSERT_EQ((*rule)["queries"].size(), 1U);
  EXPECT_EQ((*rule)["queries"].at(0)["text"].string(), R"(avg(busy{version="v2"}))");
  auto none = queries_of(plan, "edge-errors", {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::not_found);
}

TEST(Asked, LeavesOutAddressesThatMayHoldSecrets) {
  for (const char* address :
       {"http://ana:word@metrics:9090", "https://metrics/prom?token=s", "unix:/run/prom.sock",
        "javascript:alert(1)", "https://{{args.host}}", "http://metrics/#s", ""}) {
    EXPECT_FALSE(is_plain_address(address)) << address;
  }
  EXPECT_TRUE(is_plain_address("https://metrics.example:9090/prom"));
  auto asked = queries_of(pinned("http://ana:word@metrics:9090"), "error-rate", {});
  ASSERT_TRUE(asked) << asked.error().to_string();
  EXPECT_TRUE((*asked)["address"].is_null());
  EXPECT_EQ(asked->dump().find("word"), std::string::npos) << asked->dump();
}

}  // namespace
}  // namespace serin::app
