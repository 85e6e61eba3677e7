#include "analysis/release/policy_analysis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "queries/selector.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::Answer;
using queries::AnswerType;
using queries::Series;

constexpr std::int64_t kStartMs = 1'750'000'000'000;
Now at(Duration since_start) {
  return {Instant(10h) + since_start, from_unix_ms(kStartMs) + since_start};
}

// A metrics server that has scraped four stable pods for hours and a canary pod since the start.
class Service {
 public:
  Service(double error_rate, double canary_error_rate) : rates_{error_rate, canary_error_rate} {}

  // Scrapes every 15 s up to `until`.
  void scrape(Now until) {
    for (; next_ms_ <= to_unix_ms(until.wall); next_ms_ += 15'000) {
      for (int pod = 0; pod < 5; ++pod) {
        bool canary = pod == 4;
        if (canary && next_ms_ <= kStartMs) continue;
        double requests = 300;
        double errors = 0;
        for (int i = 0; i < static_cast<int>(requests); ++i)
          errors += rng_.chance(rates_[canary]) ? 1 : 0;
        totals_[pod] += requests;
        errors_[pod] += errors;
        add(pod, "200", totals_[pod] - errors_[pod]);
        if (errors_[pod] > 0) add(pod, "500", errors_[pod]);
      }
    }
  }
  void set_canary_error_rate(double rate) { rates_[1] = rate; }
  void stop_canary_series() { canary_silent_ = true; }

  // What the server would say to a range-vector query at the request's time, or now.
  Answer answer(const queries::Request& request, Now now) const {
    std::int64_t end = to_unix_ms(request.time.value_or(now.wall));
    std::size_t open = request.text.rfind('[');
    auto window = parse_duration(request.text.substr(open + 1, request.text.size() - open - 2));
    EXPECT_TRUE(window) << request.text;
    std::int64_t begin =
        end - std::chrono::duration_cast<std::chrono::milliseconds>(*window).count();
    auto selector = queries::Selector::parse(request.text.substr(0, open));
    EXPECT_TRUE(selector) << request.text;
    auto filter = queries::SeriesFilter::compile(*selector);
    EXPECT_TRUE(filter);
    Answer answer;
    answer.type = AnswerType::matrix;
    for (const Series& series : series_) {
      if (!filter->matches(series.labels)) continue;
      Series cut{.labels = series.labels, .samples = {}};
      for (const queries::Sample& sample : series.samples) {
        if (sample.time_ms > begin && sample.time_ms <= end) cut.samples.push_back(sample);
      }
      if (!cut.samples.empty()) answer.series.push_back(std::move(cut));
    }
    return answer;
  }

 private:
  void add(int pod, const std::string& code, double value) {
    if (pod == 4 && canary_silent_) return;
    queries::Labels labels({{"__name__", "http_requests_total"},
                            {"code", code},
                            {"pod", "pod-" + std::to_string(pod)},
                            {"version", pod == 4 ? "v2" : "v1"}});
    for (Series& series : series_) {
      if (series.labels == labels) {
        series.samples.push_back({next_ms_, value});
        return;
      }
    }
    series_.push_back({labels, {{next_ms_, value}}});
  }

  double rates_[2];
  Rng rng_{7};
  std::int64_t next_ms_ = kStartMs - 3 * 3600 * 1000;
  double totals_[5] = {};
  double errors_[5] = {};
  std::vector<Series> series_;
  bool canary_silent_ = false;
};

std::shared_ptr<const ReleasePolicy> error_policy() {
  auto policy = std::make_shared<ReleasePolicy>();
  policy->release = "checkout-1";
  policy->planned = 1h;
  policy->history = 3h;
  Metric metric;
  metric.name = "error-rate";
  metric.interval = config::DurationText("30s");
  metric.compare.emplace().errors =
      ErrorsSpec{R"(http_requests_total{code=~"5.."})", "http_requests_total"};
  Versions versions{.label = "version", .canary = "v2", .stable = "v1", .instance = "pod"};
  EXPECT_TRUE(add_metric(*policy, metric, versions));
  return policy;
}

// Asks what is due, answers at once, once a second.
class Drive {
 public:
  Drive(Service& service, ReleaseAnalysis& analysis) : service_(service), analysis_(&analysis) {}
  void until(Duration end) {
    for (; now_ <= end; now_ += 1s) {
      Now now = at(now_);
      service_.scrape(now);
      for (auto it = held_.begin(); it != held_.end() && it->first <= now_;) {
        analysis_->answered(it->second.id, service_.answer(it->second.request, now), now);
        it = held_.erase(it);
      }
      for (Ask& ask : analysis_->due(now)) {
        ++asks_;
        timeout_ = ask.timeout;
        if (slow_ > 0s) {
          held_.emplace(now_ + slow_, std::move(ask));
        } else if (down_) {
          analysis_->answered(ask.id, fail(Code::unavailable, "connection refused"), now);
        } else {
          analysis_->answered(ask.id, service_.answer(ask.request, now), now);
        }
      }
    }
  }
  void expose() {
    analysis_->traffic_commanded(0.2, at(now_));
    analysis_->traffic_confirmed(0, 0.2, at(now_));
  }
  void use(ReleaseAnalysis& other) { analysis_ = &other; }
  void set_down(bool down) { down_ = down; }
  void answer_after(Duration slow) { slow_ = slow; }
  Duration timeout() const { return timeout_; }  // of the last ask
  Duration now() const { return now_; }
  Json report() const { return analysis_->report(at(now_)); }
  int asks() const { return asks_; }
  Judgement judgement() const { return analysis_->judgement(at(now_)); }

 private:
  Service& service_;
  ReleaseAnalysis* analysis_;
  Duration now_ = 0s;
  bool down_ = false;
  Duration slow_ = 0s;
  std::multimap<Duration, Ask> held_;  // by when they are answered
  Duration timeout_ = 0s;
  int asks_ = 0;
};

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
