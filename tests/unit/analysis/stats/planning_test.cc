#include "analysis/stats/planning.h"

#include <gtest/gtest.h>

#include <cmath>

namespace serin::analysis::stats {
namespace {

TEST(Planning, RatesTakeTheTimeThatSimulationsTook) {
  // 100/s, 10 % of them on the canary, 1 % errors and half as many more: 630 s at the exact level
  // and 540 s at 45, by simulation.
  const Information information = rate_information({1.02, 0}, 0.015, 0.01, 10, 90);
  EXPECT_NEAR(time_to_reach(information, 1, fail_need(0.01, 1, 1)), 643, 1);
  EXPECT_NEAR(time_to_reach(information, 1, fail_need(0.01, 0.45, 1)), 551, 1);
  EXPECT_NEAR(time_to_reach(information, 2, fail_need(0.01, 1, 1)), 1286, 2);
  EXPECT_GT(time_to_reach_mostly(information, 1, fail_need(0.01, 1, 1)), 800);
}

TEST(Planning, ARatioNeedsTheInformationOfItsSplit) {
  // Against the conditional form: Λ · KL(θ1 ‖ θ0).
  const double n_c = 7, n_b = 40, p = 0.02, r1 = 1.8, r0 = 1.02;
  const double all = p * (r1 * n_c + n_b);
  const double t1 = r1 * n_c / (r1 * n_c + n_b);
  const double t0 = r0 * n_c / (r0 * n_c + n_b);
  const double kl = t1 * std::log(t1 / t0) + (1 - t1) * std::log((1 - t1) / (1 - t0));
  EXPECT_NEAR(rate_information({r0, 0}, r1 * p, p, n_c, n_b).drift, all * kl, 1e-12);
}

TEST(Planning, ZeroErrorsPassByTheRuleOfThree) {
  const double n_c = 5;
  const Information information = rate_information({1.5, 0.002}, 0, 0, n_c, 95);
  EXPECT_NEAR(information.drift, 0.002 * n_c, 1e-9);
  EXPECT_NEAR(time_to_reach(information, 1, std::log(20.0)) * n_c, std::log(20.0) / 0.002, 1e-6);
}

TEST(Planning, NoTrafficNeverGetsThere) {
  EXPECT_EQ(time_to_reach(rate_information({1.02, 0}, 0.02, 0.01, 0, 90), 1, 5),
            std::numeric_limits<double>::infinity());
  EXPECT_EQ(time_to_reach_mostly({}, 1, 5), std::numeric_limits<double>::infinity());
  EXPECT_EQ(shift_information(0.3, 10, 0), Information{});
}

TEST(Planning, SmallestEffectIsWhereTheTimeSuffices) {
  auto seconds = [](double ratio) {
    return time_to_reach_mostly(rate_information({1.02, 0}, 0.01 * ratio, 0.01, 10, 90), 1, 5.6);
  };
  const auto effect = smallest_effect(1.02, 100, 900, seconds);
  ASSERT_TRUE(effect);
  EXPECT_NEAR(seconds(*effect), 900, 10);
  EXPECT_FALSE(smallest_effect(1.02, 1.1, 900, seconds));
}

TEST(Planning, SuggestsTheLeastWeightThatSuffices) {
  auto seconds = [](double weight) {
    const Information i = rate_information({1.02, 0}, 0.02, 0.01, 100 * weight, 100 * (1 - weight));
    return time_to_reach_mostly(i, 1, 5.6);
  };
  const auto weight = suggested_weight(600, seconds);
  ASSERT_TRUE(weight);
  EXPECT_LE(seconds(*weight), 600);
  EXPECT_GT(seconds(0.05), 600);
  EXPECT_EQ(*weight, 0.1);
  EXPECT_FALSE(suggested_weight(1, seconds));
}

TEST(Planning, GaugesLoseToAutocorrelation) {
  EXPECT_NEAR(gauge_information(2, 0, 1.0 / 15).drift, 2.0 / 15, 1e-12);
  EXPECT_NEAR(gauge_information(2, 0.5, 1.0 / 15).drift, 2.0 / 45, 1e-12);
}

}  // namespace
}  // namespace serin::analysis::stats
