#include "analysis/stats/dispersion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "analysis/stats/margin_ladder.h"
#include "base/random.h"

namespace serin::analysis::stats {
namespace {

double poisson(Rng& rng, double mean) {
  double x = 0;
  for (double t = -std::log(1 - rng.uniform()); t < mean; t -= std::log(1 - rng.uniform())) ++x;
  return x;
}

// Events in clusters of `cluster`, or with a rate that wanders slowly for each instance.
double measured(int windows, int instances, double cluster, double wander, std::uint64_t seed) {
  Rng rng(seed);
  ResidualTable table(static_cast<std::size_t>(instances));
  std::vector<double> drift(static_cast<std::size_t>(instances));
  double events = 0;
  for (int k = 0; k < windows; ++k) {
    std::vector<double> x;
    double all = 0;
    for (double& d : drift) {
      d = 0.95 * d + wander * (rng.uniform() - 0.5);
      x.push_back(cluster * poisson(rng, 20 / cluster * std::exp(d)));
      all += x.back();
    }
    table.next();
    events += all;
    for (std::size_t p = 0; p < x.size(); ++p) {
      table.set(p, rate_residual(x[p], 1000, all, 1000.0 * instances));
    }
  }
  return history_dispersion(table, events).phi;
}

TEST(Dispersion, IndependentEventsHaveNone) {
  EXPECT_LT(measured(240, 4, 1, 0, 1), 1.15);
  EXPECT_GE(measured(240, 4, 1, 0, 2), 1);
}

TEST(Dispersion, ClustersShowTheirSize) {
  EXPECT_NEAR(measured(240, 4, 4, 0, 3), 4, 0.8);
}

TEST(Dispersion, SlowDriftShowsInLongBlocks) {
  EXPECT_GT(measured(480, 4, 1, 0.3, 4), measured(480, 4, 1, 0, 4) + 0.5);
}

TEST(Dispersion, LittleHistoryGivesDefaults) {
  ResidualTable table(4);
  EXPECT_EQ(history_dispersion(table, 100).phi, kDispersionUnknown);
  for (int k = 0; k < 10; ++k) table.next();
  EXPECT_EQ(history_dispersion(table, 9).phi, kDispersionUnknown);
  EXPECT_FALSE(history_dispersion(table, 9).phi_1.has_value());
  EXPECT_EQ(history_dispersion(ResidualTable(1), 100).phi, kDispersionOneInstance);
}

// Windows of even residuals, and stretches in which one of four instances is far off.
ResidualTable with_stretches(std::size_t windows,
                             const std::vector<std::pair<std::size_t, std::size_t>>& wild) {
  ResidualTable table(4);
  for (std::size_t k = 0; k < windows; ++k) {
    bool off = false;
    for (const auto& [begin, end] : wild) off = off || (k >= begin && k < end);
    table.next();
    for (std::size_t p = 0; p < 4; ++p) {
      const double even = p % 2 == 0 ? 1 : -1;
      table.set(p, {off && p == 0 ? 20.0 : even, 1});
    }
  }
  return table;
}

std::size_t left_out(const ResidualTable& table, std::size_t shortest) {
  const std::vector<bool> windows = incident_windows(table, shortest);
  return static_cast<std::size_t>(std::ranges::count(windows, true));
}

TEST(Incidents, AFewLongStretchesAreLeftOut) {
  EXPECT_EQ(left_out(with_stretches(240, {}), 10), 0U);
  EXPECT_EQ(left_out(with_stretches(240, {{100, 120}}), 10), 22U);  // and a window on either side
  EXPECT_EQ(left_out(with_stretches(240, {{0, 20}, {220, 240}}), 10), 42U);
  EXPECT_EQ(left_out(with_stretches(240, {{100, 105}, {107, 112}}), 10), 14U);  // one, with a gap
}

TEST(Incidents, ShortFrequentOrLastingTroubleIsHowTheServiceIs) {
  EXPECT_EQ(left_out(with_stretches(240, {{100, 109}}), 10), 0U);
  EXPECT_EQ(left_out(with_stretches(240, {{100, 103}}), 0), 0U);  // kIncidentWindowsMin
  EXPECT_EQ(left_out(with_stretches(240, {{20, 40}, {100, 120}, {180, 200}}), 10), 0U);
  EXPECT_EQ(left_out(with_stretches(240, {{100, 180}}), 10), 0U);  // more than a third
}

TEST(Incidents, BurstsAreNone) {
  Rng rng(9);
  ResidualTable table(4);
  for (int k = 0; k < 2000; ++k) {
    std::vector<double> x;
    double all = 0;
    for (int p = 0; p < 4; ++p) {
      x.push_back(8 * poisson(rng, 2.5));
      all += x.back();
    }
    table.next();
    for (std::size_t p = 0; p < 4; ++p) table.set(p, rate_residual(x[p], 1000, all, 4000));
  }
  EXPECT_EQ(left_out(table, 4), 0U);
}

TEST(Incidents, OneInstanceHasNothingToStandOutFrom) {
  ResidualTable table(1);
  for (int k = 0; k < 50; ++k) {
    table.next();
    table.set(0, {100, 1});
  }
  EXPECT_EQ(left_out(table, 4), 0U);
  EXPECT_TRUE(incident_windows(ResidualTable(3), 4).empty());
}

TEST(Incidents, AHistoryWithoutStableInstancesHasNone) {
  ResidualTable table(0);
  for (int k = 0; k < 3; ++k) table.next();
  EXPECT_EQ(table.windows(), 3U);
  EXPECT_EQ(incident_windows(table, 1), std::vector<bool>(3));
}

TEST(Dispersion, ScoresOfOneBucketSayNothing) {
  const std::vector<double> scores{-2.1, -0.7, 0.3, 1.9};
  const std::vector<double> own{0, 0, 833, 0};
  const std::vector<double> pooled{0, 0, 3331, 0};
  EXPECT_EQ(score_residual(own, pooled, scores).v, 0);
  const std::vector<double> one_off{0, 0, 1e9, 1};
  EXPECT_GT(score_residual(own, one_off, scores).v, 0);
}

TEST(Dispersion, RunningRisesOnlyWhereStableClearlySaysSo) {
  RunningDispersion calm;
  RunningDispersion wild;
  const std::vector<Residual> even = {{1, 1}, {-1, 1}, {1, 1}, {-1, 1}};
  const std::vector<Residual> odd = {{3, 1}, {-3, 1}, {3, 1}, {-3, 1}};
  double phi_calm = 0;
  double phi_wild = 0;
  for (int k = 0; k < 20; ++k) {
    phi_calm = calm.add(even, 1.5);
    phi_wild = wild.add(odd, 1.5);
  }
  EXPECT_EQ(phi_calm, 1.5);
  EXPECT_NEAR(phi_wild, 12, 0.5);  // 36/(4 − 1)
  RunningDispersion one;
  EXPECT_EQ(one.add(odd, 1), 1);  // one window says nothing
}

TEST(Dispersion, RunningForgetsAllButTheLastSixteen) {
  RunningDispersion running;
  const std::vector<Residual> even = {{1, 1}, {-1, 1}};
  const std::vector<Residual> odd = {{4, 1}, {-4, 1}};
  for (int k = 0; k < 300; ++k) running.add(even, 2);
  for (int k = 0; k < 16; ++k) running.add(odd, 2);
  const double raised = running.phi(2);
  EXPECT_GT(raised, 20);
  for (int k = 0; k < 16; ++k) running.add(even, 2);
  EXPECT_LT(running.phi(2), 5);
}

TEST(MarginLadder, EqualInstancesNeedNoMargin) {
  std::vector<InstanceValue> values(6, {-4.6, 0.0005});
  const MarginLadder ladder = margin_ladder(tau_posterior(values), 1, 6);
  EXPECT_LE(ladder.rungs().size(), 3U);
  EXPECT_EQ(ladder.rungs().front().margin, 0);
  EXPECT_GT(ladder.rungs().front().probability, 0.9);
}

TEST(MarginLadder, DifferingInstancesGetTheirSpread) {
  std::vector<InstanceValue> values;
  for (double y : {-0.15, -0.05, 0.0, 0.08, 0.12}) values.push_back({y, 1e-4});
  const TauPosterior posterior = tau_posterior(values);
  const MarginLadder ladder = margin_ladder(posterior, 1, 5);
  ASSERT_EQ(ladder.rungs().size(), 4U);
  EXPECT_NEAR(ladder.rungs()[0].margin, 0.09, 0.03);  // 0.84 · τ · √(1 + 1/5), τ = 0.1
  EXPECT_GT(ladder.rungs()[3].margin, 0.3);
  // More canary instances average their differences.
  EXPECT_LT(margin_ladder(posterior, 4, 5).rungs()[3].margin, ladder.rungs()[3].margin);
}

TEST(MarginLadder, SharesAndProbabilitiesAreComplete) {
  for (double spread : {0.0, 0.03, 0.1, 0.5}) {
    std::vector<InstanceValue> values;
    for (double y : {-1.0, -0.3, 0.4, 0.9}) values.push_back({spread * y, 1e-3});
    double share = 0;
    double probability = 0;
    double last = -1;
    const MarginLadder ladder = margin_ladder(tau_posterior(values), 2, 4);
    for (const Rung& rung : ladder.rungs()) {
      share += rung.share;
      probability += rung.probability;
      EXPECT_GE(rung.margin, last + (last < 0 ? 0 : kRungDistanceMin));
      last = rung.margin;
    }
    EXPECT_NEAR(share, 1, 1e-12);
    EXPECT_NEAR(probability, 1, 1e-12);
  }
}

TEST(MarginLadder, WithoutValuesThePriorStands) {
  EXPECT_EQ(tau_posterior({}), kTauPrior);
  const std::vector<InstanceValue> unusable = {{std::nan(""), 1}, {0, 0}, {0.1, 0.01}};
  EXPECT_EQ(tau_posterior(unusable), kTauPrior);
}

}  // namespace
}  // namespace serin::analysis::stats
