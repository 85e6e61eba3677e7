#include <cmath>
#include <set>

#include "tests/unit/analysis/release/policy_lab.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

TEST(PolicyAnalysis, RollsBackAWorseCanaryAndSaysWhy) {
  Service service(0.01, 0.05);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis) << analysis.error().to_string();
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(10min);
  Judgement judgement = drive.judgement();
  ASSERT_FALSE(judgement.findings.empty()) << (*analysis)->report(at(10min)).dump(1);
  EXPECT_EQ(judgement.findings[0].metric, "error-rate");
  EXPECT_NE(judgement.findings[0].sentence.find("error-rate"), std::string::npos);
  EXPECT_FALSE(judgement.passed);
}

TEST(PolicyAnalysis, MetricsThatFailOnlyTogetherAreSaidToBeWorse) {
  Service service(0.01, 0.015);
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  Metric metric = policy->metrics.at(0).metric;
  metric.name = "refusals";
  Versions versions{.label = "version", .canary = "v2", .stable = "v1", .instance = "pod"};
  ASSERT_TRUE(add_metric(*policy, metric, versions));
  auto analysis = PolicyAnalysis::create(policy, at(0s));
  ASSERT_TRUE(analysis) << analysis.error().to_string();
  Drive drive(service, **analysis);
  drive.expose();
  int seconds = 0;
  while (drive.judgement().findings.empty() && seconds < 7'200) drive.until(++seconds * 1s);
  Judgement judgement = drive.judgement();
  ASSERT_EQ(judgement.findings.size(), 1U);
  const Json report = drive.report();
  for (const Json& each : report["metrics"].items())
    EXPECT_EQ(each["verdict"].string(), "inconclusive") << "neither does by itself";
  const std::string& sentence = judgement.findings[0].sentence;
  EXPECT_TRUE(sentence.starts_with("error-rate worse: ")) << sentence;
  EXPECT_TRUE(sentence.ends_with("; together with refusals")) << sentence;
}

TEST(PolicyAnalysis, AnEqualCanaryPassesInTheEndAndIsCovered) {
  Service service(0.01, 0.01);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(60min);
  Judgement judgement = drive.judgement();
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_TRUE(judgement.passed) << (*analysis)->report(at(60min)).dump(1);
  EXPECT_TRUE(judgement.covered);
  EXPECT_FALSE(judgement.contested);
  std::string source =
      std::string((*analysis)->report(at(1h))["metrics"].at(0)["dispersionSource"].string());
  EXPECT_EQ(source, "history") << (*analysis)->report(at(1h)).dump(1);
}

TEST(PolicyAnalysis, MetricsOfTheSameSeriesAskTogether) {
  Service service(0.01, 0.01);
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->history = 0s;
  Metric traffic;
  traffic.name = "traffic";
  traffic.interval = config::DurationText("30s");
  traffic.compare.emplace().rate = RateSpec{"http_requests_total"};
  ASSERT_TRUE(add_metric(*policy, traffic, policy->metrics[0].versions));
  auto analysis = PolicyAnalysis::create(policy, at(0s));
  ASSERT_TRUE(analysis);
  std::size_t asks = 0;
  std::size_t queries = 0;
  for (Duration t = 0s; t < 5min; t += 1s) {
    service.scrape(at(t));
    std::set<std::string> texts;
    for (const Ask& ask : (*analysis)->due(at(t))) {
      ++asks;
      texts.insert(ask.request.text);
      (*analysis)->answered(ask.id, service.answer(ask.request, at(t)), at(t));
    }
    queries += texts.size();
  }
  EXPECT_GE(asks, 30U);
  EXPECT_EQ(2 * queries, asks);
}

TEST(PolicyAnalysis, BeforeTrafficNothingCounts) {
  Service service(0.01, 0.5);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.until(5min);
  EXPECT_TRUE(drive.judgement().findings.empty());
}

TEST(PolicyAnalysis, AServerThatDoesNotAnswerIsNobodysFault) {
  Service service(0.01, 0.01);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(2min);
  EXPECT_FALSE(drive.judgement().sources_down);
  drive.set_down(true);
  int before = drive.asks();
  drive.until(20min);
  Judgement down = drive.judgement();
  EXPECT_TRUE(down.sources_down);
  EXPECT_TRUE(down.findings.empty());
  EXPECT_LE(drive.asks() - before, 60) << "errors back off";
  drive.set_down(false);
  drive.until(60min);
  EXPECT_FALSE(drive.judgement().sources_down);
  EXPECT_TRUE(drive.judgement().passed) << "what was missed is still in the counters";
}

// Looks that keep to their grid, whenever scrapes come.
std::shared_ptr<const ReleasePolicy> gridded_policy() {
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->release.clear();
  return policy;
}

TEST(PolicyAnalysis, ASlowServerIsAskedMoreSeldomAtMostByFour) {
  Service service(0.01, 0.01);
  auto analysis = PolicyAnalysis::create(gridded_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(5min);
  EXPECT_FALSE(drive.report()["degraded"].boolean());
  EXPECT_EQ(drive.timeout(), Compared::kTimeoutMax);
  const auto asks_in = [&](Duration from, Duration until) {
    drive.until(from);
    const int before = drive.asks();
    drive.until(until);
    return drive.asks() - before;
  };
  const int planned = asks_in(10min, 20min);  // every 30 s: samples and presence
  EXPECT_EQ(planned, 40);
  drive.answer_after(20s);
  const int slow = asks_in(30min, 40min);
  EXPECT_EQ(slow, 20) << "answers of 20 s: every minute";
  Json report = drive.report();
  EXPECT_TRUE(report["degraded"].boolean());
  EXPECT_EQ(report["degradedSentence"].string(),
            "the metrics server answers late: error-rate is looked at every 1m instead of every "
            "30s");
  EXPECT_EQ(drive.timeout(), Compared::kSlowTimeoutMax);
  drive.answer_after(40s);  // never in time
  EXPECT_GE(asks_in(50min, 60min), planned / Pace::kStretchMax / 2);
  drive.answer_after(0s);
  EXPECT_EQ(asks_in(80min, 90min), planned);
  EXPECT_FALSE(drive.report()["degraded"].boolean());
  EXPECT_TRUE(drive.judgement().findings.empty());
}

TEST(PolicyAnalysis, AReleaseNearFailureIsNotPutOff) {
  Service service(0.01, 0.01);
  auto analysis = PolicyAnalysis::create(gridded_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(5min);        // history is answered at once
  drive.answer_after(16s);  // more than half of 30 s, less than half of 60 s
  drive.until(20min);
  EXPECT_TRUE(drive.report()["degraded"].boolean());
  const Duration behind = drive.timeout();
  service.set_canary_error_rate(0.022);
  for (Duration end = 21min; end < 2h && !drive.judgement().contested; end += 30s) drive.until(end);
  ASSERT_TRUE(drive.judgement().contested);
  const int before = drive.asks();
  drive.answer_after(16s);
  EXPECT_NE(drive.report()["degradedSentence"].string().find("every 30s, before others"),
            std::string::npos)
      << drive.report()["degradedSentence"].string();
  Drive next = drive;
  next.until(next.now() + 61s);
  EXPECT_GE(next.asks() - before, 4) << "still every 30 s";
  EXPECT_LT(next.timeout(), behind) << "its queries have the earlier deadlines";
}

TEST(PolicyAnalysis, GoesOnFromASavedStateByteForByte) {
  Service service(0.01, 0.02);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  drive.until(7min);
  auto restored = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(restored);
  auto saved = Json::parse((*analysis)->save().dump());
  ASSERT_TRUE(saved);
  Status loaded = (*restored)->load(*saved);
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  EXPECT_EQ((*restored)->save().dump(), (*analysis)->save().dump());
  // Both see the same from here on.
  for (Duration now = 7min + 1s; now < 12min; now += 1s) {
    service.scrape(at(now));
    auto asks = (*analysis)->due(at(now));
    auto again = (*restored)->due(at(now));
    ASSERT_EQ(asks.size(), again.size());
    for (std::size_t i = 0; i < asks.size(); ++i) {
      EXPECT_EQ(asks[i].request, again[i].request);
      (*analysis)->answered(asks[i].id, service.answer(asks[i].request, at(now)), at(now));
      (*restored)->answered(again[i].id, service.answer(again[i].request, at(now)), at(now));
    }
  }
  EXPECT_EQ((*restored)->save().dump(), (*analysis)->save().dump());
}

TEST(PolicyAnalysis, ACanaryWithoutSeriesPausesOnceTheRouterCountedItsRequests) {
  Service service(0.01, 0.01);
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->edge_errors = true;
  auto analysis = PolicyAnalysis::create(policy, at(0s));
  ASSERT_TRUE(analysis);
  service.stop_canary_series();
  Drive drive(service, **analysis);
  drive.expose();
  for (int i = 0; i <= 300; ++i) {
    double n = i;
    EdgeCounts counts{.stable = {80 * n, 0}, .canary = {20 * n, 0}, .epoch = "1"};
    (*analysis)->edge_counts(counts, 0.2, at(i * 1s));
    drive.until(i * 1s);
    if (i == 30) {
      EXPECT_TRUE(drive.judgement().pauses.empty()) << "no third look yet";
    }
  }
  Judgement judgement = drive.judgement();
  ASSERT_EQ(judgement.pauses.size(), 1U);
  EXPECT_EQ(judgement.pauses[0].metric, "error-rate");
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_FALSE(judgement.passed);
}

TEST(PolicyAnalysis, ErrorsThatOnlyTheRouterSeesRollBack) {
  Service service(0.01, 0.01);
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->edge_errors = true;
  auto analysis = PolicyAnalysis::create(policy, at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  int rolled_back_at = 0;
  for (int i = 0; i <= 300 && rolled_back_at == 0; ++i) {
    double n = i;
    EdgeCounts counts{.stable = {80 * n, 0.08 * n}, .canary = {20 * n, 6 * n}, .epoch = "1"};
    (*analysis)->edge_counts(counts, 0.2, at(i * 1s));
    drive.until(i * 1s);
    if (!drive.judgement().findings.empty()) rolled_back_at = i;
  }
  ASSERT_GT(rolled_back_at, 0);
  EXPECT_LE(rolled_back_at, 60);
  EXPECT_EQ(drive.judgement().findings[0].metric, "edge-errors");
}

TEST(PolicyAnalysis, ForetellsWhetherThePlanIsLongEnough) {
  for (Duration planned : {Duration(2min), Duration(10h)}) {
    Service service(0.01, 0.01);
    auto policy = std::make_shared<ReleasePolicy>(*error_policy());
    policy->exposure = {.weight = 0.2, .time = planned};
    auto analysis = PolicyAnalysis::create(policy, at(0s));
    ASSERT_TRUE(analysis);
    Drive drive(service, **analysis);
    EXPECT_TRUE((*analysis)->report(at(0s))["metrics"].at(0)["forecast"].is_null());
    drive.until(1min);  // history only: the canary has no traffic yet
    Json forecast = (*analysis)->report(at(1min))["metrics"].at(0)["forecast"];
    EXPECT_TRUE(forecast["known"].boolean());
    EXPECT_EQ(forecast["canPass"].boolean(), planned == Duration(10h)) << forecast.dump(1);
    auto restored = PolicyAnalysis::create(policy, at(0s));
    ASSERT_TRUE((*restored)->load((*analysis)->save()));
    EXPECT_EQ((*restored)->report(at(1min))["metrics"].at(0)["forecast"], forecast);
  }
}

TEST(PolicyAnalysis, GrossErrorsAreAGuardsBusiness) {
  Service service(0.01, 0.97);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  Drive drive(service, **analysis);
  drive.expose();
  int looked = 0;
  while (drive.judgement().findings.empty() && looked < 300) drive.until(++looked * 1s);
  Judgement judgement = drive.judgement();
  ASSERT_FALSE(judgement.findings.empty());
  EXPECT_TRUE(judgement.findings[0].guard);
  EXPECT_EQ(judgement.findings[0].action, OnFail::rollback);
  EXPECT_NE(judgement.findings[0].sentence.find("error-rate"), std::string::npos)
      << judgement.findings[0].sentence;
}

TEST(PolicyAnalysis, ASplitThatIsNotWhatWasSetPauses) {
  for (double canary_share : {0.2, 0.5}) {
    Service service(0.01, 0.01);
    auto policy = std::make_shared<ReleasePolicy>(*error_policy());
    policy->edge_errors = true;
    auto analysis = PolicyAnalysis::create(policy, at(0s));
    ASSERT_TRUE(analysis);
    Drive drive(service, **analysis);
    drive.expose();
    for (int i = 0; i <= 600; ++i) {
      double n = 100.0 * i;
      EdgeCounts counts{
          .stable = {(1 - canary_share) * n, 0}, .canary = {canary_share * n, 0}, .epoch = "1"};
      (*analysis)->edge_counts(counts, 0.2, at(i * 1s));
      drive.until(i * 1s);
    }
    Judgement judgement = drive.judgement();
    EXPECT_TRUE(judgement.findings.empty());
    EXPECT_EQ(judgement.pauses.size(), canary_share == 0.2 ? 0U : 1U);
    if (!judgement.pauses.empty()) {
      EXPECT_EQ(judgement.pauses[0].metric, "sample-ratio");
    }
  }
}

TEST(PolicyAnalysis, AnAnswerThatNeverComesIsGivenUp) {
  Service service(0.01, 0.01);
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  auto asks = (*analysis)->due(at(0s));
  ASSERT_FALSE(asks.empty());
  EXPECT_TRUE((*analysis)->due(at(1s)).empty());
  ASSERT_TRUE((*analysis)->next_wakeup());
  Duration wait = *(*analysis)->next_wakeup() - at(0s).mono;
  EXPECT_LE(wait, Compared::kTimeoutMax + 1s);
  (*analysis)->due(at(wait));
  // The late answer is ignored, a new try comes.
  (*analysis)->answered(asks[0].id, service.answer(asks[0].request, at(wait)), at(wait));
  EXPECT_FALSE((*analysis)->due(at(wait + 31s)).empty());
}

// What is kept of history changes another analysis as the answers change this one, and is small.
TEST(PolicyAnalysis, WhatHistoryTaughtStandsForItsAnswers) {
  Service service(0.01, 0.01);
  service.scrape(at(0s));
  auto live = PolicyAnalysis::create(error_policy(), at(0s));
  auto folded = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(live && folded);
  auto asks = (*live)->due(at(0s));
  ASSERT_EQ((*folded)->due(at(0s)).size(), asks.size());
  ASSERT_GT(asks.size(), 2U);
  std::size_t answered = 0;
  std::size_t kept = 0;
  for (const Ask& ask : asks) {
    Answer answer = service.answer(ask.request, at(1s));
    auto digest = (*live)->digest(ask.id, answer);
    ASSERT_TRUE(digest);
    answered += queries::to_json(answer).dump().size();
    kept += digest->dump().size();
    ASSERT_TRUE((*live)->learned(ask.id, *digest, at(1s)));
    ASSERT_TRUE((*folded)->learned(ask.id, *Json::parse(digest->dump()), at(1s)));
    EXPECT_EQ((*live)->save().dump(), (*folded)->save().dump());
    // Twice or late: nothing is kept.
    EXPECT_EQ((*live)->digest(ask.id, answer)->size(), 0U);
  }
  EXPECT_LT(kept * 5, answered);
  auto plain = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(plain);
  for (const Ask& ask : (*plain)->due(at(0s))) {
    (*plain)->answered(ask.id, service.answer(ask.request, at(1s)), at(1s));
  }
  EXPECT_EQ((*live)->save().dump(), (*plain)->save().dump());
  for (PolicyAnalysis* analysis : {live->get(), folded->get()}) {
    Drive drive(service, *analysis);
    drive.expose();
    drive.until(2min);
  }
  EXPECT_EQ((*live)->save().dump(), (*folded)->save().dump());
  EXPECT_EQ((*live)->report(at(2min))["metrics"].at(0)["dispersionSource"].string(), "history");
}

TEST(PolicyAnalysis, HeldHistoryIsNotSavedAndIsAskedForAgain) {
  Service service(0.01, 0.01);
  service.scrape(at(0s));
  auto live = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(live);
  auto asks = (*live)->due(at(0s));
  (*live)->answered(asks[0].id, service.answer(asks[0].request, at(1s)), at(1s));
  std::string saved = (*live)->save().dump();
  EXPECT_LT(saved.size(), 20'000U);
  auto restored = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(restored);
  ASSERT_TRUE((*restored)->load(*Json::parse(saved)));
  EXPECT_EQ((*restored)->save().dump(), saved);
  // A part that fails ends the look in both.
  for (PolicyAnalysis* analysis : {live->get(), restored->get()}) {
    analysis->answered(asks[1].id, fail(Code::unavailable, "gone"), at(2s));
  }
  EXPECT_EQ((*restored)->save().dump(), (*live)->save().dump());
  (*restored)->resumed(at(5s));
  EXPECT_EQ((*restored)->due(at(40s)).size(), asks.size());
}

TEST(PolicyAnalysis, AForeignDigestIsDataLoss) {
  auto analysis = PolicyAnalysis::create(error_policy(), at(0s));
  ASSERT_TRUE(analysis);
  auto asks = (*analysis)->due(at(0s));
  Status taken = (*analysis)->learned(asks[0].id, Json::object().set("odd", 1), at(1s));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::data_loss);
}

}  // namespace
}  // namespace serin::analysis
