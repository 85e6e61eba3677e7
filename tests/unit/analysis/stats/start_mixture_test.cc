#include "analysis/stats/start_mixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "analysis/stats/combine.h"
#include "analysis/stats/log_space.h"

namespace serin::analysis::stats {
namespace {

TEST(LogSpace, SumsBeyondTheRangeOfDoubles) {
  EXPECT_DOUBLE_EQ(log_add_exp(-2000, -2000), -2000 + std::log(2));
  EXPECT_DOUBLE_EQ(log_add_exp(1e6, kLogZero), 1e6);
  EXPECT_EQ(log_add_exp(kLogZero, kLogZero), kLogZero);
  EXPECT_EQ(log_sum_exp({}), kLogZero);
  const std::vector<double> x = {3000, 3000, kLogZero};
  EXPECT_DOUBLE_EQ(log_sum_exp(x), 3000 + std::log(2));
  EXPECT_TRUE(std::isnan(log_sum_exp(std::vector<double>{0, std::nan("")})));
}

TEST(StartSchedule, WeightsSumToOneAndEnd) {
  StartSchedule schedule(120);
  double sum = 0;
  for (int t = 0; t < 120; ++t) sum += schedule.next();
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(schedule.unstarted(), 0);
  EXPECT_EQ(schedule.next(), 0);  // no new starts past the plan
}

TEST(StartSchedule, AChangeOfPlanKeepsThePast) {
  StartSchedule schedule(120);
  for (int t = 0; t < 40; ++t) schedule.next();
  const double left = schedule.unstarted();
  schedule.change_plan(200);
  EXPECT_EQ(schedule.unstarted(), left);
  double sum = 0;
  for (int t = 40; t < 200; ++t) sum += schedule.next();
  EXPECT_NEAR(sum, left, 1e-12);

  StartSchedule unbegun(10);
  unbegun.change_plan(20);
  EXPECT_EQ(unbegun.next(), kFirstStart);
  EXPECT_NEAR(unbegun.next(), 0.2 / 19, 1e-15);
}

TEST(StartSchedule, BoundsOfTheNumberOfPolls) {
  EXPECT_EQ(StartSchedule(0).polls_planned(), 1);
  EXPECT_EQ(StartSchedule(kPlannedPollsMax + 1).polls_planned(), kPlannedPollsMax);
  StartSchedule one(1);
  EXPECT_EQ(one.next(), kFirstStart);
  EXPECT_EQ(one.next(), 0);
  EXPECT_NEAR(one.unstarted(), 0.2, 1e-15);  // never started: stays at 1
}

TEST(StartMixture, IsTheSumOverStarts) {
  // Against the definition: Σ_s v_s Σ_j w_j Π_{k≥s} e^{l_jk} + (1 − Σ v).
  const std::vector<double> weights = {0.7, 0.3};
  const std::vector<double> log_weights = {std::log(0.7), std::log(0.3)};
  const std::vector<std::vector<double>> l = {{0.3, -0.2}, {-1, 0.4}, {0.8, 0.1}, {0.2, -0.5}};
  const std::vector<std::vector<double>> l0 = {{0.3, -0.2}, {-2, 0.5}, {0.9, 0.3}, {0.1, -0.1}};
  StartSchedule schedule(5);
  StartMixture mixture;
  std::vector<double> v;
  for (std::size_t t = 0; t < l.size(); ++t) {
    v.push_back(schedule.next());
    mixture.update(l[t], l0[t], v.back());
    double expected = 1;
    for (std::size_t s = 0; s <= t; ++s) {
      expected -= v[s];
      for (std::size_t j = 0; j < 2; ++j) {
        double log = l0[s][j];
        for (std::size_t k = s + 1; k <= t; ++k) log += l[k][j];
        expected += v[s] * weights[j] * std::exp(log);
      }
    }
    EXPECT_NEAR(mixture.log_value(log_weights, schedule.unstarted()), std::log(expected), 1e-13);
  }
}

TEST(StartMixture, NoDataIsNoEvidence) {
  StartSchedule schedule(50);
  StartMixture mixture;
  const std::vector<double> none(6, 0.0);
  const std::vector<double> log_weights(6, std::log(1.0 / 6));
  for (int t = 0; t < 60; ++t) {
    mixture.update(none, none, schedule.next());
    EXPECT_NEAR(mixture.log_value(log_weights, schedule.unstarted()), 0, 1e-12);
  }
}

TEST(StartMixture, HarmlessHoursNeedNotBeEarnedBack) {
  StartSchedule schedule(100);
  StartMixture mixture;
  const std::vector<double> down = {-5.0};
  const std::vector<double> certain = {0.0};
  for (int t = 0; t < 50; ++t) mixture.update(down, down, schedule.next());
  const double bottom = mixture.log_value(certain, schedule.unstarted());
  EXPECT_GT(bottom, std::log(schedule.unstarted()));
  const std::vector<double> up = {3.0};
  for (int t = 0; t < 5; ++t) mixture.update(up, up, schedule.next());
  EXPECT_GT(mixture.log_value(certain, schedule.unstarted()), 8);
}

TEST(StartMixture, IncrementsThatAreNotFiniteCountAsNone) {
  StartMixture mixture;
  const std::vector<double> odd = {std::nan(""), std::numeric_limits<double>::infinity()};
  mixture.update(odd, odd, 1);
  EXPECT_DOUBLE_EQ(mixture.log_value(std::vector<double>{std::log(.5), std::log(.5)}, 0), 0);
}

TEST(StartMixture, TheCapScalesAllAlternativesAlike) {
  StartMixture mixture;
  const std::vector<double> log_weights = {std::log(.5), std::log(.5)};
  const std::vector<double> l = {9, 7};
  mixture.update(l, l, 1);
  mixture.cap(log_weights, 6);
  EXPECT_DOUBLE_EQ(mixture.log_value(log_weights, 0), 6);
  const auto wealth = mixture.log_wealth(2);
  EXPECT_DOUBLE_EQ(wealth[0] - wealth[1], 2);
  mixture.cap(log_weights, 7);  // already below
  EXPECT_DOUBLE_EQ(mixture.log_value(log_weights, 0), 6);
}

TEST(Combine, OneRungIsTheIdentity) {
  const std::vector<Rung> one = {{0, 1, 1}};
  EXPECT_EQ(ladder_log_e(one, std::vector<double>{2.5}), 2.5);
  const std::vector<Rung> two = {{0, 0.95, 0.84}, {0.1, 0.05, 0.16}};
  // The wider margin has less evidence, but a larger share of the mass for its probability.
  EXPECT_NEAR(ladder_log_e(two, std::vector<double>{4, 2}), 2 + std::log(0.16 / 0.05), 1e-12);
  EXPECT_EQ(binding_rung(two, std::vector<double>{4, 2}), 1U);
}

TEST(Combine, WeighsAndBlames) {
  const std::vector<double> log_weights = {std::log(0.75), std::log(0.25)};
  EXPECT_NEAR(combine(log_weights, std::vector<double>{0, 0}), 0, 1e-15);
  const std::vector<double> log_e = {0, 10};
  EXPECT_NEAR(combine(log_weights, log_e), std::log(0.75 + 0.25 * std::exp(10)), 1e-12);
  EXPECT_EQ(largest_term(log_weights, log_e), 1U);
  EXPECT_EQ(counted_log_e(3, false), 0);
  EXPECT_EQ(counted_log_e(-3, false), -3);
  EXPECT_EQ(counted_log_e(3, true), 3);
}

TEST(Combine, TheCalibratedLevelEndsWhereItWasMeasured) {
  EXPECT_EQ(boundary_factor(Boundary::exact, 0.01, 10), 1);
  EXPECT_EQ(boundary_factor(Boundary::calibrated, 0.01, 150), 0.40);
  EXPECT_EQ(boundary_factor(Boundary::calibrated, 0.01, 151), 0.60);
  EXPECT_EQ(boundary_factor(Boundary::calibrated, 0.01, 501), 0.75);
  EXPECT_EQ(boundary_factor(Boundary::calibrated, 0.01, 1501), 1);
  EXPECT_EQ(boundary_factor(Boundary::calibrated, 0.021, 100), 1);
  EXPECT_NEAR(fail_level(0.01, 0.4), std::log(40), 1e-12);
}

}  // namespace
}  // namespace serin::analysis::stats
