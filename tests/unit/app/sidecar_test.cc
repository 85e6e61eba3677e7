// The sidecar as other tools ask it: Argo Rollouts' web metric, Flagger's webhooks, and a
// pipeline's gate. The callers are scripted and send what the real ones send.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/app/fake_prometheus.h"
#include "tests/unit/app/server_fixture.h"

namespace serin::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* kJudged = R"(apiVersion: serin.dev/v1alpha1
kind: Rollout
metadata: {name: judged}
spec:
  strategy:
    canary:
      analysis: {templates: [{templateName: health}]}
      steps:
      - setWeight: 10
      - pause: {duration: 1m}
---
apiVersion: serin.dev/v1alpha1
kind: AnalysisTemplate
metadata: {name: health}
spec:
  metrics:
  - name: saturation
    interval: 1s
    successCondition: result[0] < 0.8
    provider: {prometheus: {address: '@ADDRESS@', query: saturation}}
)";

class SidecarTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    std::string text = kJudged;
    text.replace(text.find("@ADDRESS@"), 9, prometheus_.url());
    write("judged.yaml", text);
    ServerOptions with = options();
    with.sidecar = true;
    with.sidecar_auto_start = true;
    start(with);
    operator_ = token(Role::operator_);
  }

  // As Argo's controller does: a web metric with POST and jsonBody.
  HttpResponse argo(const std::string& key, const std::string& canary = "v2") {
    return ask({.method = "POST",
                .path = "/sidecar/v1/analyses",
                .body = R"({"canary":")" + canary + R"(","interval":"30s","key":")" + key +
                        R"(","rollout":"judged","stable":"v1"})",
                .token = operator_});
  }
  // As Flagger does: no headers but the type, the token in metadata.
  HttpResponse flagger(const std::string& hook, const std::string& checksum = "6f9c7b5c4d") {
    return ask(
        {.method = "POST",
         .path = "/sidecar/v1/flagger/" + hook,
         .body = R"({"name":"checkout","namespace":"shop","phase":"Progressing","checksum":")" +
                 checksum + R"(","metadata":{"rollout":"judged","canary":"v2","stable":"v1",)" +
                 R"("interval":"30s","token":")" + operator_ + R"("}})"});
  }
  std::string verdict_of(const HttpResponse& response) {
    return std::string(json(response)["verdict"].string());
  }
  template <class Ask>
  bool wait_for_verdict(const std::string& verdict, Ask asking) {
    std::string last;
    for (int i = 0; i < 300; ++i) {
      last = verdict_of(asking());
      if (last == verdict) return true;
      run_until([&, since = now()] { return now() - since > 100ms; });
    }
    ADD_FAILURE() << "the last verdict is " << last;
    return false;
  }

  std::atomic<int> percent_ = 10;
  FakePrometheus prometheus_{
      [this](const FakePrometheus::Asked&) { return one_value(std::to_string(percent_ / 100.0)); }};
  std::string operator_;
};

TEST_F(SidecarTest, ArgosWebMetricPassesAndFails) {
  auto first = argo("checkout/v2");
  ASSERT_EQ(first.status, 200) << first.body;
  ASSERT_TRUE(wait_for_verdict("pass", [&] { return argo("checkout/v2"); }));
  auto continued = ask({.path = "/sidecar/v1/analyses/one", .token = operator_});
  EXPECT_EQ(continued.status, 404) << "nothing lives under that key";
  percent_ = 90;
  ASSERT_TRUE(wait_for_verdict("fail", [&] { return argo("checkout/v2"); }));
  EXPECT_NE(json(argo("checkout/v2"))["sentence"].string().find("saturation"),
            std::string_view::npos);
  EXPECT_EQ(argo("checkout/v2", "v3").status, 409) << "the key is another version's";
  // A key may have slashes, as Flagger's have.
  for (const char* path :
       {"/sidecar/v1/analyses/checkout/v2", "/sidecar/v1/analyses/checkout%2Fv2"})
    EXPECT_EQ(verdict_of(own("GET", path)), "fail") << path;
  EXPECT_EQ(own("DELETE", "/sidecar/v1/analyses/checkout/v2").status, 204);
  EXPECT_EQ(own("GET", "/sidecar/v1/analyses/checkout/v2").status, 404);
  EXPECT_EQ(own("GET", "/sidecar/v1/analyses/").status, 404);
}

// What would pause a release here, or only tell of itself, takes nothing back there either.
TEST_F(SidecarTest, AFailureIsWhatTheMetricSaysItIs) {
  percent_ = 90;
  for (const auto& [name, action] : {std::pair{"told", "notify"}, std::pair{"doubted", "pause"},
                                     std::pair{"failed", "rollback"}}) {
    write(name + std::string(".yaml"),
          std::string("apiVersion: serin.dev/v1alpha1\nkind: Rollout\nmetadata: {name: ") + name +
              "}\nspec:\n  strategy:\n    canary:\n      analysis:\n        metrics:\n"
              "        - {name: saturation, interval: 1s, successCondition: 'result[0] < 0.8',\n"
              "           onFail: " +
              action + ",\n           provider: {prometheus: {address: '" + prometheus_.url() +
              "', query: saturation}}}\n"
              "      steps:\n      - setWeight: 10\n      - pause: {duration: 1m}\n");
  }
  auto ask_of = [&](const std::string& rollout) {
    return own("POST", "/sidecar/v1/analyses",
               R"({"key":")" + rollout + R"(","rollout":")" + rollout +
                   R"(","canary":"v2","stable":"v1"})");
  };
  ASSERT_TRUE(eventually([&] { return ask_of("told").status == 200; }));
  ASSERT_TRUE(wait_for_verdict("fail", [&] { return ask_of("failed"); }));
  ASSERT_TRUE(wait_for_verdict("inconclusive", [&] { return ask_of("doubted"); }));
  EXPECT_NE(json(ask_of("doubted"))["sentence"].string().find("saturation"), std::string::npos);
  ASSERT_TRUE(eventually([&] {
    return json(ask_of("told"))["report"]["metrics"].at(0)["verdict"].string() == "fail";
  }));
  EXPECT_NE(verdict_of(ask_of("told")), "fail");
}

TEST_F(SidecarTest, WhatIsWrongWithARequestIsToldAllAtOnce) {
  auto wrong = own("POST", "/sidecar/v1/analyses",
                   R"({"key":7,"rollout":"judged","canary":["v2"],"args":{"n":1},"weight":"5x",)"
                   R"("interval":30,"more":1})");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_EQ(json(wrong)["errors"].size(), 6U) << wrong.body;
  auto query = own("GET", "/sidecar/v1/analyses/k?rollout=judged&canary=v2&stable=v1&weight=5x");
  EXPECT_EQ(query.status, 422) << query.body;
  EXPECT_EQ(json(query)["errors"].at(0)["pointer"].string(), "/weight");
  query = own("GET", "/sidecar/v1/analyses/k?rollout=judged&canary=v2&stable=v1&weight=12.5");
  EXPECT_EQ(query.status, 200) << query.body;
  auto text = own("POST", "/sidecar/v1/analyses",
                  R"({"key":"k","rollout":"judged","canary":"v2","stable":"v1","weight":"25"})");
  EXPECT_EQ(text.status, 200) << "as Argo sends an argument: " << text.body;
}

TEST_F(SidecarTest, AGetStartsOnlyWithATokenThatMay) {
  const std::string path = "/sidecar/v1/analyses/k1";
  const std::string start = path + "?rollout=judged&canary=v2&stable=v1&interval=30s";
  EXPECT_EQ(ask({.path = start}).status, 404) << "loopback without a token only reads";
  EXPECT_EQ(ask({.path = start, .token = token(Role::viewer)}).status, 404);
  EXPECT_EQ(ask({.path = path, .token = operator_}).status, 404);
  EXPECT_EQ(ask({.path = start, .token = operator_}).status, 200);
  EXPECT_EQ(ask({.path = path}).status, 200) << "whoever may read may ask how it goes";
  EXPECT_EQ(ask({.method = "DELETE", .path = path}).status, 403);
  EXPECT_EQ(ask({.method = "DELETE", .path = path, .token = operator_}).status, 204);
  EXPECT_EQ(ask({.path = path}).status, 404);
  EXPECT_EQ(ask({.method = "POST", .path = "/sidecar/v1/analyses", .body = "{}"}).status, 403);
}

TEST_F(SidecarTest, FlaggersWebhooksHoldPromoteAndRollBack) {
  ASSERT_TRUE(wait_for_verdict("pass", [&] { return flagger("rollout"); }));
  EXPECT_EQ(flagger("rollout").status, 200);
  EXPECT_EQ(flagger("confirm-traffic-increase").status, 200);
  EXPECT_EQ(flagger("confirm-promotion").status, 200);
  EXPECT_EQ(flagger("rollback").status, 403) << "200 would roll back";
  percent_ = 95;
  ASSERT_TRUE(wait_for_verdict("fail", [&] { return flagger("rollout"); }));
  EXPECT_EQ(flagger("rollout").status, 403);
  EXPECT_EQ(flagger("confirm-traffic-increase").status, 403);
  EXPECT_EQ(flagger("confirm-promotion").status, 403);
  EXPECT_EQ(flagger("rollback").status, 200);
  EXPECT_EQ(flagger("pre-rollout").status, 404);
  std::string token = std::exchange(operator_, "srn_no_no");
  EXPECT_EQ(flagger("rollback").status, 401) << "never a yes without a token";
}

TEST_F(SidecarTest, AtMostAHundredLive) {
  // Who asks that often is told to come back later.
  auto patiently = [&](const std::string& method, const std::string& path,
                       const std::string& body = "") {
    for (;;) {
      auto answer = own(method, path, body);
      bool too_quick =
          answer.status == 429 && json(answer)["detail"].string().starts_with("ask again");
      if (!too_quick) return answer;
      run_until([&, since = now()] { return now() - since > 1s; });
    }
  };
  auto start = [&](const std::string& key) {
    return patiently("POST", "/sidecar/v1/analyses",
                     R"({"key":")" + key +
                         R"(","rollout":"judged","canary":"v2","stable":"v1","interval":"1h"})");
  };
  for (std::size_t i = 0; i < Analyses::kLiveMax; ++i)
    ASSERT_EQ(start("k" + std::to_string(i)).status, 200) << i;
  auto more = start("one more");
  EXPECT_EQ(more.status, 429);
  EXPECT_NE(json(more)["detail"].string().find("100 analyses"), std::string_view::npos);
  EXPECT_EQ(patiently("DELETE", "/sidecar/v1/analyses/k1").status, 204);
  EXPECT_EQ(start("one more").status, 200);
}

TEST_F(SidecarTest, AnAnalysisThatNobodyAsksForEnds) {
  auto started =
      own("POST", "/sidecar/v1/analyses",
          R"({"key":"k","rollout":"judged","canary":"v2","stable":"v1","interval":"1s"})");
  ASSERT_EQ(started.status, 200) << started.body;
  run_until([&, since = now()] { return now() - since > 4s; });
  EXPECT_EQ(own("GET", "/sidecar/v1/analyses/k").status, 404) << "three intervals without a poll";
}

TEST_F(SidecarTest, TheGateAnswersAPipeline) {
  std::string id = release();
  auto ask_gate = [&](const std::string& body) { return own("POST", "/api/v1/gates", body); };
  EXPECT_EQ(ask_gate(R"({"rollout":"checkout"})").status, 202) << "not decided yet";
  EXPECT_EQ(ask_gate(R"({"rollout":"checkout","dryRun":true})").status, 200);
  EXPECT_EQ(ask_gate(R"({"release":")" + id + R"(","require":"notFailed"})").status, 200);
  own("POST", "/api/v1/releases/" + id + "/operations/abort", "{}");
  ASSERT_TRUE(wait_for_status(id, "Terminated"));
  EXPECT_EQ(ask_gate(R"({"rollout":"checkout"})").status, 424);
  EXPECT_EQ(ask_gate(R"({"rollout":"none"})").status, 404);
  EXPECT_EQ(ask_gate(R"({"rollout":"checkout","release":"x"})").status, 422);
}

}  // namespace
}  // namespace serin::app
