// The judge over each kind of metric.
#include <gtest/gtest.h>

#include <cmath>

#include "analysis/judges/sequential/judge.h"
#include "analysis/stats/normal.h"
#include "analysis/templates/model.h"
#include "unit/analysis/sequential/windows.h"

namespace serin::analysis {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::Side;

constexpr std::int64_t kStartMs = 240 * kWindowMs;  // after two hours of history

SequentialJudge make(SequentialMetric metric, Rng* = nullptr) {
  metric.name = "m";
  SequentialPlan plan;
  plan.metrics.push_back(std::move(metric));
  auto judge = SequentialJudge::create(plan);
  EXPECT_TRUE(judge) << judge.error().to_string();
  return *std::move(judge);
}

SequentialMetric metric_of(CompareKind kind) {
  SequentialMetric metric;
  metric.rules = rules_for(kind, {});
  metric.rules.warmup = {};
  return metric;
}

double normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(6.283185307179586 * rng.uniform());
}

// Fills an instance's part of a window: given the side, the instance's number and its window.
using Fill = std::function<void(Side, int, queries::InstanceWindow&)>;

ComparisonWindow window_of(std::int64_t end_ms, int stable, int canary, const Fill& fill,
                           std::vector<double> bounds = {}) {
  ComparisonWindow window = counts_window(end_ms, {stable, 0, 0}, {canary, 0, 0});
  window.bounds = std::move(bounds);
  int number = 0;
  for (auto& instance : window.instances) {
    if (number == stable && instance.side == Side::canary) number = 0;
    fill(instance.side, number++, instance);
  }
  return window;
}

std::vector<ComparisonWindow> history_of(int stable, const Fill& fill,
                                         const std::vector<double>& bounds = {}) {
  std::vector<ComparisonWindow> history;
  for (int k = 1; k <= 240; ++k) {
    history.push_back(window_of(k * kWindowMs, stable, 0, fill, bounds));
  }
  return history;
}

// Looks until the metric fails, or none is left; returns how many it took.
int looks_to_fail(SequentialJudge& judge, int looks, int canary, const Fill& fill,
                  const std::vector<double>& bounds = {}) {
  judge.start_step(0);
  for (int k = 1; k <= looks; ++k) {
    judge.update(0, window_of(kStartMs + k * kWindowMs, 4, canary, fill, bounds), k * 30s);
    if (judge.combined().fail) return k;
  }
  return looks + 1;
}

void expect_state_survives(const SequentialJudge& judge) {
  auto back = SequentialJudge::from_json(*Json::parse(judge.to_json().dump()));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->to_json().dump(), judge.to_json().dump());
  EXPECT_EQ(to_json(back->metric(0)).dump(), to_json(judge.metric(0)).dump());
}

// --- histograms
// -----------------------------------------------------------------------------------

const std::vector<double> kBounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

// Lognormal latencies around 0.1 s; the canary's are `slower` times as long.
Fill latencies(Rng& rng, double slower, int requests = 300) {
  return [&rng, slower, requests](Side side, int, queries::InstanceWindow& instance) {
    instance.buckets.assign(kBounds.size() + 1, 0);
    for (int i = 0; i < requests; ++i) {
      const double x = 0.1 * std::exp(0.8 * normal(rng)) * (side == Side::canary ? slower : 1);
      const auto place = std::lower_bound(kBounds.begin(), kBounds.end(), x) - kBounds.begin();
      instance.buckets[static_cast<std::size_t>(place)] += 1;
    }
  };
}

TEST(HistogramJudge, FindsAShift) {
  Rng rng(1);
  SequentialJudge judge = make(metric_of(CompareKind::histogram));
  judge.learn(0, history_of(4, latencies(rng, 1, 100), kBounds));
  EXPECT_LE(looks_to_fail(judge, 60, 1, latencies(rng, 1.15), kBounds), 12);
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_EQ(evidence.verdict, MetricVerdict::fail);
  EXPECT_EQ(evidence.effect.scale, "sd");
  EXPECT_LT(evidence.effect.interval.lower, 0.175);  // log 1.15 / 0.8
  EXPECT_GT(evidence.effect.interval.upper, 0.175);
  ASSERT_EQ(evidence.quantiles.size(), 2U);
  EXPECT_LE(evidence.quantiles[0].stable.lower, 0.1);
  EXPECT_GE(evidence.quantiles[0].stable.upper, 0.1);
  // The buckets of both sides hold what was counted in the step, and the slower one's lie higher.
  const Json buckets = to_json(evidence)["buckets"];
  ASSERT_EQ(buckets["canary"].size(), buckets["bounds"].size() + 1);
  ASSERT_EQ(buckets["stable"].size(), buckets["canary"].size());
  double canary = 0, stable = 0;
  for (std::size_t i = 0; i < buckets["canary"].size(); ++i) {
    canary += buckets["canary"].at(i).number();
    stable += buckets["stable"].at(i).number();
    EXPECT_LE(canary * evidence.effect.stable->exposure, stable * evidence.effect.canary->exposure)
        << "bucket " << i;
  }
  EXPECT_DOUBLE_EQ(canary, evidence.effect.canary->exposure);
  EXPECT_DOUBLE_EQ(stable, evidence.effect.stable->exposure);
  EXPECT_NE(evidence.sentence.find("shifted by +0.1"), std::string::npos) << evidence.sentence;
  expect_state_survives(judge);
}

TEST(HistogramJudge, PassesEqualAndFasterCanaries) {
  for (double slower : {1.0, 0.8}) {
    Rng rng(2);
    SequentialJudge judge = make(metric_of(CompareKind::histogram));
    judge.learn(0, history_of(4, latencies(rng, 1, 100), kBounds));
    EXPECT_EQ(looks_to_fail(judge, 60, 1, latencies(rng, slower), kBounds), 61);
    EXPECT_TRUE(judge.combined().passed);
  }
}

TEST(HistogramJudge, FindsASlowTail) {
  Rng rng(3);
  SequentialJudge judge = make(metric_of(CompareKind::histogram));
  judge.learn(0, history_of(4, latencies(rng, 1, 100), kBounds));
  const Fill base = latencies(rng, 1);
  const Fill tail = [&](Side side, int number, queries::InstanceWindow& instance) {
    base(side, number, instance);
    if (side == Side::canary) {
      instance.buckets[9] += 6;  // 2 % of its requests take seconds
      instance.buckets[4] -= std::min(instance.buckets[4], 6.0);
    }
  };
  EXPECT_LE(looks_to_fail(judge, 60, 1, tail, kBounds), 15);
}

// Every request in one bucket; of the canary's, `leaving` a window take longer.
Fill one_bucket(double leaving) {
  return [leaving](Side side, int, queries::InstanceWindow& instance) {
    const double slow = side == Side::canary ? leaving : 0;
    instance.buckets.assign(kBounds.size() + 1, 0);
    instance.buckets[4] = 300 - slow;
    instance.buckets[6] = slow;
  };
}

TEST(HistogramJudge, OneBucketPassesWhileFewLeaveIt) {
  SequentialJudge same = make(metric_of(CompareKind::histogram));
  same.learn(0, history_of(4, one_bucket(0), kBounds));
  EXPECT_EQ(looks_to_fail(same, 60, 1, one_bucket(0), kBounds), 61);
  EXPECT_TRUE(same.combined().passed);
  EXPECT_LT(same.metric(0).dispersion, 2);
  SequentialJudge slower = make(metric_of(CompareKind::histogram));
  slower.learn(0, history_of(4, one_bucket(0), kBounds));
  EXPECT_LE(looks_to_fail(slower, 60, 1, one_bucket(6), kBounds), 10);
  expect_state_survives(slower);
}

TEST(HistogramJudge, DownMeansFasterIsWorse) {
  Rng rng(4);
  SequentialMetric metric = metric_of(CompareKind::histogram);
  metric.rules.direction = Direction::down;
  SequentialJudge judge = make(metric);
  judge.learn(0, history_of(4, latencies(rng, 1, 100), kBounds));
  EXPECT_LE(looks_to_fail(judge, 60, 1, latencies(rng, 0.85), kBounds), 14);
}

TEST(HistogramJudge, NewBoundsAreCountedIntoTheOld) {
  Rng rng(5);
  SequentialJudge judge = make(metric_of(CompareKind::histogram));
  judge.learn(0, history_of(4, latencies(rng, 1, 100), kBounds));
  const Fill fill = [&](Side side, int number, queries::InstanceWindow& instance) {
    latencies(rng, side == Side::canary ? 1.3 : 1)(side, number, instance);
    // A bound more, inside the fifth bucket: its counts belong there.
    const double part = std::floor(instance.buckets[4] / 2);
    instance.buckets.insert(instance.buckets.begin() + 4, part);
    instance.buckets[5] -= part;
  };
  auto finer = kBounds;
  finer.insert(finer.begin() + 4, 0.075);
  EXPECT_LE(looks_to_fail(judge, 60, 1, fill, finer), 10);
}

TEST(HistogramJudge, ATargetCountsWhatLiesAboveIt) {
  Rng rng(6);
  SequentialMetric metric = metric_of(CompareKind::histogram);
  metric.rules.slo = Slo{.quantile = 0.99, .max = 1.0, .min = {}};
  SequentialJudge ok = make(metric);
  SequentialJudge slow = make(metric);
  // P(X > 1) is 0.2 % of stable's, and 6 % of a canary four times slower.
  EXPECT_EQ(looks_to_fail(ok, 60, 1, latencies(rng, 1), kBounds), 61);
  EXPECT_TRUE(ok.combined().passed);
  EXPECT_LE(looks_to_fail(slow, 60, 1, latencies(rng, 4), kBounds), 6);
  EXPECT_NE(slow.metric(0).sentence.find(" above 1, target 0.99 of requests within 1"),
            std::string::npos)
      << slow.metric(0).sentence;
}

TEST(HistogramJudge, ATargetBetweenBoundsIsNotJudgedTooStrictly) {
  // All requests lie in (0.25, 0.5]; a target of 0.4 can be neither failed nor passed.
  const Fill fill = [](Side, int, queries::InstanceWindow& instance) {
    instance.buckets.assign(kBounds.size() + 1, 0);
    instance.buckets[6] = 300;
  };
  SequentialMetric metric = metric_of(CompareKind::histogram);
  metric.rules.slo = Slo{.quantile = 0.99, .max = 0.4, .min = {}};
  SequentialJudge judge = make(metric);
  EXPECT_EQ(looks_to_fail(judge, 30, 1, fill, kBounds), 31);
  EXPECT_EQ(judge.metric(0).verdict, MetricVerdict::inconclusive);
}

// --- levels
// ---------------------------------------------------------------------------------------

// A gauge around `level` with AR(1) noise of its logs, sampled twice a window; the canary's is
// `higher` times as high.
class Gauges {
 public:
  Gauges(Rng& rng, double sd, double higher, double level = 100, double offset = 0)
      : rng_(rng), sd_(sd), higher_(higher), level_(level), offset_(offset) {}
  void operator()(Side side, int number, queries::InstanceWindow& instance) {
    for (int i = 1; i <= 2; ++i) {
      double& x = state_[side == Side::canary ? 1 : 0][number];
      x = 0.5 * x + sd_ * std::sqrt(0.75) * normal(rng_);
      const double factor = std::exp(x) * (side == Side::canary ? higher_ : 1);
      instance.gauge.push_back({instance.from_ms + i * kWindowMs / 2, level_ * factor + offset_});
    }
  }

 private:
  Rng& rng_;
  double sd_, higher_, level_, offset_;
  std::map<int, double> state_[2];
};

TEST(GaugeJudge, FindsAHigherLevel) {
  Rng rng(7);
  SequentialJudge judge = make(metric_of(CompareKind::gauge));
  judge.learn(0, history_of(4, Gauges(rng, 0.05, 1)));
  EXPECT_LE(looks_to_fail(judge, 60, 1, Gauges(rng, 0.05, 1.2)), 8);
  const MetricEvidence evidence = judge.metric(0);
  EXPECT_NEAR(*evidence.autocorrelation, 0.5, 0.1);
  EXPECT_LT(evidence.effect.interval.lower, 1.2);
  EXPECT_GT(evidence.effect.interval.upper, 1.2);
  EXPECT_NE(evidence.sentence.find(" samples against "), std::string::npos) << evidence.sentence;
  expect_state_survives(judge);
}

TEST(GaugeJudge, PassesAnEqualLevelAndLessMemory) {
  for (double higher : {1.0, 0.7}) {
    Rng rng(8);
    SequentialMetric metric = metric_of(CompareKind::gauge);
    metric.rules.required = true;
    SequentialJudge judge = make(metric);
    judge.learn(0, history_of(4, Gauges(rng, 0.05, 1)));
    EXPECT_EQ(looks_to_fail(judge, 60, 1, Gauges(rng, 0.05, higher)), 61);
    EXPECT_TRUE(judge.combined().passed);
  }
}

TEST(GaugeJudge, ValuesBelowZeroAreComparedPlainly) {
  Rng rng(9);
  const auto plain = [&](double higher) { return Gauges(rng, 0.2, higher, 100, -60); };
  SequentialJudge judge = make(metric_of(CompareKind::gauge));
  auto history = history_of(4, plain(1));
  history[0].instances[0].gauge[0].value = -5;
  judge.learn(0, history);
  SequentialJudge equal = judge;
  EXPECT_EQ(looks_to_fail(equal, 60, 2, plain(1)), 61);
  EXPECT_LE(looks_to_fail(judge, 60, 2, plain(1.6)), 12);
}

TEST(GaugeJudge, WithoutHistoryItLearnsFirst) {
  Rng rng(10);
  SequentialJudge judge = make(metric_of(CompareKind::gauge));
  const int looks = looks_to_fail(judge, 120, 1, Gauges(rng, 0.05, 2.2));
  EXPECT_GT(looks, 15);  // thirty differences, two a look
  EXPECT_LE(looks, 30);
  EXPECT_EQ(judge.metric(0).dispersion_source, DispersionSource::assumed);
  expect_state_survives(judge);
}

TEST(GaugeJudge, AnIntervalWithoutHalfOfTheInstancesIsMissing) {
  Rng rng(11);
  SequentialJudge judge = make(metric_of(CompareKind::gauge));
  judge.learn(0, history_of(4, Gauges(rng, 0.05, 1)));
  judge.start_step(0);
  Gauges gauges(rng, 0.05, 1);
  for (int k = 1; k <= 20; ++k) {
    auto window = window_of(kStartMs + k * kWindowMs, 4, 1, std::ref(gauges));
    // Stable's second samples are gone but for one instance's.
    for (int i = 1; i < 4; ++i) window.instances[static_cast<std::size_t>(i)].gauge.pop_back();
    judge.update(0, window, k * 30s);
  }
  EXPECT_EQ(judge.metric(0).canary.exposure, 20);
  EXPECT_LT(std::abs(judge.metric(0).log_e), 3);
}

TEST(GaugeJudge, SamplesOfOneIntervalThatCameApartAreJoined) {
  // Canary and stable are scraped at other offsets: the newest interval waits for the later one.
  Rng rng(12);
  SequentialJudge together = make(metric_of(CompareKind::gauge));
  const auto history = history_of(4, Gauges(rng, 0.05, 1));
  together.learn(0, history);
  SequentialJudge apart = together;
  Gauges gauges(rng, 0.05, 1.1);
  std::vector<queries::Sample> late;
  for (int k = 1; k <= 30; ++k) {
    auto window = window_of(kStartMs + k * kWindowMs, 4, 1, std::ref(gauges));
    together.update(0, window, k * 30s);
    auto& canary = window.instances.back().gauge;
    canary.insert(canary.begin(), late.begin(), late.end());
    late = {canary.back()};
    canary.pop_back();
    apart.update(0, window, k * 30s);
  }
  EXPECT_EQ(apart.metric(0).canary.exposure, together.metric(0).canary.exposure - 1);
  EXPECT_NEAR(apart.metric(0).log_e, together.metric(0).log_e, 2);
}

Fill means(Rng& rng, double higher) {
  return [&rng, higher](Side side, int, queries::InstanceWindow& instance) {
    instance.total = 200;
    for (int i = 0; i < 200; ++i) {
      instance.bad += -std::log(1 - rng.uniform()) * (side == Side::canary ? higher : 1);
    }
  };
}

TEST(MeanJudge, FindsAHigherMeanAndPassesAnEqualOne) {
  Rng rng(13);
  SequentialJudge judge = make(metric_of(CompareKind::mean));
  judge.learn(0, history_of(4, means(rng, 1)));
  SequentialJudge equal = judge;
  EXPECT_LE(looks_to_fail(judge, 60, 1, means(rng, 1.25)), 20);
  EXPECT_EQ(looks_to_fail(equal, 60, 1, means(rng, 1)), 61);
  EXPECT_TRUE(equal.combined().passed);
  EXPECT_NEAR(equal.metric(0).canary.value, 1, 0.05);
  EXPECT_NE(judge.metric(0).sentence.find(" values against "), std::string::npos);
  expect_state_survives(judge);
}

TEST(MeanJudge, BoundedValuesAreJudgedAsShares) {
  Rng rng(14);
  SequentialMetric metric = metric_of(CompareKind::mean);
  metric.value_max = 10;
  SequentialJudge judge = make(metric);
  judge.learn(0, history_of(4, means(rng, 1)));
  EXPECT_LE(looks_to_fail(judge, 60, 1, means(rng, 1.6)), 30);
  EXPECT_NEAR(judge.metric(0).canary.value, 1.6, 0.2);
}

TEST(GaugeJudge, ATargetIsJudgedByTheCanaryAlone) {
  Rng rng(15);
  SequentialMetric metric = metric_of(CompareKind::gauge);
  metric.rules.required = true;
  metric.rules.slo = Slo{.quantile = {}, .max = 120, .min = {}};
  SequentialJudge judge = make(metric);
  judge.learn(0, history_of(4, Gauges(rng, 0.05, 1)));
  SequentialJudge low = judge;
  EXPECT_LE(looks_to_fail(judge, 60, 1, Gauges(rng, 0.05, 1.4)), 10);
  EXPECT_EQ(looks_to_fail(low, 60, 1, Gauges(rng, 0.05, 1)), 61);
  EXPECT_TRUE(low.combined().passed);
}

// --- rates
// ----------------------------------------------------------------------------------------

Fill events(double each, double canary) {
  return [each, canary](Side side, int, queries::InstanceWindow& instance) {
    instance.total = 30;  // instance-seconds
    instance.bad = side == Side::canary ? canary : each;
  };
}

TEST(RateJudge, DownFailsOnFewerEvents) {
  SequentialMetric metric = metric_of(CompareKind::rate);
  metric.rules.direction = Direction::down;
  SequentialJudge judge = make(metric);
  judge.learn(0, history_of(4, events(20, 0)));
  SequentialJudge more = judge;
  EXPECT_LE(looks_to_fail(judge, 60, 1, events(20, 8)), 10);
  EXPECT_EQ(looks_to_fail(more, 60, 1, events(20, 40)), 61);
}

TEST(RateJudge, BothFailsEitherWay) {
  SequentialMetric metric = metric_of(CompareKind::rate);
  metric.rules.direction = Direction::both;
  metric.rules.required = true;
  SequentialJudge judge = make(metric);
  judge.learn(0, history_of(4, events(20, 0)));
  SequentialJudge more = judge;
  SequentialJudge equal = judge;
  EXPECT_LE(looks_to_fail(judge, 60, 1, events(20, 8)), 10);
  EXPECT_LE(looks_to_fail(more, 60, 1, events(20, 40)), 10);
  EXPECT_EQ(looks_to_fail(equal, 60, 1, events(20, 20)), 61);
  EXPECT_TRUE(equal.combined().passed);
  expect_state_survives(equal);
}

TEST(RateJudge, AbsoluteToleranceIsRespected) {
  // Errors rise from 1 % to 1.8 %: a lot as a ratio, but a percentage point more is tolerated.
  SequentialMetric metric = metric_of(CompareKind::errors);
  metric.rules.tolerate_absolute = 0.01;
  metric.rules.acceptable_absolute = 0.02;
  SequentialJudge judge = make(metric);
  const Fill fill = [](Side side, int, queries::InstanceWindow& instance) {
    instance.total = 1000;
    instance.bad = side == Side::canary ? 18 : 10;
  };
  judge.learn(0, history_of(4, fill));
  EXPECT_EQ(looks_to_fail(judge, 100, 1, fill), 101);
  EXPECT_TRUE(judge.combined().passed);
  EXPECT_NE(judge.metric(0).sentence.find("limit +1 pp"), std::string::npos);
}

// Of next to no errors 2 % more is nothing: what a canary has to exceed is the absolute margin.
TEST(RateJudge, SaysTheMarginThatBinds) {
  const auto said = [](double stable_bad, double canary_bad) {
    const Fill fill = [&](Side side, int, queries::InstanceWindow& instance) {
      instance.total = 1000;
      instance.bad = side == Side::canary ? canary_bad : stable_bad;
    };
    SequentialJudge judge = make(metric_of(CompareKind::errors));
    judge.learn(0, history_of(4, fill));
    EXPECT_LE(looks_to_fail(judge, 60, 1, fill), 60);
    return judge.metric(0).sentence;
  };
  const std::string rare = said(0, 30);
  EXPECT_NE(rare.find("m worse: "), std::string::npos) << rare;
  EXPECT_NE(rare.find(", limit +0.05 pp"), std::string::npos) << rare;
  const std::string ordinary = said(20, 60);
  EXPECT_NE(ordinary.find(", limit +2 %"), std::string::npos) << ordinary;
}

// An error rate that doubles is undecided for long where nobody knows how much instances differ.
TEST(RateJudge, SaysWhatAssumedDifferencesBetweenInstancesWidenTheLimitTo) {
  const Fill doubled = [](Side side, int, queries::InstanceWindow& instance) {
    instance.total = 1000;
    instance.bad = side == Side::canary ? 20 : 10;
  };
  const auto widened_once = [&](int history_instances) {
    SequentialJudge judge = make(metric_of(CompareKind::errors));
    if (history_instances > 0) judge.learn(0, history_of(history_instances, doubled));
    judge.start_step(0);
    std::string said;
    for (int k = 1; k <= 40; ++k) {
      judge.update(0, window_of(kStartMs + k * kWindowMs, 1, 1, doubled), k * 30s);
      const MetricEvidence evidence = judge.metric(0);
      const bool widened = evidence.sentence.find("widened") != std::string::npos;
      EXPECT_EQ(judge.sentence(0), evidence.sentence);
      EXPECT_TRUE(!widened || evidence.verdict == MetricVerdict::inconclusive) << evidence.sentence;
      EXPECT_TRUE(!widened || to_json(evidence)["marginAssumed"].boolean()) << evidence.sentence;
      if (widened) said = evidence.sentence;
    }
    return said;
  };
  const std::string without = widened_once(0);
  EXPECT_NE(without.find("limit +2 %, widened to +"), std::string::npos) << without;
  EXPECT_NE(without.find(" while differences between instances are assumed (no history)"),
            std::string::npos);
  EXPECT_NE(widened_once(1).find("(history of one instance)"), std::string::npos);
  EXPECT_EQ(widened_once(4), "");
}

TEST(RateJudge, ATargetForErrors) {
  SequentialMetric metric = metric_of(CompareKind::errors);
  metric.rules.slo = Slo{.quantile = {}, .max = 0.01, .min = {}};
  SequentialJudge judge = make(metric);
  const auto fill = [](double bad) {
    return [bad](Side side, int, queries::InstanceWindow& instance) {
      instance.total = 1000;
      instance.bad = side == Side::canary ? bad : 500;  // stable is none of its business
    };
  };
  SequentialJudge good = judge;
  EXPECT_LE(looks_to_fail(judge, 60, 1, fill(30)), 6);
  EXPECT_EQ(looks_to_fail(good, 60, 1, fill(5)), 61);
  EXPECT_TRUE(good.combined().passed);
}

}  // namespace
}  // namespace serin::analysis
