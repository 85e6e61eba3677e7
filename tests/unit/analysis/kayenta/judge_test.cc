// What Kayenta's judge promises beyond its vectors: scores, errors, repeatability.
#include "analysis/judges/kayenta/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "analysis/judges/kayenta/config.h"
#include "analysis/judges/kayenta/score.h"

namespace serin::analysis::kayenta {
namespace {

using Values = std::vector<double>;

Json parse(std::string_view text) {
  return *Json::parse(text);
}

Values ramp(double from, std::size_t count, double step = 1) {
  Values out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(from + static_cast<double>(i) * step);
  return out;
}

MetricPair pair(const Values& control, const Values& experiment,
                KayentaMetricOptions options = {}) {
  return {"latency", {"g"}, std::move(options), control, experiment};
}

TEST(KayentaConfig, DefaultsAreKayentas) {
  const auto options = read_canary_options(Json(), "m");
  ASSERT_TRUE(options);
  EXPECT_EQ(*options, KayentaMetricOptions{});
}

TEST(KayentaConfig, OneErrorNamesEveryFault) {
  const auto options = read_canary_options(parse(R"({"critical": "true", "muted": 1,
                "effectSize": {"allowedIncrease": "1.2", "criticalIncrease": 3000000000}})"),
                                           "error-rate");
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().code, Code::invalid_argument);
  EXPECT_EQ(options.error().message,
            "metric error-rate: `critical` must be true or false without quotes, not \"true\"; "
            "`muted` must be true or false without quotes, not 1; `allowedIncrease` must be a "
            "number without quotes, not \"1.2\"; `criticalIncrease` must be a number within 32 "
            "bits or with a decimal point, not 3000000000");
}

TEST(KayentaConfig, AnOutlierFactorCountsOnlyWhereOutliersAreRemoved) {
  EXPECT_FALSE(read_canary_options(
      parse(R"({"outliers": {"strategy": "remove", "outlierFactor": 0}})"), "m"));
  EXPECT_TRUE(
      read_canary_options(parse(R"({"outliers": {"strategy": "keep", "outlierFactor": 0}})"), "m"));
}

TEST(KayentaJudge, OneUnusableMetricRefusesTheWhole) {
  const Values values = ramp(1, 5);
  KayentaMetricOptions broken;
  broken.outliers = "remove";
  broken.outlier_factor = -1;
  const std::vector<MetricPair> pairs{pair(values, values), pair(values, values, broken)};
  const auto judgement = judge(pairs, {});
  ASSERT_FALSE(judgement);
  EXPECT_NE(judgement.error().message.find("outlierFactor"), std::string::npos);
}

TEST(KayentaClassify, TwoConstantsAreJudgedTheSameEveryTime) {
  const Values control(8, 10.0);
  const Values experiment(8, 10.0001);
  const Classified first = classify(pair(control, experiment), {});
  EXPECT_TRUE(first.spread);
  for (int i = 0; i < 5; ++i) {
    const Classified again = classify(pair(control, experiment), {});
    EXPECT_EQ(again.classification, first.classification);
    EXPECT_EQ(again.shift->estimate, first.shift->estimate);
  }
}

TEST(KayentaClassify, OptionsReplaceTheFixedNumbers) {
  const Values control = ramp(100, 30);
  const Values experiment = ramp(130, 30);
  EXPECT_EQ(classify(pair(control, experiment), {}).classification, Classification::high);
  EXPECT_EQ(classify(pair(control, experiment), {.tolerance = 0.9}).classification,
            Classification::pass);
  const Classified loose = classify(pair(control, experiment), {.confidence = 0.5});
  const Classified strict = classify(pair(control, experiment), {.confidence = 0.999});
  EXPECT_GT(loose.shift->interval.lower, strict.shift->interval.lower);
}

TEST(KayentaClassify, AFinerSearchMakesTheUnitIrrelevant) {
  // Seconds or microseconds: with Kayenta's own tolerance the small unit hides the same change.
  const Values control = ramp(8e-6, 40, 1e-7);
  const Values experiment = ramp(12e-6, 40, 1.5e-7);
  EXPECT_EQ(classify(pair(control, experiment), {}).classification, Classification::pass);
  EXPECT_EQ(classify(pair(control, experiment), {.root_tolerance = 1e-12}).classification,
            Classification::high);
}

TEST(KayentaClassify, AnInfiniteValuePasses) {
  Values experiment = ramp(200, 20);
  experiment.back() = std::numeric_limits<double>::infinity();
  EXPECT_EQ(classify(pair(ramp(100, 20), experiment), {}).classification, Classification::pass);
}

TEST(KayentaClassify, InfiniteValuesThatReachTheHighPercentileAreNoOutliers) {
  // Between two infinities there is no percentile, and what has no end drops nothing.
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Values experiment = ramp(200, 30);
  experiment.push_back(kInfinity);
  experiment.push_back(kInfinity);
  KayentaMetricOptions options;
  options.outliers = "remove";
  const Classified classified = classify(pair(ramp(100, 32), experiment, options), {});
  EXPECT_EQ(classified.experiment.count, 32U);
  EXPECT_EQ(classified.classification, Classification::pass);
  experiment.back() = -kInfinity;  // one at each end: the ends are infinite, and dropped is nothing
  EXPECT_EQ(classify(pair(ramp(100, 32), experiment, options), {}).experiment.count, 32U);
}

TEST(KayentaClassify, NanBecomeZeroOnlyWhereAsked) {
  const double nan = std::nan("");
  const Values control{5, 5, 6, nan};
  KayentaMetricOptions replace;
  replace.nan_strategy = "replace";
  EXPECT_EQ(classify(pair(control, control), {}).control.count, 3U);
  EXPECT_EQ(classify(pair(control, control, replace), {}).control.count, 4U);
  const Values none{nan, nan};
  EXPECT_EQ(classify(pair(control, none), {}).classification, Classification::nodata);
  EXPECT_EQ(classify(pair(Values{}, control, replace), {}).classification, Classification::pass);
}

TEST(KayentaScore, AnUnusedGroupsWeightIsLost) {
  const Values same = ramp(1, 5);
  const std::vector<MetricPair> pairs{pair(same, same)};
  const auto judgement =
      judge(pairs, {.pass = 95, .marginal = 75, .group_weights = {{"g", 40}, {"unused", 60}}});
  ASSERT_TRUE(judgement);
  EXPECT_EQ(judgement->score, 40);
  EXPECT_EQ(judgement->verdict, Verdict::fail);
}

TEST(KayentaScore, HalfWithoutDataIsZeroAndLessIsNot) {
  const Values same = ramp(1, 5);
  const Values none;
  std::vector<MetricPair> pairs{pair(same, same), pair(same, none)};
  const auto half = judge(pairs, {});
  EXPECT_EQ(half->score, 0);
  EXPECT_EQ(half->reason, "50% or more metrics returned NODATA");
  pairs.push_back(pair(same, same));
  EXPECT_EQ(judge(pairs, {})->score, 100);
}

TEST(KayentaScore, RoundsHalvesUpByTheDecimalThatIsPrinted) {
  EXPECT_EQ(round_half_up(1.005), 1.01);  // binary 1.00499999999999989…
  EXPECT_EQ(round_half_up(2.675), 2.68);
  EXPECT_EQ(round_half_up(31.111111), 31.11);
  EXPECT_EQ(round_half_up(99.999), 100);
  EXPECT_EQ(round_half_up(-1.005), -1.01);
  EXPECT_EQ(round_half_up(40), 40);
  EXPECT_EQ(round_half_up(62.5), 62.5);
}

}  // namespace
}  // namespace serin::analysis::kayenta
