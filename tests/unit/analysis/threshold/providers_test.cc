// What depends on a metric's provider: what is asked, how long it may take, and what decides where
// no condition does.
#include <gtest/gtest.h>

#include "analysis/judges/threshold/measure.h"
#include "analysis/judges/threshold/request.h"
#include "tests/unit/analysis/templates/testing.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::AnswerType;

const conditions::Surroundings kNowhere{};

Answer json_answer(std::string_view text) {
  Answer answer;
  answer.type = AnswerType::json;
  answer.json = *Json::parse(text);
  return answer;
}

Metric with(void (*set)(Provider&), config::Dialect dialect = config::Dialect::serin) {
  Metric metric;
  metric.name = "m";
  metric.dialect = dialect;
  set(metric.provider);
  return metric;
}

MeasureOutcome measured(const Metric& metric, const Answer& answer) {
  ThresholdRule rule(metric);
  return measure(rule, answer, kNowhere);
}

TEST(ProviderRule, AJobDecidesByItsExitStatus) {
  Metric metric = with([](Provider& p) { p.job.emplace(); });
  EXPECT_EQ(measured(metric, json_answer(R"({"exitCode":0})")).phase, Phase::successful);
  EXPECT_EQ(measured(metric, json_answer(R"({"exitCode":3})")).phase, Phase::failed);
  metric.success_condition = "result.exitCode in [0, 3]";
  EXPECT_EQ(measured(metric, json_answer(R"({"exitCode":3})")).phase, Phase::successful);
}

TEST(ProviderRule, AlertsDecideByWhetherOneFires) {
  const Metric metric = with([](Provider& p) { p.alertmanager.emplace(); });
  EXPECT_EQ(measured(metric, json_answer(R"({"firing":0,"alerts":[]})")).phase, Phase::successful);
  EXPECT_EQ(measured(metric, json_answer(R"({"firing":2,"alerts":[{}]})")).phase, Phase::failed);
}

TEST(ProviderRule, EachHasItsTime) {
  const auto time_of = [](void (*set)(Provider&)) { return timeout_of(with(set).provider); };
  EXPECT_EQ(time_of([](Provider& p) { p.prometheus.emplace(); }), 30s);
  EXPECT_EQ(time_of([](Provider& p) { p.prometheus.emplace().timeout = 7; }), 7s);
  EXPECT_EQ(time_of([](Provider& p) { p.web.emplace(); }), 10s);
  EXPECT_EQ(time_of([](Provider& p) { p.alertmanager.emplace(); }), 10s);
  EXPECT_EQ(time_of([](Provider& p) { p.job.emplace(); }), 60s);
  EXPECT_EQ(time_of([](Provider& p) { p.job.emplace().timeout = config::DurationText("1m30s"); }),
            90s);
}

TEST(ProviderRule, WhatIsAskedShowsNoSecret) {
  const auto text_of = [](void (*set)(Provider&)) {
    return request_of(with(set).provider, kNowhere)->text;
  };
  const std::string web = text_of([](Provider& p) {
    p.web.emplace().url = "http://gate/ok";
    p.web->headers = {{"Authorization", "hush-hush"}};
    p.web->authentication.oauth2.client_secret = "hush-hush";
    p.web->json_body = Json::object().set("token", "hush-hush");
  });
  EXPECT_NE(web.find("http://gate/ok"), std::string::npos);
  EXPECT_EQ(web.find("hush"), std::string::npos) << web;
  const std::string alerts = text_of([](Provider& p) {
    p.alertmanager.emplace().address = "http://alerts";
    p.alertmanager->headers = {{"Authorization", "hush-hush"}};
    p.alertmanager->authentication.basic_auth.password = "hush-hush";
  });
  EXPECT_EQ(alerts.find("hush"), std::string::npos) << alerts;
}

TEST(ProviderMeasure, JsonTextsKeepTheirQuotesAndOthersComeAsTheyAre) {
  Metric metric = with([](Provider& p) { p.web.emplace(); }, config::Dialect::argo);
  metric.success_condition = "result == 'ok'";
  EXPECT_EQ(measured(metric, json_answer(R"("ok")")).value, R"("ok")");
  Answer text;
  text.type = AnswerType::string;
  text.json = Json("ok");
  const MeasureOutcome outcome = measured(metric, text);
  EXPECT_EQ(outcome.value, "ok");
  EXPECT_EQ(outcome.phase, Phase::successful);
}

TEST(ProviderMeasure, ANativeHistogramIsZeroByArgosRulesAndNothingBySerins) {
  Answer answer;
  answer.series.emplace_back();  // the decoder leaves the sample out
  Metric metric = with([](Provider& p) { p.prometheus.emplace(); }, config::Dialect::argo);
  metric.success_condition = "result[0] < 1";
  EXPECT_EQ(measured(metric, answer), (MeasureOutcome{Phase::successful, "", "[0]"}));
  metric.dialect = config::Dialect::serin;
  EXPECT_EQ(measured(metric, answer).phase, Phase::no_data);
}

TEST(ProviderChecks, ComparedMetricsNeedRawSamples) {
  const auto problems = [](const std::string& provider) {
    return read_and_validate(
               "kind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n  metrics:\n"
               "  - {name: m, preset: {haproxy: errors}, provider: " +
               provider + "}\n")
        .problems;
  };
  EXPECT_EQ(problems("{haproxy: {socket: /s, backend: be}}"), "");
  EXPECT_NE(problems("{web: {url: 'http://h'}}").find("asked of prometheus or haproxy, not of web"),
            std::string::npos);
}

TEST(ProviderChecks, PresetsAreKnownOnes) {
  const auto problems = [](const std::string& preset) {
    return read_and_validate(
               "kind: AnalysisTemplate\nmetadata: {name: t}\nspec:\n  metrics:\n"
               "  - {name: m, preset: " +
               preset + "}\n")
        .problems;
  };
  EXPECT_EQ(problems("{istio: latency, where: 'ns=\"a\"'}"), "");
  EXPECT_NE(problems("{istio: saturation}").find("errors, latency and traffic"), std::string::npos);
  EXPECT_NE(problems("{istio: errors, where: prod}").find("no list of matchers"),
            std::string::npos);
}

}  // namespace
}  // namespace serin::analysis
