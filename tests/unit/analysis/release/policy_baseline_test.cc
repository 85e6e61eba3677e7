// Of stable only the instances that were started for the release are compared.
#include "tests/unit/analysis/release/policy_lab.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;

// Two stable pods that were there for hours; at the start two fresh ones of stable and two of the
// canary. Scraped every 15 s.
class Fleet {
 public:
  struct Rates {
    double old = 0.01;
    double fresh = 0.01;
    double canary = 0.01;
  };
  explicit Fleet(Rates rates) : rates_(rates) {}

  void scrape(Now until) {
    for (; next_ms_ <= to_unix_ms(until.wall); next_ms_ += 15'000) {
      for (int pod = 0; pod < 6; ++pod) {
        const bool is_old = pod < 2;
        const bool is_fresh = !is_old && pod < 4;
        if (!is_old && next_ms_ <= kStartMs + 5'000) continue;
        if (is_fresh && next_ms_ > fresh_until_ms_) continue;
        const double rate = is_old ? rates_.old : is_fresh ? rates_.fresh : rates_.canary;
        double errors = 0;
        for (int i = 0; i < 300; ++i) errors += rng_.chance(rate) ? 1 : 0;
        good_[pod] += 300 - errors;
        bad_[pod] += errors;
        add(pod, "200", good_[pod]);
        if (bad_[pod] > 0) add(pod, "500", bad_[pod]);
      }
    }
  }
  void stop_fresh(Duration after) { fresh_until_ms_ = to_unix_ms(at(after).wall); }
  void set(Rates rates) { rates_ = rates; }

  Answer answer(const queries::Request& request, Now now) const {
    return range_answer(series_, request, now);
  }

 private:
  void add(int pod, const std::string& code, double value) {
    queries::Labels labels({{"__name__", "http_requests_total"},
                            {"code", code},
                            {"pod", "pod-" + std::to_string(pod)},
                            {"version", pod < 4 ? "v1" : "v2"}});
    for (Series& series : series_) {
      if (series.labels == labels) {
        series.samples.push_back({next_ms_, value});
        return;
      }
    }
    series_.push_back({labels, {{next_ms_, value}}});
  }

  Rates rates_;
  Rng rng_{11};
  std::int64_t next_ms_ = kStartMs - 3 * 3600 * 1000;
  std::int64_t fresh_until_ms_ = std::numeric_limits<std::int64_t>::max();
  double good_[6] = {};
  double bad_[6] = {};
  std::vector<Series> series_;
};

std::shared_ptr<ReleasePolicy> fresh_policy() {
  auto policy = std::make_shared<ReleasePolicy>(*error_policy());
  policy->fresh_baseline = true;
  return policy;
}

// An analysis in a fleet; fresh instances are asked for at the start.
class Baseline : public testing::Test {
 protected:
  void begin(Fleet::Rates rates, std::shared_ptr<const ReleasePolicy> policy = fresh_policy(),
             bool asked = true) {
    fleet_.emplace(rates);
    auto made = PolicyAnalysis::create(policy, at(0s));
    ASSERT_TRUE(made) << made.error().to_string();
    analysis_ = std::move(*made);
    if (asked) analysis_->baseline_asked(at(0s));
    until(45s);
    analysis_->traffic_commanded(0.5, at(now_));
    analysis_->traffic_confirmed(0, 0.5, at(now_));
  }
  void until(Duration end) {
    for (; now_ <= end; now_ += 1s) {
      fleet_->scrape(at(now_));
      for (Ask& ask : analysis_->due(at(now_)))
        analysis_->answered(ask.id, fleet_->answer(ask.request, at(now_)), at(now_));
    }
  }
  Judgement judgement() const { return analysis_->judgement(at(now_)); }
  Json metric() const { return analysis_->report(at(now_))["metrics"].at(0); }

  std::optional<Fleet> fleet_;
  std::unique_ptr<PolicyAnalysis> analysis_;
  Duration now_{};
};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Old instances fail less than what was just started, of either version.
TEST_F(Baseline, OldInstancesThatAreBetterAreNoReasonToFail) {
  const Fleet::Rates rates{.old = 0.002, .fresh = 0.04, .canary = 0.04};
  begin(rates);
  until(60min);
  EXPECT_TRUE(judgement().findings.empty()) << metric().dump(1);
  EXPECT_TRUE(judgement().passed) << metric().dump(1);
  EXPECT_TRUE(judgement().covered);
  EXPECT_EQ(metric()["freshStable"].integer(), 2);
  EXPECT_TRUE(has(metric()["sentence"].string(), "; against 2 fresh stable instances"));
}

TEST_F(Baseline, WithoutItTheSameFails) {
  begin({.old = 0.002, .fresh = 0.002, .canary = 0.04}, error_policy());
  until(20min);
  ASSERT_FALSE(judgement().findings.empty()) << metric().dump(1);
  EXPECT_FALSE(metric().contains("freshStable"));
  EXPECT_FALSE(has(metric()["sentence"].string(), "fresh"));
}

// … and old ones that are worse do not hide a canary that is worse than fresh ones.
TEST_F(Baseline, OldInstancesThatAreWorseHideNothing) {
  begin({.old = 0.06, .fresh = 0.01, .canary = 0.05});
  until(20min);
  ASSERT_FALSE(judgement().findings.empty()) << metric().dump(1);
  EXPECT_TRUE(has(judgement().findings[0].sentence, "; against 2 fresh stable instances"))
      << judgement().findings[0].sentence;
  EXPECT_FALSE(judgement().passed);
}

TEST_F(Baseline, CountsTheFreshOnesAlone) {
  begin({});
  until(20min);
  // 300 requests a scrape and pod, from two of stable's four pods.
  EXPECT_EQ(metric()["stable"]["exposure"].number(), metric()["canary"]["exposure"].number());
  EXPECT_NEAR(metric()["coverage"]["stable"].number(), 1, 0.1);
}

TEST_F(Baseline, WhereNoneIsLeftItHolds) {
  begin({});
  until(6min);
  EXPECT_TRUE(judgement().covered);
  fleet_->stop_fresh(6min);
  until(9min);
  fleet_->set({.old = 0.0001, .fresh = 0.01, .canary = 0.08});
  analysis_->traffic_confirmed(1, 0.5, at(now_));
  until(40min);
  EXPECT_TRUE(judgement().findings.empty()) << "nothing to compare with is no failure";
  EXPECT_FALSE(judgement().covered);
  EXPECT_EQ(metric()["freshStable"].integer(-1), 0);
  EXPECT_TRUE(has(metric()["sentence"].string(), "no fresh stable instance is there"))
      << metric()["sentence"].string();
  EXPECT_EQ(metric()["verdict"].string(), "noData");
}

TEST_F(Baseline, NothingOfStableCountsBeforeFreshOnesWereAskedFor) {
  begin({.canary = 0.08}, fresh_policy(), false);
  until(20min);
  EXPECT_TRUE(judgement().findings.empty());
  EXPECT_FALSE(judgement().covered);
  EXPECT_FALSE(judgement().passed);
}

// The guard asks whether stable as a whole does as badly, and does not need fresh ones.
TEST_F(Baseline, TheGuardComparesWithAllOfStable) {
  begin({});
  fleet_->stop_fresh(2min);
  until(4min);
  fleet_->set({.old = 0.01, .fresh = 0.01, .canary = 0.9});
  until(6min);
  ASSERT_FALSE(judgement().findings.empty());
  EXPECT_TRUE(judgement().findings[0].guard);
  EXPECT_TRUE(has(judgement().findings[0].sentence, "of all of stable's instances"))
      << judgement().findings[0].sentence;
  EXPECT_TRUE(analysis_->calls_for_action());
}

TEST_F(Baseline, MetricsWithATargetKeepAllOfStable) {
  auto policy = fresh_policy();
  policy->metrics[0].metric.options.slo.emplace().max = 0.05;
  begin({}, policy);
  until(5min);
  EXPECT_FALSE(metric().contains("freshStable"));
  EXPECT_TRUE(judgement().covered);
  EXPECT_EQ(metric()["stable"]["exposure"].number(), 2 * metric()["canary"]["exposure"].number());
}

TEST_F(Baseline, GoesOnWhereItWasAfterARestart) {
  begin({.old = 0.002, .fresh = 0.04, .canary = 0.04});
  until(5min);
  auto again = PolicyAnalysis::create(fresh_policy(), at(0s));
  ASSERT_TRUE(again);
  const std::string saved = analysis_->save().dump();
  ASSERT_TRUE((*again)->load(*Json::parse(saved)));
  EXPECT_EQ((*again)->save().dump(), saved);
  analysis_ = std::move(*again);
  until(30min);
  EXPECT_TRUE(judgement().findings.empty());
  EXPECT_EQ(metric()["freshStable"].integer(), 2);
}

TEST_F(Baseline, AnEditKeepsIt) {
  begin({.old = 0.002, .fresh = 0.04, .canary = 0.04});
  until(5min);
  auto policy = fresh_policy();
  policy->planned = 2h;
  auto edited = PolicyAnalysis::create(policy, at(now_));
  ASSERT_TRUE(edited);
  ASSERT_TRUE((*edited)->take_over(*analysis_, at(now_)));
  analysis_ = std::move(*edited);
  until(30min);
  EXPECT_TRUE(judgement().findings.empty());
  EXPECT_EQ(metric()["freshStable"].integer(), 2);
}

TEST_F(Baseline, AtTheEndOfStepsTheSameInstancesAreTested) {
  for (const bool kayenta : {false, true}) {
    auto policy = fresh_policy();
    policy->step_times = {{0, 10min}};
    JudgeOptions& options = policy->metrics[0].metric.options;
    if (kayenta) {
      options.judge = JudgeKind::kayenta;
      options.kayenta.emplace().groups = {"all"};
    } else {
      options.mode = JudgeMode::fixed;
    }
    now_ = {};
    begin({.old = 0.002, .fresh = 0.04, .canary = 0.04}, policy);
    until(12min);
    EXPECT_TRUE(judgement().findings.empty()) << metric().dump(1);
    EXPECT_TRUE(judgement().step_analysis_done);
    EXPECT_EQ(metric()["freshStable"].integer(), 2);
    EXPECT_NEAR(metric()["stable"]["value"].number(), 0.04, 0.02);
  }
}

// A replay has nobody who says when they were asked for: its start is theirs.
TEST_F(Baseline, AReplayTakesThoseThatStartedWithIt) {
  auto policy = fresh_policy();
  policy->release.clear();
  begin({.old = 0.002, .fresh = 0.04, .canary = 0.04}, policy, false);
  until(30min);
  EXPECT_TRUE(judgement().findings.empty()) << metric().dump(1);
  EXPECT_EQ(metric()["freshStable"].integer(), 2);
}

}  // namespace
}  // namespace serin::analysis
