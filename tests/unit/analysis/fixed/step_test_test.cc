// One test at the end of a step: levels, margins, what each kind says.
#include "analysis/judges/fixed/step_test.h"

#include <gtest/gtest.h>

#include <cmath>

#include "analysis/templates/model.h"
#include "base/random.h"

namespace serin::analysis::fixed {
namespace {

using namespace std::chrono_literals;
using queries::ComparisonWindow;
using queries::InstanceWindow;
using queries::Side;

double normal(Rng& rng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += rng.uniform();
  return sum;
}

// Looks of 30 s: what `fill` makes of each side.
template <class Fill>
StepData looks(CompareKind kind, int count, const Fill& fill) {
  StepData data(kind, 0s);
  for (int i = 0; i < count; ++i) {
    ComparisonWindow window;
    window.scrape_interval_s = 15;
    for (const Side side : {Side::stable, Side::canary}) {
      InstanceWindow instance;
      instance.instance = side == Side::canary ? "c" : "s";
      instance.side = side;
      instance.from_ms = i * 30'000;
      instance.to_ms = instance.from_ms + 30'000;
      instance.age_s = queries::kAgeBefore;
      fill(side, instance, window);
      window.instances.push_back(std::move(instance));
      window.scrapes_expected[side == Side::canary] = 2;
      window.scrapes_seen[side == Side::canary] = 2;
    }
    data.add(window, 0);
  }
  return data;
}

StepData errors(Rng& rng, double stable, double canary, int looks_count = 20) {
  return looks(CompareKind::errors, looks_count,
               [&](Side side, InstanceWindow& instance, ComparisonWindow&) {
                 const bool is_canary = side == Side::canary;
                 const int requests = is_canary ? 100 : 400;
                 instance.total = requests;
                 for (int r = 0; r < requests; ++r)
                   instance.bad += rng.chance(is_canary ? canary : stable) ? 1 : 0;
               });
}

MetricRules plain(CompareKind kind) {
  MetricRules rules = rules_for(kind, {});
  return rules;
}

TEST(StepTest, WorseErrorsFailWithCountsAndOneSentence) {
  Rng rng(1);
  const StepTest test =
      test_step("error-rate", plain(CompareKind::errors), errors(rng, 0.01, 0.04), {});
  EXPECT_EQ(test.verdict, MetricVerdict::fail);
  EXPECT_LT(test.p_value, test.limit);
  EXPECT_EQ(test.canary.exposure, 2000);
  EXPECT_GT(test.effect.estimate, 2);
  EXPECT_LT(test.effect.interval.lower, 4);
  EXPECT_GT(test.effect.interval.upper, 4);
  EXPECT_NE(test.sentence.find("error-rate worse: "), std::string::npos) << test.sentence;
  EXPECT_NE(test.sentence.find("limit 0.01"), std::string::npos) << test.sentence;
}

TEST(StepTest, EqualErrorsPassOnceThereIsEnough) {
  Rng rng(2);
  const MetricRules rules = plain(CompareKind::errors);
  EXPECT_EQ(test_step("e", rules, errors(rng, 0.02, 0.02, 40), {}).verdict, MetricVerdict::pass);
  EXPECT_EQ(test_step("e", rules, errors(rng, 0.02, 0.02, 1), {}).verdict,
            MetricVerdict::inconclusive)
      << "what is not found worse has not passed yet";
}

TEST(StepTest, LeastEffectAndLeastSamplesHoldAFailureBack) {
  Rng rng(3);
  const StepData data = errors(rng, 0.01, 0.04);
  MetricRules rules = plain(CompareKind::errors);
  rules.effect = 10;
  const StepTest small = test_step("e", rules, data, {});
  EXPECT_EQ(small.verdict, MetricVerdict::inconclusive);
  EXPECT_NE(small.sentence.find("below the least effect"), std::string::npos) << small.sentence;
  rules = plain(CompareKind::errors);
  rules.min_samples = 1'000'000;
  EXPECT_EQ(test_step("e", rules, data, {}).verdict, MetricVerdict::inconclusive);
}

TEST(StepTest, DirectionSaysWhatIsWorse) {
  Rng rng(4);
  const StepData fewer = errors(rng, 0.05, 0.01);
  MetricRules rules = plain(CompareKind::errors);
  EXPECT_EQ(test_step("e", rules, fewer, {}).verdict, MetricVerdict::pass);
  rules.direction = Direction::down;
  EXPECT_EQ(test_step("e", rules, fewer, {}).verdict, MetricVerdict::fail);
  rules.direction = Direction::both;
  const StepTest both = test_step("e", rules, fewer, {});
  EXPECT_EQ(both.verdict, MetricVerdict::fail);
  EXPECT_NE(both.sentence.find("different"), std::string::npos) << both.sentence;
}

TEST(StepTest, TargetOfErrorsIsTheirShare) {
  Rng rng(5);
  MetricRules rules = plain(CompareKind::errors);
  rules.slo = Slo{.quantile = {}, .max = 0.01, .min = {}};
  EXPECT_EQ(test_step("e", rules, errors(rng, 0.5, 0.05), {}).verdict, MetricVerdict::fail);
  EXPECT_EQ(test_step("e", rules, errors(rng, 0, 0.001), {}).verdict, MetricVerdict::pass);
}

TEST(StepTest, RatesAndMeansAndGaugesAreFoundWorseAndPass) {
  for (const CompareKind kind : {CompareKind::rate, CompareKind::mean, CompareKind::gauge}) {
    for (const bool worse : {false, true}) {
      Rng rng(6);
      const StepData data =
          looks(kind, 60, [&](Side side, InstanceWindow& instance, ComparisonWindow&) {
            const double factor = worse && side == Side::canary ? 2 : 1;
            if (kind == CompareKind::rate) {
              instance.total = 30;
              for (int i = 0; i < 300; ++i) instance.bad += rng.chance(0.05 * factor) ? 1 : 0;
            } else if (kind == CompareKind::mean) {
              instance.total = 50;
              instance.bad = 50 * factor * (1 + 0.1 * normal(rng));
            } else {
              instance.gauge = {{instance.to_ms, factor * (1 + 0.1 * normal(rng))}};
            }
          });
      const StepTest test = test_step("m", plain(kind), data, {});
      EXPECT_EQ(test.verdict, worse ? MetricVerdict::fail : MetricVerdict::pass)
          << to_json(test).dump(1);
      EXPECT_NEAR(test.effect.estimate, worse ? 2 : 1, 0.2);
      EXPECT_LT(test.effect.interval.lower, test.effect.estimate);
      EXPECT_GT(test.effect.interval.upper, test.effect.estimate);
    }
  }
}

StepData latencies(Rng& rng, double shift, double slow, int looks_count = 40) {
  const std::vector<double> bounds{0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2};
  return looks(CompareKind::histogram, looks_count,
               [&](Side side, InstanceWindow& instance, ComparisonWindow& window) {
                 window.bounds = bounds;
                 instance.buckets.assign(bounds.size() + 1, 0);
                 const bool canary = side == Side::canary;
                 for (int r = 0; r < (canary ? 50 : 200); ++r) {
                   double value = 0.15 * std::exp(0.8 * (normal(rng) + (canary ? shift : 0)));
                   if (canary && rng.chance(slow)) value *= 20;
                   std::size_t j = 0;
                   while (j < bounds.size() && value > bounds[j]) ++j;
                   instance.buckets[j] += 1;
                 }
               });
}

TEST(StepTest, HistogramsAreTestedAsAWholeAndInTheTail) {
  Rng rng(7);
  const MetricRules rules = plain(CompareKind::histogram);
  const StepTest equal = test_step("l", rules, latencies(rng, 0, 0), {});
  EXPECT_EQ(equal.verdict, MetricVerdict::pass) << to_json(equal).dump(1);
  const StepTest slower = test_step("l", rules, latencies(rng, 0.5, 0), {});
  EXPECT_EQ(slower.verdict, MetricVerdict::fail) << to_json(slower).dump(1);
  EXPECT_NEAR(slower.effect.estimate, 0.5, 0.1);
  const StepTest tail = test_step("l", rules, latencies(rng, 0, 0.05), {});
  EXPECT_EQ(tail.verdict, MetricVerdict::fail) << to_json(tail).dump(1);
  EXPECT_EQ(tail.test, "the test of the slow tail");
}

TEST(StepTest, TargetOfAHistogramIsAShareAboveABound) {
  Rng rng(8);
  JudgeOptions options;
  options.slo = Slo{0.99, 0.8, {}};
  MetricRules rules = rules_for(CompareKind::histogram, options);
  EXPECT_EQ(test_step("l", rules, latencies(rng, 0, 0.05), {}).verdict, MetricVerdict::fail);
  options.slo = Slo{0.9, 1.6, {}};
  rules = rules_for(CompareKind::histogram, options);
  EXPECT_EQ(test_step("l", rules, latencies(rng, 0, 0), {}).verdict, MetricVerdict::pass);
}

TEST(StepTest, WithoutDataSaysSo) {
  const StepData none(CompareKind::errors, 0s);
  const StepTest test = test_step("e", plain(CompareKind::errors), none, {});
  EXPECT_EQ(test.verdict, MetricVerdict::noData);
  EXPECT_EQ(test.p_value, 1);
}

TEST(StepTest, PreviewShowsCountsAndNoPValue) {
  Rng rng(9);
  const StepTest test = preview_step("e", plain(CompareKind::errors), errors(rng, 0.01, 0.5));
  EXPECT_EQ(test.verdict, MetricVerdict::inconclusive);
  EXPECT_FALSE(to_json(test).contains("p"));
  EXPECT_NE(test.sentence.find("tested once"), std::string::npos) << test.sentence;
}

}  // namespace
}  // namespace serin::analysis::fixed
